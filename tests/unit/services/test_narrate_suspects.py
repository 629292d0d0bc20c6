"""A session that ends because of one text, of two jobs' that were outstanding."""

from itertools import combinations

import pytest

from narrator.domain.errors import NarratorError, SpeechInterrupted, SpeechRefused
from narrator.domain.faults import Fault
from narrator.domain.jobs import JobState
from narrator.domain.ledger import Outcome
from narrator.domain.poison import CHUNK_ATTEMPTS, DEAD_CODE
from tests.fakes.pairs import PairSpeaker
from tests.unit.services.conftest import World
from tests.unit.services.stays import ONE, THREE, TWO, alone, attempts, chapters

REFUSED = SpeechRefused("the provider closed with 1009", fault=Fault.CLOSE_1009)
SILENCE = SpeechInterrupted("it was not answered", fault=Fault.SILENCE)
JOBS = [f"This is what job number {n} says." for n in range(4)]
SOME = [guilty for count in (1, 2, 3) for guilty in combinations(JOBS, count)]


@pytest.fixture
def pairs(world: World) -> PairSpeaker:
    """A speaker with two outstanding, on the fleet's one seat."""
    twin = PairSpeaker(clock=world.clock)
    world.speaker = twin
    world.swap(speaker=twin)
    alone(world)
    return twin


def narrate(world: World, *texts: str) -> list[JobState]:
    """How jobs of one chunk each end."""
    jobs = []
    for number, text in enumerate(texts, start=1):
        chapters(world, text)
        jobs.append(world.plan(number))
    for _ in range(20):
        world.later()
    return [world.store.get(job.id).state for job in jobs]


@pytest.mark.parametrize("texts", [(ONE, TWO), (TWO, ONE)], ids=["first", "second"])
def test_only_the_job_whose_text_is_refused_fails(
    world: World, pairs: PairSpeaker, texts: tuple[str, str]
) -> None:
    pairs.poison[ONE] = REFUSED
    states = dict(zip(texts, narrate(world, *texts), strict=True))

    assert states == {ONE: JobState.FAILED, TWO: JobState.SUCCEEDED}
    assert set(pairs.together[0]) == {ONE, TWO}
    assert sorted(pairs.together[1:]) == [(ONE,), (TWO,)]


def test_the_job_that_fails_is_told_of_the_refusal(world: World, pairs: PairSpeaker) -> None:
    pairs.poison[ONE] = REFUSED
    narrate(world, ONE, TWO)
    failures = [job.failure for job in world.store.recent(limit=2) if job.failure]

    assert [(failure.code, failure.reason) for failure in failures] == [
        (SpeechRefused.code, REFUSED.reason)
    ]


def test_both_are_in_the_ledger_as_cut_and_sent_again(world: World, pairs: PairSpeaker) -> None:
    pairs.poison[ONE] = REFUSED
    narrate(world, ONE, TWO)
    rows = list(world.store.utterances.rows.values())
    cut = [(row.code, row.outcome) for row in rows if row.code == Fault.ONE_OF_SEVERAL]

    assert cut == [(Fault.ONE_OF_SEVERAL, Outcome.CUT)] * 2
    assert world.ledger.sums().kept == len(TWO)
    assert world.ledger.sums().resent == len(ONE + TWO) + len(ONE)


def test_no_attempt_at_a_slice_counts_for_what_may_be_anothers_fault(
    world: World, pairs: PairSpeaker
) -> None:
    pairs.poison[ONE] = REFUSED
    chapters(world, ONE)
    world.plan(1)
    chapters(world, TWO)
    world.plan(2)
    world.work()

    assert attempts(world) == {0}
    assert not any(job.failure for job in world.store.recent(limit=2))


@pytest.mark.parametrize("guilty", SOME, ids=lambda texts: "+".join(t[-7:-6] for t in texts))
def test_however_many_are_refused_the_others_succeed_and_none_is_sent_thrice(
    world: World, pairs: PairSpeaker, guilty: tuple[str, ...]
) -> None:
    pairs.poison |= dict.fromkeys(guilty, REFUSED)
    states = dict(zip(JOBS, narrate(world, *JOBS), strict=True))
    twice = {text for text in JOBS if pairs.said.count(text) > 1}

    assert {text for text, state in states.items() if state is JobState.FAILED} == set(guilty)
    assert {text for text, state in states.items() if state is JobState.SUCCEEDED} == (
        set(JOBS) - set(guilty)
    )
    assert max(map(pairs.said.count, JOBS)) <= 2
    assert len(twice - set(guilty)) <= len(guilty)


@pytest.mark.parametrize("error", [SILENCE, REFUSED], ids=lambda error: error.fault)
def test_a_text_takes_a_neighbour_along_once_in_a_run(
    world: World, pairs: PairSpeaker, error: NarratorError
) -> None:
    pairs.poison[ONE] = error
    narrate(world, ONE, TWO, THREE)

    assert [each for each in pairs.together if ONE in each and len(each) > 1] == [(ONE, TWO)]


def test_what_is_silent_in_company_counts_against_no_text(world: World, pairs: PairSpeaker) -> None:
    pairs.poison[ONE] = SILENCE
    assert narrate(world, ONE, TWO) == [JobState.FAILED, JobState.SUCCEEDED]
    (failure,) = [job.failure for job in world.store.recent(limit=2) if job.failure]

    assert failure.code == DEAD_CODE
    assert pairs.together.count((ONE,)) == CHUNK_ATTEMPTS
