"""Two callers at once against workers: cancel, pause, resume and retry at any moment of a job.

Real threads on real PostgreSQL. A seed repeats who does what, not how they interleave.
"""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from threading import Event, Semaphore

import pytest
from sqlalchemy import func, select

from narrator.domain.errors import InvalidTransition, LeaseLost
from narrator.domain.ids import JobId
from narrator.domain.jobs import FOR_OPERATOR, JobState
from narrator.domain.ledger import RESENT, Outcome
from narrator.domain.steps import Claim, Queue, StepKind, StepMove, StepState, step_sources
from narrator.storage import claiming
from narrator.storage.database import Database
from narrator.storage.jobs import SqlJobs
from narrator.storage.ledger import SqlLedger
from narrator.storage.moves import NO_CHORE
from narrator.storage.pausing import pause
from narrator.storage.steps import SqlSteps
from narrator.storage.tables import is_state, jobs, steps
from narrator.storage.takes import SqlTakes
from tests.contract.stage import FAILURE, LONG, SPEAKER, THALIA, job_id, until
from tests.integration.storage.test_histories import Books, do
from tests.integration.storage.test_rows import waits

pytestmark = pytest.mark.integration

JOBS = 2
MOVES = 30
"""Moves that each caller makes."""

WORKERS = 2
SEEDS = range(2)
ENDED = (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED)
OPEN = is_state(steps.c.state, *step_sources(StepMove.CANCEL)) & NO_CHORE
HELD_BACK = (jobs.c.state == JobState.PAUSED) & (jobs.c.paused_for == FOR_OPERATOR)
REFUSALS = {
    "cancel": {JobState.SUCCEEDED, JobState.FAILED},
    "pause": {JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED},
    "resume": {JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED},
    "retry": {JobState.SUCCEEDED, JobState.PAUSED},
}
"""In which states a move is refused; in all others it is made, or is true already."""


def text(number: int) -> list[list[str]]:
    """A job's two chapters of eight chunks, its own words."""
    return [[f"job {number} chapter {c} chunk {n}" for n in range(8)] for c in range(2)]


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    """A database of the test's own."""
    made = Database(postgres_url)
    yield made
    made.close()


@pytest.fixture
def books(database: Database) -> Books:
    """A store and its ledger."""
    return Books(
        SqlJobs(database),
        SqlSteps(database),
        SqlTakes(database),
        SqlLedger(database, account=SPEAKER),
    )


@dataclass(slots=True)
class Race:
    """Jobs, and whoever runs for them until `over`."""

    books: Books
    database: Database
    seed: int
    over: Event = field(default_factory=Event)
    turns: Semaphore = field(default_factory=lambda: Semaphore(0))
    refused: list[str] = field(default_factory=list)

    def worker(self, number: int) -> None:
        """Claim and do steps, some of them badly, until the race is over."""
        dice = Random(f"{self.seed} worker {number}")  # noqa: S311
        while not self.over.is_set():
            self.turns.release()
            self.books.dispatch()
            if (claim := self.claim(dice)) is not None:
                with suppress(LeaseLost):
                    self.work(claim, dice)

    def claim(self, dice: Random) -> Claim | None:
        """The next step of a queue; slices are cut up while seats are idle."""
        if dice.random() < 0.3:
            return self.books.steps.claim(Queue.AUDIO, owner="w", lease_seconds=LONG)
        return self.books.seat(seats=dice.choice([2, 30]))

    def work(self, claim: Claim, dice: Random) -> None:
        """Finish the step, give it back, speak a part of it, or fail it with its job."""
        chance = dice.random()
        if chance < 0.02:
            self.books.steps.fail(claim, FAILURE)
        elif chance < 0.6 or claim.kind is StepKind.PUBLISH:
            if claim.kind is StepKind.SLICE:
                words = [chunk.text for chunk in self.books.takes.pending(claim)]
                self.books.say(claim, words[: dice.randrange(2)])
            self.books.steps.hand_back(claim, counted=False)
        else:
            do(self.books, claim, text(int(claim.job_id, 16)))

    def caller(self, number: int) -> None:
        """Ask for this and that, of one job and the other, as often as the workers try a step."""
        dice = Random(f"{self.seed} caller {number}")  # noqa: S311
        for _ in range(MOVES):
            self.turns.acquire(timeout=LONG)
            move = dice.choice(["cancel", "pause", "resume", "resume", "retry", "retry"])
            try:
                getattr(self.books.jobs, move)(job_id(dice.randint(1, JOBS)))
            except InvalidTransition as refusal:
                self.refused.append(refusal.reason)

    def watcher(self) -> None:
        """See at every moment that nobody works for a job that rests or has ended."""
        at_rest = select(func.count()).join_from(steps, jobs, jobs.c.id == steps.c.job_id)
        forbidden = (
            at_rest.where(HELD_BACK, is_state(steps.c.state, StepState.RUNNING) & NO_CHORE),
            at_rest.where(is_state(jobs.c.state, *ENDED), OPEN),
        )
        while not self.over.is_set():
            with self.database.read() as tx:
                assert [tx.scalars(query).one() for query in forbidden] == [0, 0]

    def run(self) -> None:
        """Let all run at once; raises what any of them raised."""
        with ThreadPoolExecutor() as pool:
            callers = [pool.submit(self.caller, number) for number in range(2)]
            others = [pool.submit(self.worker, number) for number in range(WORKERS)]
            others.append(pool.submit(self.watcher))
            try:
                for one in callers:
                    one.result(timeout=120)
            finally:
                self.over.set()
            for one in others:
                one.result(timeout=60)

    def bring_to_an_end(self, job: JobId) -> None:
        """Let it go on, whatever state it was left in, and do all its steps."""
        if self.books.jobs.get(job).state is JobState.PAUSED:
            self.books.jobs.resume(job)
        if self.books.jobs.get(job).state is not JobState.SUCCEEDED:
            self.books.jobs.retry(job)
        self.books.steps.release_all()


@pytest.mark.parametrize("seed", SEEDS)
def test_jobs_that_two_callers_pull_at_come_to_their_end_with_nothing_lost_or_said_twice(
    books: Books, database: Database, seed: int
) -> None:
    ids = [books.submit(1).id, books.planned(text(2), 2, slice_chunks=4).id]
    race = Race(books, database, seed)
    race.run()

    assert set(race.refused) <= {
        f"cannot {move} a {state} job" for move, states in REFUSALS.items() for state in states
    }
    for job in ids:
        found = books.jobs.get(job)
        assert max(found.state_times, key=lambda state: found.state_times[state]) is found.state
        race.bring_to_an_end(job)
    finish(books)
    for number, job in enumerate(ids, start=1):
        assert books.jobs.get(job).state is JobState.SUCCEEDED
        progress = books.jobs.progress(job)
        chars = sum(len(words) for chapter in text(number) for words in chapter)
        assert progress.chars == progress.chars_spoken == chars
        assert progress.chars_sent - progress.chars_resent == chars - progress.chars_from_takes
    assert set(books.ledger.sums().chars) <= {Outcome.KEPT, *RESENT}


def finish(books: Books) -> None:
    """Do every step there is."""
    for _ in range(500):
        books.dispatch()
        claims = [books.steps.claim(queue, owner="w", lease_seconds=LONG) for queue in Queue]
        for claim in filter(None, claims):
            do(books, claim, text(int(claim.job_id, 16)))
        if not any(claims):
            return
    raise AssertionError(Counter(books.steps.counts()))


def test_while_a_pause_is_not_committed_no_step_of_the_job_is_claimed(
    books: Books, database: Database
) -> None:
    """Others see a running job until then, with slices that are ready."""
    job = books.planned([["one"], ["two"]])
    with database.write() as tx:
        pause(tx, job.id)
        assert books.dispatch() == {}
        assert books.steps.claim(Queue.SPEECH, owner="w", lease_seconds=LONG) is None
    assert books.dispatch() == {}


def test_a_pause_waits_for_whoever_is_cutting_a_slice_up(books: Books, database: Database) -> None:
    """The parts are not there yet when the job's open steps are first looked for."""
    job = books.planned([["one", "two", "three"]], slice_chunks=3)
    books.dispatch()
    with ThreadPoolExecutor(1) as pool:
        with database.write() as tx:
            cut = claiming.claim_slice(
                tx, THALIA, speaker=SPEAKER, owner="w", lease_seconds=LONG, seats=9, first=True
            )
            pausing = pool.submit(books.jobs.pause, job.id)
            until(lambda: waits(database) or None)
        pausing.result(timeout=10)
    assert cut is not None
    assert set(books.steps.counts()) == {
        (StepKind.PLAN, StepState.DONE),
        (StepKind.SLICE, StepState.READY),
    }
