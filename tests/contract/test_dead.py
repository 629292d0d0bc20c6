"""The ports `Takes`, `Steps` and `Jobs`: chunks that cannot be spoken, and their jobs."""

from functools import partial

import pytest

from narrator.domain.errors import LeaseLost
from narrator.domain.faults import Fault
from narrator.domain.jobs import Job, JobOptions, JobState, OnDead
from narrator.domain.ledger import Outcome, Sending
from narrator.domain.poison import DEAD_CODE, MOST_SUSPECTS, DeadChunk
from narrator.domain.slots import Slot
from narrator.domain.steps import Claim, Queue, StepKind, StepState
from tests.contract.fleet import Fleet
from tests.contract.stage import (
    BOOK,
    LONG,
    PROOF,
    RECORD,
    THALIA,
    Store,
    Texts,
    key_of,
    new_job,
    plan_of,
    take_of,
    together,
    until,
)

SLOT = Slot(number=7, fence=1, voice=THALIA)
REASON = "the provider answered 3 characters with no audio"
BOOK_TEXTS = [["one", "bad", "three"], ["four"]]


def planned(fleet: Fleet, texts: Texts, on_dead: OnDead = OnDead.FAIL, number: int = 1) -> Job:
    """A planned job, a slice a chapter."""
    job = fleet.store.jobs.create(new_job(number, JobOptions(on_dead=on_dead)))
    planned = plan_of(texts, slice_chunks=100)
    fleet.store.steps.finish_plan(fleet.store.next(Queue.AUDIO), planned)
    return job


def send(fleet: Fleet, claim: Claim, index: int, text: str, code: str = "") -> None:
    """Send a chunk, which is kept, or cut for this reason."""
    sending = Sending(key=key_of(text), index=index, chars=len(text))
    fleet.ledger.begin(claim, [sending], slot=SLOT)
    if code:
        fleet.ledger.end(claim, sending.key, Outcome.CUT, code=code)
    else:
        fleet.store.takes.keep(claim, take_of(text), spoken_now=True)


def bury(fleet: Fleet, claim: Claim, text: str, fault: Fault = Fault.NO_AUDIO) -> bool:
    return fleet.store.takes.bury(claim, key_of(text), fault=fault, reason=REASON)


def again(fleet: Fleet, claim: Claim) -> Claim:
    """The same step's next claim."""
    fleet.store.steps.hand_back(claim)

    def claimed() -> Claim | None:
        fleet.store.dispatch()
        return fleet.store.steps.claim(Queue.SPEECH, owner="worker", lease_seconds=LONG)

    return until(claimed)


def spoken_but(fleet: Fleet, bad: str) -> None:
    """Do every slice of the job; this text is dead."""
    for _ in range(2):
        claim = fleet.store.next(Queue.SPEECH)
        for chunk in fleet.store.takes.pending(claim):
            if chunk.text == bad:
                send(fleet, claim, chunk.index, bad, Fault.NO_AUDIO)
                assert bury(fleet, claim, bad)
            else:
                fleet.store.takes.keep(claim, take_of(chunk.text), spoken_now=True)
        fleet.store.steps.finish_slice(claim)


def states(store: Store, kind: StepKind) -> dict[StepState, int]:
    """How many steps of a kind are in each state."""
    return {state: n for (each, state), n in store.steps.counts().items() if each is kind}


@pytest.fixture
def dead(fleet: Fleet) -> Job:
    """A job whose rest is spoken and rendered: it failed."""
    job = planned(fleet, BOOK_TEXTS)
    spoken_but(fleet, "bad")
    fleet.store.render(1)
    return job


@pytest.fixture
def gap(fleet: Fleet) -> Job:
    """A job that skips its dead chunk, all of it spoken."""
    job = planned(fleet, BOOK_TEXTS, OnDead.SKIP)
    spoken_but(fleet, "bad")
    return job


# ------------------------------------------------------------------------------ giving up


def test_a_chunks_own_failures_are_counted(fleet: Fleet) -> None:
    planned(fleet, BOOK_TEXTS)
    claim = fleet.store.next(Queue.SPEECH)
    send(fleet, claim, 1, "bad", Fault.NO_AUDIO)
    claim = again(fleet, claim)
    send(fleet, claim, 1, "bad", Fault.SILENCE)
    counted = {chunk.text: chunk.failures for chunk in fleet.store.takes.pending(claim)}
    assert counted == {"one": 0, "bad": 2, "three": 0}


@pytest.mark.parametrize("fault", [Fault.BESIDE, Fault.CLOSE_1006, Fault.DEFECT])
def test_what_others_did_to_a_chunk_is_not_counted(fleet: Fleet, fault: Fault) -> None:
    planned(fleet, BOOK_TEXTS)
    claim = fleet.store.next(Queue.SPEECH)
    send(fleet, claim, 1, "bad", fault)
    assert {chunk.failures for chunk in fleet.store.takes.pending(claim)} == {0}


def test_what_failed_or_may_have_failed_is_a_suspect(fleet: Fleet) -> None:
    planned(fleet, BOOK_TEXTS)
    claim = fleet.store.next(Queue.SPEECH)
    send(fleet, claim, 0, "one", Fault.ONE_OF_SEVERAL)
    send(fleet, claim, 1, "bad", Fault.NO_AUDIO)
    send(fleet, claim, 2, "three", Fault.BESIDE)
    claim = again(fleet, claim)
    pending = fleet.store.takes.pending(claim)
    assert [(chunk.suspect, chunk.failures) for chunk in pending] == [
        (True, 0),
        (True, 1),
        (False, 0),
    ]


def test_nobody_is_a_suspect_any_more_after_a_retry(fleet: Fleet) -> None:
    job = planned(fleet, BOOK_TEXTS)
    send(fleet, fleet.store.next(Queue.SPEECH), 0, "one", Fault.ONE_OF_SEVERAL)
    fleet.store.jobs.cancel(job.id)
    fleet.store.jobs.retry(job.id)
    claim = fleet.store.next(Queue.SPEECH)
    assert not any(chunk.suspect for chunk in fleet.store.takes.pending(claim))


def test_failures_before_a_retry_are_not_counted(fleet: Fleet) -> None:
    job = planned(fleet, BOOK_TEXTS)
    claim = fleet.store.next(Queue.SPEECH)
    send(fleet, claim, 1, "bad", Fault.NO_AUDIO)
    fleet.store.jobs.cancel(job.id)
    fleet.store.jobs.retry(job.id)
    claim = fleet.store.next(Queue.SPEECH)
    assert {chunk.failures for chunk in fleet.store.takes.pending(claim)} == {0}


def test_a_dead_chunk_is_not_pending(fleet: Fleet) -> None:
    planned(fleet, BOOK_TEXTS)
    claim = fleet.store.next(Queue.SPEECH)
    send(fleet, claim, 1, "bad", Fault.NO_AUDIO)
    assert bury(fleet, claim, "bad")
    assert [chunk.text for chunk in fleet.store.takes.pending(claim)] == ["one", "three"]


def test_every_chunk_of_the_slice_that_says_the_same_is_dead(fleet: Fleet) -> None:
    planned(fleet, [["bad", "bad", "three"]])
    claim = fleet.store.next(Queue.SPEECH)
    send(fleet, claim, 0, "bad", Fault.NO_AUDIO)
    assert bury(fleet, claim, "bad")
    assert [chunk.text for chunk in fleet.store.takes.pending(claim)] == ["three"]


def test_nobody_buries_with_a_lost_claim(fleet: Fleet) -> None:
    job = planned(fleet, BOOK_TEXTS)
    claim = fleet.store.next(Queue.SPEECH)
    send(fleet, claim, 1, "bad", Fault.NO_AUDIO)
    fleet.store.jobs.cancel(job.id)
    with pytest.raises(LeaseLost):
        bury(fleet, claim, "bad")
    assert fleet.store.jobs.dead(job.id, limit=9) == []


def test_a_silence_buries_nobody_before_others_are_answered(fleet: Fleet) -> None:
    planned(fleet, BOOK_TEXTS)
    claim = fleet.store.next(Queue.SPEECH)
    send(fleet, claim, 0, "one")
    send(fleet, claim, 1, "bad", Fault.SILENCE)
    assert not bury(fleet, claim, "bad", Fault.SILENCE)
    send(fleet, claim, 2, "three")
    assert bury(fleet, claim, "bad", Fault.SILENCE)


def test_the_answers_of_another_job_convict_a_silent_chunk(fleet: Fleet) -> None:
    planned(fleet, [["bad"]])
    claim = fleet.store.next(Queue.SPEECH)
    send(fleet, claim, 0, "bad", Fault.SILENCE)
    planned(fleet, [["five"]], number=2)
    send(fleet, fleet.store.next(Queue.SPEECH), 0, "five")
    assert bury(fleet, claim, "bad", Fault.SILENCE)


def test_when_too_many_fail_and_none_is_spoken_none_is_buried(fleet: Fleet) -> None:
    texts = [f"text {n}" for n in range(MOST_SUSPECTS + 2)]
    planned(fleet, [texts])
    claim = fleet.store.next(Queue.SPEECH)
    for index, text in enumerate(texts[:-1]):
        send(fleet, claim, index, text, Fault.NO_AUDIO)
    assert not bury(fleet, claim, texts[0])
    send(fleet, claim, len(texts) - 1, texts[-1])
    assert bury(fleet, claim, texts[0])


# ------------------------------------------------------------------- what a job makes of it


def test_the_rest_of_a_job_with_a_dead_chunk_goes_on(fleet: Fleet) -> None:
    job = planned(fleet, BOOK_TEXTS)
    spoken_but(fleet, "bad")
    assert fleet.store.jobs.get(job.id).state is JobState.RUNNING
    assert states(fleet.store, StepKind.RENDER) == {StepState.READY: 1}
    assert fleet.store.next(Queue.AUDIO).chapter == 1


def test_a_job_with_a_dead_chunk_fails_when_nothing_else_is_left(fleet: Fleet, dead: Job) -> None:
    ended = fleet.store.jobs.get(dead.id)
    assert ended.state is JobState.FAILED
    assert ended.failure
    assert ended.failure.code == DEAD_CODE
    assert f"chapter 1, chunk 1: {REASON}" in ended.failure.reason
    assert "retry" in ended.failure.remedy


def test_a_job_whose_last_slice_dies_fails_then(fleet: Fleet) -> None:
    job = planned(fleet, [["bad"]])
    claim = fleet.store.next(Queue.SPEECH)
    send(fleet, claim, 0, "bad", Fault.NO_AUDIO)
    bury(fleet, claim, "bad")
    fleet.store.steps.finish_slice(claim)
    assert fleet.store.jobs.get(job.id).state is JobState.FAILED


@pytest.mark.parametrize("_round", range(3))  # a race is run more than once
def test_slices_that_die_at_the_same_moment_fail_their_job_once(fleet: Fleet, _round: int) -> None:
    job = planned(fleet, [["bad"], ["worse"], ["worst"]])
    claims = fleet.store.slices(3)
    for claim, text in zip(claims, ("bad", "worse", "worst"), strict=True):
        send(fleet, claim, 0, text, Fault.NO_AUDIO)
        assert bury(fleet, claim, text)
    ended = together(*(partial(fleet.store.steps.finish_slice, claim) for claim in claims))
    assert ended == [None, None, None]
    failed = fleet.store.jobs.get(job.id)
    assert failed.state is JobState.FAILED
    assert failed.failure
    assert failed.failure.reason.startswith("3 chunks could not be spoken")


def test_a_job_that_fails_for_its_dead_chunks_leaves_nothing_open(fleet: Fleet) -> None:
    """What became of a row of its slices, nobody lived to write down."""
    planned(fleet, [["one", "bad"]])
    claim = fleet.store.next(Queue.SPEECH)
    fleet.store.found(claim, "one")
    send(fleet, claim, 1, "bad", Fault.NO_AUDIO)
    bury(fleet, claim, "bad")
    fleet.ledger.begin(claim, [Sending(key=key_of("one"), index=0, chars=3)], slot=SLOT)
    fleet.store.takes.keep(claim, take_of("one"), spoken_now=False)
    fleet.store.steps.finish_slice(claim)
    assert [line.outcome for line in fleet.lines()] == [Outcome.CUT, Outcome.LOST]


def test_dead_chunks_are_listed_with_their_reasons(fleet: Fleet, dead: Job) -> None:
    listed = [DeadChunk(chapter=1, index=1, code="no-audio", reason=REASON)]
    assert fleet.store.jobs.dead(dead.id, limit=9) == listed
    assert fleet.store.jobs.dead(dead.id, limit=0) == []


def test_progress_counts_dead_chunks(fleet: Fleet, gap: Job) -> None:
    progress = fleet.store.jobs.progress(gap.id)
    assert (progress.chunks, progress.chunks_spoken, progress.chunks_dead) == (4, 3, 1)
    assert progress.stage == "rendering"


def test_a_job_that_skips_renders_every_chapter_and_publishes(fleet: Fleet, gap: Job) -> None:
    fleet.store.render(2)
    publish = fleet.store.next(Queue.AUDIO)
    first, second = fleet.store.takes.of_job(publish)
    assert (first.keys, first.dead) == ((key_of("one"), key_of("three")), frozenset({1}))
    assert (second.keys, second.dead) == ((key_of("four"),), frozenset())
    fleet.store.steps.finish_publish(publish, [BOOK, PROOF])
    assert fleet.store.jobs.get(gap.id).state is JobState.SUCCEEDED


def test_a_job_of_which_nothing_could_be_spoken_fails_though_it_skips(fleet: Fleet) -> None:
    job = planned(fleet, [["bad"]], OnDead.SKIP)
    claim = fleet.store.next(Queue.SPEECH)
    send(fleet, claim, 0, "bad", Fault.NO_AUDIO)
    bury(fleet, claim, "bad")
    fleet.store.steps.finish_slice(claim)
    fleet.store.steps.finish_render(fleet.store.next(Queue.AUDIO), RECORD)
    assert fleet.store.jobs.get(job.id).state is JobState.FAILED


def test_characters_of_dead_chunks_do_not_count_as_spoken(fleet: Fleet, gap: Job) -> None:
    assert fleet.store.jobs.progress(gap.id).chars_spoken == len("onethreefour")
    assert fleet.store.jobs.spoken_chars() == len("onethreefour")


# ---------------------------------------------------------------------------- coming back


def test_a_retry_brings_the_dead_chunk_back_and_nothing_else(fleet: Fleet, dead: Job) -> None:
    assert fleet.store.jobs.retry(dead.id).state is JobState.RUNNING
    claim = fleet.store.next(Queue.SPEECH)
    assert [(c.text, c.failures) for c in fleet.store.takes.pending(claim)] == [("bad", 0)]
    assert states(fleet.store, StepKind.SLICE) == {StepState.DONE: 2, StepState.RUNNING: 1}
    assert fleet.store.jobs.dead(dead.id, limit=9) == []


def test_a_job_whose_dead_chunk_is_spoken_after_all_succeeds(fleet: Fleet, dead: Job) -> None:
    fleet.store.jobs.retry(dead.id)
    fleet.store.narrate(1)
    fleet.store.render(1)
    fleet.store.steps.finish_publish(fleet.store.next(Queue.AUDIO), [BOOK, PROOF])
    assert fleet.store.jobs.get(dead.id).state is JobState.SUCCEEDED
    progress = fleet.store.jobs.progress(dead.id)
    assert fleet.store.jobs.spoken_chars() == progress.chars == progress.chars_spoken


def test_a_retry_renders_and_publishes_anew_what_was_made_with_a_gap(
    fleet: Fleet, gap: Job
) -> None:
    fleet.store.render(2)
    fleet.store.next(Queue.AUDIO)
    fleet.store.jobs.cancel(gap.id)
    fleet.store.jobs.retry(gap.id)
    assert fleet.store.jobs.progress(gap.id).chapters_rendered == 1
    assert states(fleet.store, StepKind.PUBLISH) == {}
    fleet.store.narrate(1)
    assert fleet.store.next(Queue.AUDIO).chapter == 0


def test_a_chunk_that_died_in_an_open_slice_comes_back_in_that_slice(fleet: Fleet) -> None:
    job = planned(fleet, BOOK_TEXTS)
    claim = fleet.store.next(Queue.SPEECH)
    send(fleet, claim, 1, "bad", Fault.NO_AUDIO)
    bury(fleet, claim, "bad")
    fleet.store.jobs.cancel(job.id)
    fleet.store.jobs.retry(job.id)
    claim = fleet.store.next(Queue.SPEECH)
    assert [chunk.text for chunk in fleet.store.takes.pending(claim)] == ["one", "bad", "three"]
    assert sum(states(fleet.store, StepKind.SLICE).values()) == len(BOOK_TEXTS)
