"""Random histories: SQL and its twin in memory do the same, and no step is ever lost.

Leases end here by being released, handed back or cancelled, so that no history depends on a clock.
"""

import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import partial
from itertools import count

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from narrator.domain.errors import NarratorError
from narrator.domain.ids import StepId
from narrator.domain.jobs import FINAL_STATES, Job, JobState, Progress
from narrator.domain.ledger import RESENT, Outcome, Sending
from narrator.domain.slots import Slot
from narrator.domain.steps import Claim, Queue, StepKind, StepState
from narrator.services.ports import Ledger
from narrator.storage.database import Database
from narrator.storage.jobs import SqlJobs
from narrator.storage.ledger import SqlLedger
from narrator.storage.steps import SqlSteps
from narrator.storage.tables import is_state, steps
from narrator.storage.takes import SqlTakes
from tests.contract.stage import (
    BOOK,
    FAILURE,
    LONG,
    RECORD,
    SPEAKER,
    THALIA,
    Store,
    Texts,
    job_id,
    key_of,
    plan_of,
    take_of,
)
from tests.fakes.ledger import MemoryLedger
from tests.fakes.store import MemoryStore

NUMBERS = st.integers(1, 2)
WORDS = st.sampled_from(["yes", "no", "well"])
TEXTS = st.lists(st.lists(WORDS, max_size=3), min_size=1, max_size=2)
SLOT = Slot(number=0, fence=1, voice=THALIA)
OPEN = (StepState.READY, StepState.QUEUED, StepState.RUNNING)

Pair = tuple[Claim, Claim]
"""One claim as SQL knows it and as the twin does."""


@dataclass(frozen=True, slots=True)
class Books(Store):
    """A store and its ledger."""

    ledger: Ledger

    def begin(self, claim: Claim, words: Collection[str]) -> list[str]:
        """Write down that those of the words that the slice has to say are sent; which they are."""
        mine = {c.key: c for c in self.takes.pending(claim) if c.text in words}
        sendings = [Sending(key=k, index=c.index, chars=len(c.text)) for k, c in mine.items()]
        self.ledger.begin(claim, sendings, slot=SLOT)
        return sorted(c.text for c in mine.values())

    def say(self, claim: Claim, words: Collection[str]) -> None:
        """Send and keep those of the words that the slice has to say."""
        for word in self.begin(claim, words):
            self.takes.keep(claim, take_of(word), spoken_now=True)


class Histories(RuleBasedStateMachine):
    """Each act is done in both stores; what they answer, or raise, must agree."""

    claims: Bundle[Pair] = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.database = Database(f"sqlite:///{self.folder.name}/narrator.db")
        self.database.migrate()
        twin = MemoryStore(clock=map(instant, count()).__next__)
        self.stores = (
            Books(
                SqlJobs(self.database),
                SqlSteps(self.database),
                SqlTakes(self.database),
                SqlLedger(self.database, account=SPEAKER),
            ),
            Books(twin, twin, twin, MemoryLedger(twin)),
        )
        self.ended: dict[int, JobState] = {}

    def teardown(self) -> None:
        """Close what was opened."""
        self.database.close()
        self.folder.cleanup()

    def both(self, act: Callable[[Books], object]) -> tuple[object, object]:
        """Do it in both; answers and errors must agree."""
        sql, twin = (outcome(act, store) for store in self.stores)
        assert comparable(sql) == comparable(twin)
        return sql, twin

    def under(self, pair: Pair, act: Callable[[Books, Claim], object]) -> tuple[object, object]:
        """Do it in both, each under its own claim."""
        claims = dict(zip(map(id, self.stores), pair, strict=True))
        return self.both(lambda store: act(store, claims[id(store)]))

    @rule(number=NUMBERS)
    def submit(self, number: int) -> None:
        self.both(lambda store: store.submit(number))

    @rule(room=st.integers(0, 4))
    def dispatch(self, room: int) -> None:
        window = dict.fromkeys(Queue, room)
        self.both(lambda store: store.steps.dispatch(window, queued_seconds=LONG))

    @rule(target=claims, queue=st.sampled_from(Queue))
    def claim(self, queue: Queue) -> Pair | MultipleResults[Pair]:
        sql, twin = self.both(lambda store: store.steps.claim(queue, owner="w", lease_seconds=LONG))
        if isinstance(sql, Claim) and isinstance(twin, Claim):
            return sql, twin
        return multiple()

    @rule(target=claims, seats=st.integers(0, 5), first=st.booleans())
    def claim_slice(self, seats: int, *, first: bool) -> Pair | MultipleResults[Pair]:
        sql, twin = self.both(lambda store: store.seat(seats=seats, first=first))
        if isinstance(sql, Claim) and isinstance(twin, Claim):
            return sql, twin
        return multiple()

    @rule(queue=st.sampled_from(Queue), texts=TEXTS, rounds=st.integers(1, 4))
    def work(self, queue: Queue, texts: Texts, rounds: int) -> None:
        """A worker's round without a mishap, so that histories get far."""
        self.both(lambda store: work(store, queue, texts, rounds))

    @rule(pair=claims, texts=TEXTS)
    def do(self, pair: Pair, texts: Texts) -> None:
        """Do the whole step, as a worker does; its claim may be long lost."""
        self.under(pair, lambda store, claim: do(store, claim, texts))

    @rule(texts=TEXTS, words=st.sets(WORDS))
    def find_spoilt(self, texts: Texts, words: set[str]) -> None:
        """A round of speech, one of audio: what that reads back is spoilt, of takes the words'."""
        self.both(lambda store: find_spoilt(store, texts, words))

    @rule(pair=claims, words=st.sets(WORDS))
    def mend(self, pair: Pair, words: set[str]) -> None:
        """What a claim's worker finds spoilt; the claim may be long lost."""
        self.under(pair, lambda store, claim: mend(store, claim, words))

    @rule(words=st.sets(WORDS, min_size=1))
    def send_and_die(self, words: set[str]) -> None:
        """A worker sends the next slice's words, and is heard of no more."""
        self.both(lambda store: send(store, words))

    @rule(pair=claims, words=st.sets(WORDS))
    def begin(self, pair: Pair, words: set[str]) -> None:
        if pair[0].kind is StepKind.SLICE:
            self.under(pair, lambda store, claim: store.begin(claim, words))

    @rule(pair=claims, word=WORDS, outcome=st.sampled_from([Outcome.UNSENT, *sorted(RESENT)]))
    def end(self, pair: Pair, word: str, outcome: Outcome) -> None:
        key = key_of(word)
        self.under(pair, lambda store, claim: store.ledger.end(claim, key, outcome))

    @rule(pair=claims, words=st.sets(WORDS))
    def say(self, pair: Pair, words: set[str]) -> None:
        if pair[0].kind is StepKind.SLICE:
            self.under(pair, lambda store, claim: store.say(claim, words))

    @rule(pair=claims, word=WORDS)
    def answer(self, pair: Pair, word: str) -> None:
        if pair[0].kind is StepKind.SLICE:
            take = take_of(word)
            self.under(pair, lambda store, claim: store.takes.keep(claim, take, spoken_now=False))

    @rule(pair=claims, words=st.sets(WORDS))
    def lease(self, pair: Pair, words: set[str]) -> None:
        self.under(pair, lambda store, claim: store.takes.lease(claim, map(key_of, words)))

    @rule(pair=claims, counted=st.booleans())
    def hand_back(self, pair: Pair, *, counted: bool) -> None:
        self.under(pair, lambda store, claim: store.steps.hand_back(claim, counted=counted))

    @rule(pair=claims)
    def fail(self, pair: Pair) -> None:
        self.under(pair, lambda store, claim: store.steps.fail(claim, FAILURE))

    @rule(number=NUMBERS)
    def cancel(self, number: int) -> None:
        self.both(lambda store: store.jobs.cancel(job_id(number)))

    @rule(number=NUMBERS)
    def pause(self, number: int) -> None:
        self.both(lambda store: store.jobs.pause(job_id(number)))

    @rule(number=NUMBERS)
    def resume(self, number: int) -> None:
        self.both(lambda store: store.jobs.resume(job_id(number)))

    @rule(number=NUMBERS)
    def retry(self, number: int) -> None:
        answer, _ = self.both(lambda store: store.jobs.retry(job_id(number)))
        if isinstance(answer, Job):
            self.ended.pop(number, None)

    @rule()
    def release_all(self) -> None:
        self.both(lambda store: store.steps.release_all())

    @invariant()
    def both_show_the_same(self) -> None:
        self.both(lambda store: store.steps.counts())
        for number in (1, 2):
            self.both(partial(get, number))
            self.both(partial(progress, number))

    @invariant()
    def an_end_is_left_only_by_retry(self) -> None:
        for number, job in self.jobs():
            assert self.ended.get(number, job.state) is job.state
            if job.state in FINAL_STATES:
                self.ended[number] = job.state

    @invariant()
    def a_job_has_open_steps_exactly_until_its_end(self) -> None:
        query = select(steps.c.job_id).where(is_state(steps.c.state, *OPEN))
        with self.database.read() as tx:
            alive = set(tx.scalars(query))
        for _, job in self.jobs():
            assert (job.id in alive) == (job.state not in FINAL_STATES)

    @invariant()
    def nobody_works_for_a_paused_job(self) -> None:
        busy = is_state(steps.c.state, StepState.QUEUED, StepState.RUNNING)
        with self.database.read() as tx:
            working = set(tx.scalars(select(steps.c.job_id).where(busy)))
        assert not working & {job.id for _, job in self.jobs() if job.state is JobState.PAUSED}

    @invariant()
    def what_a_job_sent_adds_up_once_it_has_ended(self) -> None:
        for number, job in self.jobs():
            if job.state in FINAL_STATES:
                told = progress(number, self.stores[0])
                finished = told.chars_spoken - told.chars_from_takes
                assert told.chars_sent == finished + told.chars_resent

    def jobs(self) -> list[tuple[int, Job]]:
        """The jobs there are."""
        found = ((number, outcome(partial(get, number), self.stores[0])) for number in (1, 2))
        return [(number, job) for number, job in found if isinstance(job, Job)]


def instant(tick: int) -> float:
    """Time goes on, by too little to end a lease."""
    return 1e9 + tick / 1e6


def get(number: int, store: Books) -> Job:
    """The job of a number."""
    return store.jobs.get(job_id(number))


def progress(number: int, store: Books) -> Progress:
    """How far the job of a number is."""
    return store.jobs.progress(job_id(number))


def work(store: Books, queue: Queue, texts: Texts, rounds: int) -> None:
    """Dispatch, claim and do so many steps, if there are any."""
    for _ in range(rounds):
        store.dispatch()
        if claim := store.steps.claim(queue, owner="w", lease_seconds=LONG):
            do(store, claim, texts)


def send(store: Books, words: Collection[str]) -> list[str] | None:
    """Dispatch and claim a slice, if there is one, and send those of the words that it has."""
    store.dispatch()
    claim = store.steps.claim(Queue.SPEECH, owner="w", lease_seconds=LONG)
    return store.begin(claim, words) if claim else None


def do(store: Books, claim: Claim, texts: Texts) -> None:
    """What a worker does with a claim."""
    match claim.kind:
        case StepKind.PLAN:
            words = {word for chapter in texts for word in chapter}
            kept = store.takes.find(map(key_of, words))
            answered = {word for word in words if key_of(word) in kept}
            plan = plan_of(texts, slice_chunks=2, answered=answered)
            store.steps.finish_plan(claim, plan)
        case StepKind.SLICE:
            store.say(claim, {chunk.text for chunk in store.takes.pending(claim)})
            store.steps.finish_slice(claim)
        case StepKind.RENDER:
            store.takes.of_chapter(claim)
            store.steps.finish_render(claim, RECORD)
        case StepKind.PUBLISH:
            store.takes.of_job(claim)
            store.steps.finish_publish(claim, [BOOK])
        case StepKind.WEBHOOK | StepKind.DELETE:
            raise AssertionError("a chore is in no queue")


def find_spoilt(store: Books, texts: Texts, words: Collection[str]) -> None:
    """Speak what there is; then claim, and mend what is spoilt, or do the step where nothing is."""
    work(store, Queue.SPEECH, texts, 2)
    store.dispatch()
    claim = store.steps.claim(Queue.AUDIO, owner="w", lease_seconds=LONG)
    if claim and not mend(store, claim, words):
        do(store, claim, texts)


def mend(store: Books, claim: Claim, words: Collection[str]) -> bool:
    """Have the words of a render's chapter spoken again, or a book's first chapter rendered."""
    if claim.kind is StepKind.PUBLISH:
        store.steps.rerender(claim, [0])
        return True
    if claim.kind is not StepKind.RENDER:
        return False
    keys = set(map(key_of, words))
    found = {c.key: c.take for c in store.takes.of_chapter(claim) if c.key in keys}
    return bool(found and store.steps.respeak(claim, found))


def outcome(act: Callable[[Books], object], store: Books) -> object:
    """What it answers, or the error it raises."""
    try:
        return act(store)
    except NarratorError as error:
        return error


def comparable(answer: object) -> object:
    """An answer without what two stores may differ in: instants, row numbers, wording."""
    match answer:
        case Job():
            return replace(answer, state_times={})
        case Claim():
            return replace(answer, step_id=StepId(0))
        case NarratorError():
            return type(answer)
        case _:
            return answer


def test_sql_and_its_twin_have_the_same_history_and_lose_no_step() -> None:
    """Not shrunk: a history on a disk is slow, and one of forty acts is short enough to read."""
    depth = settings(
        max_examples=25, stateful_step_count=40, deadline=None, phases=[Phase.reuse, Phase.generate]
    )
    run_state_machine_as_test(Histories, settings=depth)
