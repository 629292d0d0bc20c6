"""Chunks that fail for their own sake, whatever is tried, and the jobs that have such."""

from dataclasses import replace

import pytest

from narrator.domain.errors import NarratorError, SpeechInterrupted, StoreUnavailable
from narrator.domain.faults import Fault
from narrator.domain.jobs import Job, JobOptions, JobState, OnDead
from narrator.domain.manifest_json import from_json
from narrator.domain.poison import CHUNK_ATTEMPTS, DEAD_CODE, MOST_SUSPECTS
from tests.unit.services.conftest import World
from tests.unit.services.stays import ONE, THREE, TWO, alone, chapters, long_slice, speak

BAD, LONGER, LONGEST = ONE * 16, TWO * 16, THREE * 16  # the chunks of `long_slice`
NO_AUDIO = SpeechInterrupted("it was answered with no audio", fault=Fault.NO_AUDIO)
SILENCE = SpeechInterrupted("it was not answered", fault=Fault.SILENCE)


def to_the_end(world: World, number: int = 1) -> Job:
    """Submit the document, and work until its job has ended."""
    return ended(world, world.submit(number))


def ended(world: World, job: Job) -> Job:
    world.work()
    for _ in range(20):
        if world.store.get(job.id).state in {JobState.SUCCEEDED, JobState.FAILED}:
            break
        world.later()
    return world.store.get(job.id)


@pytest.fixture
def poisoned(world: World) -> World:
    """A slice of three chunks, of which the first cannot be spoken; one seat."""
    long_slice(world)
    alone(world)
    world.speaker.poison[BAD] = NO_AUDIO
    return world


def test_the_rest_is_spoken_and_the_job_fails_with_the_list(poisoned: World) -> None:
    job = to_the_end(poisoned)

    assert job.state is JobState.FAILED
    assert job.failure
    assert job.failure.code == DEAD_CODE
    assert "chapter 1, chunk 0: it was answered with no audio" in job.failure.reason
    assert poisoned.speaker.said.count(BAD) == CHUNK_ATTEMPTS
    assert [poisoned.speaker.said.count(text) for text in (LONGER, LONGEST)] == [1, 1]


def test_a_job_that_skips_succeeds_and_its_manifest_states_the_gap(poisoned: World) -> None:
    poisoned.options = JobOptions(on_dead=OnDead.SKIP)
    job = to_the_end(poisoned)

    assert job.state is JobState.SUCCEEDED
    manifest = from_json(poisoned.objects.get_bytes(job.artifacts[1].object_key))
    (gap,) = [skip.span for skip in manifest.skips if skip.reason == "unspoken"]
    assert len(gap) == len(BAD)
    assert [chunk.chunk.index for chunk in manifest.chapters[0].chunks] == [1, 2]
    assert manifest.chapters[0].unspoken == (0,)


def test_a_retry_speaks_what_was_dead_and_nothing_else(poisoned: World) -> None:
    job = to_the_end(poisoned)
    poisoned.speaker.said.clear()
    poisoned.speaker.poison.clear()
    poisoned.store.retry(job.id)

    assert ended(poisoned, job).state is JobState.SUCCEEDED
    assert poisoned.speaker.said == [BAD]


def test_a_retry_of_what_is_still_poison_tries_it_as_often_again(poisoned: World) -> None:
    job = to_the_end(poisoned)
    poisoned.clock.wait(1)
    poisoned.store.retry(job.id)

    assert ended(poisoned, job).state is JobState.FAILED
    assert poisoned.speaker.said.count(BAD) == 2 * CHUNK_ATTEMPTS


def test_a_suspect_is_sent_after_the_rest_of_its_slice(world: World) -> None:
    long_slice(world)
    alone(world)
    world.speaker.cuts |= {BAD: NO_AUDIO, LONGER: SpeechInterrupted("the line went dead")}
    world.plan()
    speak(world)
    world.speaker.said.clear()
    world.later()

    assert world.speaker.said == [LONGER, BAD]


def test_when_everything_is_answered_with_nothing_no_chunk_is_given_up(world: World) -> None:
    texts = [f"This is text number {n}." for n in range(MOST_SUSPECTS + 1)]
    chapters(world, *texts)
    world.speaker.poison |= dict.fromkeys(texts, NO_AUDIO)
    job = to_the_end(world)

    assert job.failure
    assert job.failure.code == SpeechInterrupted.code
    assert world.store.dead(job.id, limit=9) == []


def test_when_nothing_is_answered_no_chunk_is_given_up(world: World) -> None:
    chapters(world, ONE)
    world.speaker.poison[ONE] = SILENCE
    job = to_the_end(world)

    assert job.failure
    assert job.failure.code == SpeechInterrupted.code
    assert world.store.dead(job.id, limit=9) == []


def test_a_chunk_is_given_up_for_its_silence_while_others_are_answered(poisoned: World) -> None:
    poisoned.speaker.poison[BAD] = SILENCE
    job = to_the_end(poisoned)

    assert job.failure
    assert job.failure.code == DEAD_CODE


@pytest.mark.parametrize("fault", [Fault.BESIDE, Fault.CLOSE_1006])
def test_no_chunk_is_given_up_for_what_others_do(poisoned: World, fault: Fault) -> None:
    poisoned.speaker.poison[BAD] = SpeechInterrupted("the line went dead", fault=fault)
    poisoned.submit()
    poisoned.work()
    for _ in range(2 * CHUNK_ATTEMPTS):
        poisoned.later()

    assert poisoned.store.dead(poisoned.store.recent(limit=1)[0].id, limit=9) == []


def test_a_chunk_that_could_not_be_given_up_for_a_store_is_given_up_later(world: World) -> None:
    class Away:
        """Takes whose store is away when the first chunk is given up."""

        def __init__(self, errors: list[NarratorError]) -> None:
            self.errors = errors

        def bury(self, *args: object, **names: object) -> bool:
            if self.errors:
                raise self.errors.pop()
            return bool(world.store.bury(*args, **names))  # type: ignore[arg-type]

        def __getattr__(self, name: str) -> object:
            return getattr(world.store, name)

    long_slice(world)
    world.speaker.poison[BAD] = NO_AUDIO
    world.services = replace(
        world.services,
        takes=Away([StoreUnavailable("away")]),  # type: ignore[arg-type]
    )
    world.swap()
    alone(world)
    job = to_the_end(world)

    assert job.failure
    assert job.failure.code == DEAD_CODE
    assert world.speaker.said.count(BAD) == CHUNK_ATTEMPTS + 1
