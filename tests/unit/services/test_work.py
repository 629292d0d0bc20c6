"""A job from submission to its end, every port a twin."""

from dataclasses import replace
from itertools import count

import pytest

from narrator.domain.documents import Document, Metadata
from narrator.domain.errors import (
    DocumentRefused,
    SpeechInterrupted,
    SpeechRefused,
    SpeechUnavailable,
    StoreUnavailable,
    ToolFailed,
)
from narrator.domain.jobs import JobOptions, JobState
from narrator.domain.manifest_json import from_json
from narrator.domain.retry import MAX_ATTEMPTS
from narrator.domain.steps import Queue
from narrator.services.dispatch import dispatch
from narrator.services.submit import same_job_id
from narrator.text.plan import make_plan
from tests.fakes.studio import FakeStudio
from tests.unit.services.conftest import World, document

HANDSOME, CLEVER = "Emma was handsome.", "She was clever."
LONG = " ".join(f"Sentence number {number} of a long paragraph." for number in range(40))


def test_a_submitted_document_becomes_a_recording_and_a_manifest(world: World) -> None:
    job = world.submit()
    world.work()
    job = world.store.get(job.id)

    assert job.state is JobState.SUCCEEDED
    assert [artifact.name for artifact in job.artifacts] == ["emma.m4b", "manifest.json"]


def test_the_manifest_says_where_each_chunk_lies(world: World) -> None:
    job = world.submit()
    world.work()
    proof = next(a for a in world.store.get(job.id).artifacts if a.name == "manifest.json")
    manifest = from_json(world.objects.get_bytes(proof.object_key))
    placed = [each for chapter in manifest.chapters for each in chapter.chunks]

    assert [each.chunk.text for each in placed] == [HANDSOME, CLEVER]
    assert manifest.chapters[1].start_samples == manifest.chapters[0].samples
    assert placed[1].placement.start_samples > manifest.chapters[1].start_samples


def test_submitting_rings_once_for_the_plan(world: World) -> None:
    world.submit()

    assert world.doorbell.heard() == {Queue.AUDIO: 1}


def test_submitting_the_same_job_again_changes_nothing(world: World) -> None:
    first = world.submit()
    world.work()

    assert world.submit() == world.store.get(first.id)
    assert world.speaker.said == [HANDSOME, CLEVER]


def test_the_same_document_and_options_have_the_same_id(world: World) -> None:
    def job_id(options: JobOptions) -> str:
        return same_job_id(
            world.source, name="emma.txt", options=options, speaker="fake", studio="calm"
        )

    assert job_id(JobOptions()) == job_id(JobOptions())
    assert job_id(JobOptions()) != job_id(JobOptions(chapters=(1,)))


def test_words_that_were_spoken_before_are_not_sent_again(world: World) -> None:
    world.submit(1)
    world.work()
    second = world.submit(2)
    world.work()

    assert world.speaker.said == [HANDSOME, CLEVER]
    assert world.store.progress(second.id).chars_from_takes == len(HANDSOME + CLEVER)


def test_a_chunk_said_twice_in_a_book_is_sent_once(world: World) -> None:
    world.reader.answer = document((HANDSOME,), (HANDSOME,))
    job = world.submit()
    world.work()
    world.later()

    assert world.store.get(job.id).state is JobState.SUCCEEDED
    assert world.speaker.said == [HANDSOME]


def test_a_cut_utterance_is_sent_again_and_the_others_are_not(world: World) -> None:
    world.reader.answer = document((LONG,))
    cut = make_plan(world.reader.answer, chapters=()).chapters[0].chunks[1].text
    world.speaker.cuts[cut] = SpeechInterrupted("the line went dead")
    job = world.submit()
    world.work()
    world.later()

    assert world.store.get(job.id).state is JobState.SUCCEEDED
    assert world.speaker.said.count(cut) == 2
    assert len(world.speaker.said) == len(set(world.speaker.said)) + 1


def test_a_fault_of_the_job_fails_it_at_once(world: World) -> None:
    world.speaker.cuts[HANDSOME] = SpeechRefused("no such voice")
    job = world.submit()
    world.work()
    failed = world.store.get(job.id)

    assert failed.state is JobState.FAILED
    assert failed.failure is not None
    assert failed.failure.reason == "no such voice"


def test_a_failed_job_taken_up_again_speaks_only_what_is_missing(world: World) -> None:
    world.speaker.cuts[CLEVER] = SpeechRefused("too long")
    job = world.submit()
    world.work()
    world.store.retry(job.id)
    world.later()

    assert world.store.get(job.id).state is JobState.SUCCEEDED
    assert world.speaker.said.count(HANDSOME) == 1


def test_a_refused_document_fails_its_job_with_the_readers_words(world: World) -> None:
    world.reader.answer = DocumentRefused("emma.txt is encrypted", remedy="remove the lock")
    job = world.submit()
    world.work()
    failure = world.store.get(job.id).failure

    assert failure is not None
    assert (failure.reason, failure.remedy) == ("emma.txt is encrypted", "remove the lock")


def test_a_document_with_nothing_to_say_is_refused(world: World) -> None:
    world.reader.answer = document()
    job = world.submit()
    world.work()

    assert world.store.get(job.id).state is JobState.FAILED


def test_a_step_that_never_works_is_given_up_after_its_attempts(world: World) -> None:
    world.reader.answer = ToolFailed("the reader died")
    job = world.submit()
    world.work()
    for _ in range(MAX_ATTEMPTS):
        world.later()

    assert world.store.get(job.id).state is JobState.FAILED


def test_a_worker_asked_to_stop_hands_the_rest_back(world: World) -> None:
    world.reader.answer = document((LONG,))
    job = world.submit()
    asked = count()
    world.work(going=lambda: next(asked) < 6)
    spoken = list(world.speaker.said)
    world.later()

    assert world.store.get(job.id).state is JobState.SUCCEEDED
    assert len(world.speaker.said) == len(set(world.speaker.said)) > len(spoken)


def test_a_cancelled_job_is_not_worked_on(world: World) -> None:
    job = world.submit()
    world.store.cancel(job.id)
    world.work()

    assert world.store.get(job.id).state is JobState.CANCELLED
    assert world.speaker.said == []


def test_dispatching_with_nothing_to_do_rings_nobody(world: World) -> None:
    assert dispatch(world.services) == 0
    assert world.doorbell.heard() == {}


def test_a_step_over_which_every_worker_dies_is_set_aside(world: World) -> None:
    """Nobody lives to settle it: the attempts that were claimed tell."""
    job = world.submit()
    for _ in range(MAX_ATTEMPTS):
        world.claim()
        world.clock.wait(31)
        world.store.dispatch({Queue.AUDIO: 1}, queued_seconds=30)
    world.work()
    failure = world.store.get(job.id).failure

    assert failure is not None
    assert failure.code == "worker-lost"


def test_an_outage_of_the_provider_is_waited_out_however_long(world: World) -> None:
    for _ in range(3 * MAX_ATTEMPTS):
        world.speaker.refusals.append(SpeechUnavailable("HTTP 503"))
    job = world.submit()
    world.work()
    for _ in range(3 * MAX_ATTEMPTS):
        world.later()

    assert world.store.get(job.id).state is JobState.SUCCEEDED
    assert world.speaker.said == [HANDSOME, CLEVER]


def test_a_store_that_is_away_fails_no_job_however_long(world: World) -> None:
    world.reader.answer = StoreUnavailable("gone")
    job = world.submit()
    world.work()
    for _ in range(3 * MAX_ATTEMPTS):
        world.later()
    world.reader.answer = document((HANDSOME,))
    world.later()

    assert world.store.get(job.id).state is JobState.SUCCEEDED


def test_what_is_paid_for_waits_for_a_store_that_is_away(world: World) -> None:
    world.objects.refusals = [StoreUnavailable("gone")] * 3
    job = world.submit()
    world.work()

    assert world.store.get(job.id).state is JobState.SUCCEEDED
    assert world.speaker.said == [HANDSOME, CLEVER]


def test_a_worker_never_speaks_for_another_speakers_job(world: World) -> None:
    job = world.submit()
    world.speak_as("deepgram")
    world.work()

    assert world.store.get(job.id).state is JobState.RUNNING
    assert world.speaker.said == []


def test_a_book_may_be_called_like_one_of_its_chapters(world: World) -> None:
    assert isinstance(world.reader.answer, Document)
    world.reader.answer = replace(world.reader.answer, metadata=Metadata(title="00001"))
    job = world.submit()
    world.work()

    assert world.store.get(job.id).state is JobState.SUCCEEDED


@pytest.mark.parametrize(
    ("speaker", "tag"), [("offline-espeak", "offline-espeak"), ("deepgram", "aura-2-thalia-en")]
)
def test_a_trial_voice_never_passes_for_a_paid_one(world: World, speaker: str, tag: str) -> None:
    world.speak_as(speaker)
    world.submit()
    world.work()
    assert isinstance(world.services.studio, FakeStudio)
    _, narrator, _, _ = world.services.studio.published[0]

    assert narrator == tag
