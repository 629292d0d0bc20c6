"""The port `Jobs`."""

from dataclasses import replace

import pytest

from narrator.domain.artifacts import AudioFormat
from narrator.domain.choices import TextChoices, TextPass, parse_reading
from narrator.domain.errors import InvalidTransition, Missing
from narrator.domain.jobs import Failure, JobOptions, JobState, Stage
from narrator.domain.steps import Queue, StepKind, StepState
from narrator.domain.voices import Voice
from tests.contract.stage import BOOK, FAILURE, PROOF, Store, job_id, new_job, take_of


def test_a_new_job_is_queued_with_one_step_that_plans_it(store: Store) -> None:
    job = store.submit()
    assert job.state is JobState.QUEUED
    assert store.steps.counts() == {(StepKind.PLAN, StepState.READY): 1}


def test_a_job_comes_back_as_it_was_submitted(store: Store) -> None:
    options = JobOptions(
        voice=Voice(name="aura-2-luna-en", speed=0.9),
        format=AudioFormat.OPUS,
        chapters=(1, 3, 4),
        text=TextChoices(reading=parse_reading(["footnotes=end"]), without=(TextPass.ROMANS,)),
        lexicon="1" * 64,
        plan_hash="2" * 64,
        max_chars=5_000_000_000,
    )
    new = new_job(7, options)
    store.jobs.create(new)
    job = store.jobs.get(new.id)
    assert (job.id, job.tenant, job.options) == (new.id, new.tenant, options)
    assert (job.source_key, job.source_name) == (new.source_key, new.source_name)
    assert job.speaker == new.speaker


def test_submitting_a_job_again_changes_nothing(store: Store) -> None:
    first = store.submit()
    store.next(Queue.AUDIO)
    again = store.submit()
    assert again.state is JobState.RUNNING
    assert again.state_times[JobState.QUEUED] == first.state_times[JobState.QUEUED]
    assert sum(store.steps.counts().values()) == 1


def test_a_job_that_is_not_there_is_missing(store: Store) -> None:
    moves = (store.jobs.cancel, store.jobs.pause, store.jobs.resume, store.jobs.retry)
    for look in (store.jobs.get, store.jobs.progress, *moves):
        with pytest.raises(Missing):
            look(job_id(404))


def test_the_newest_job_is_listed_first(store: Store) -> None:
    for number in (3, 1, 2):
        store.submit(number)
    assert [job.id for job in store.jobs.recent(limit=2)] == [job_id(2), job_id(1)]


def test_a_list_goes_on_before_a_job(store: Store) -> None:
    for number in (3, 1, 2):
        store.submit(number)
    older = store.jobs.recent(limit=9, before=job_id(2))
    assert [job.id for job in older] == [job_id(1), job_id(3)]


def test_a_list_cannot_go_on_before_an_unknown_job(store: Store) -> None:
    with pytest.raises(Missing):
        store.jobs.recent(limit=9, before=job_id(404))


def test_jobs_are_listed_by_state(store: Store) -> None:
    store.submit(1)
    store.submit(2)
    store.jobs.cancel(job_id(1))
    cancelled = store.jobs.recent(limit=9, state=JobState.CANCELLED)
    assert [job.id for job in cancelled] == [job_id(1)]


def test_a_job_tells_when_it_entered_each_state(store: Store) -> None:
    times = store.succeeded().state_times
    assert list(times) == [JobState.QUEUED, JobState.RUNNING, JobState.SUCCEEDED]
    assert sorted(times.values()) == list(times.values())


def test_a_planned_job_knows_its_title(store: Store) -> None:
    job = store.jobs.get(store.planned([["one"]]).id)
    assert (job.title, job.creators) == ("Emma", ("Jane Austen",))
    assert job.plan_key == "jobs/j/plan-0.json"


def test_a_finished_job_has_its_artifacts_in_order(store: Store) -> None:
    job = store.succeeded()
    assert job.state is JobState.SUCCEEDED
    assert job.artifacts == (BOOK, PROOF)


def test_progress_counts_chunks_characters_and_samples(store: Store) -> None:
    job = store.planned([["one", "three"], ["seven"]])
    claim = store.next(Queue.SPEECH)
    store.takes.keep(claim, take_of("one"), spoken_now=True)
    first, second = store.jobs.progress(job.id).chapters
    assert (first.chunks, first.chunks_spoken) == (2, 1)
    assert (first.chars, first.chars_spoken, first.samples) == (8, 3, 3_000)
    assert (second.number, second.title) == (2, "Chapter 2")
    assert (second.chunks, second.chunks_spoken, second.samples) == (1, 0, 0)


def test_progress_names_each_stage(store: Store) -> None:
    job = store.submit()

    def stage() -> Stage:
        return store.jobs.progress(job.id).stage

    assert stage() is Stage.WAITING
    claim = store.next(Queue.AUDIO)
    assert stage() is Stage.PLANNING
    store.steps.hand_back(claim)
    store.planned([["one"], ["two"]])
    assert stage() is Stage.SPEAKING
    store.narrate(2)
    assert stage() is Stage.RENDERING
    store.render(2)
    assert stage() is Stage.PUBLISHING
    store.steps.finish_publish(store.next(Queue.AUDIO), [BOOK])
    assert stage() is Stage.ENDED


def test_progress_tells_what_earlier_takes_answered(store: Store) -> None:
    job = store.planned([["one", "three"]], slice_chunks=2)
    claim = store.next(Queue.SPEECH)
    store.takes.keep(claim, take_of("one"), spoken_now=True)
    store.found(claim, "three")
    store.takes.keep(claim, take_of("three"), spoken_now=False)
    assert store.jobs.progress(job.id).chars_from_takes == len("three")


def test_jobs_are_counted_by_state(store: Store) -> None:
    assert store.jobs.states() == {}
    store.succeeded(1)
    for number in (2, 3, 4):
        store.submit(number)
    store.jobs.cancel(job_id(3))
    assert store.jobs.states() == {
        JobState.QUEUED: 2,
        JobState.SUCCEEDED: 1,
        JobState.CANCELLED: 1,
    }


def test_spoken_characters_are_those_of_finished_slices_of_every_job(store: Store) -> None:
    assert store.jobs.spoken_chars() == 0
    store.succeeded(1)
    store.planned([["three", "four"], ["fifteen"]], 2)
    assert store.jobs.spoken_chars() == len("one")
    store.narrate(2)
    assert store.jobs.spoken_chars() == len("one" + "three" + "four")


def test_an_earlier_take_s_characters_count_as_spoken(store: Store) -> None:
    store.planned([["same", "same"]], slice_chunks=2)
    store.narrate(1)
    assert store.jobs.spoken_chars() == len("same" + "same")


def test_cancelling_a_job_cancels_its_open_steps(store: Store) -> None:
    job = store.planned([["one"], ["two"], ["three"]])
    store.next(Queue.SPEECH)
    assert store.jobs.cancel(job.id).state is JobState.CANCELLED
    assert store.steps.counts() == {
        (StepKind.PLAN, StepState.DONE): 1,
        (StepKind.SLICE, StepState.CANCELLED): 3,
    }


def test_cancelling_twice_is_cancelling_once(store: Store) -> None:
    job = store.submit()
    first = store.jobs.cancel(job.id)
    assert store.jobs.cancel(job.id) == first


def test_a_finished_job_cannot_be_cancelled(store: Store) -> None:
    with pytest.raises(InvalidTransition, match="succeeded"):
        store.jobs.cancel(store.succeeded().id)


def test_a_failed_job_is_taken_up_where_it_was(store: Store) -> None:
    job = store.planned([["one"], ["two"]])
    store.narrate(1)
    store.steps.fail(store.next(Queue.SPEECH), FAILURE)
    again = store.jobs.retry(job.id)
    assert (again.state, again.failure) == (JobState.RUNNING, None)
    assert store.steps.counts() == {
        (StepKind.PLAN, StepState.DONE): 1,
        (StepKind.SLICE, StepState.DONE): 1,
        (StepKind.SLICE, StepState.READY): 1,
        (StepKind.RENDER, StepState.READY): 1,
    }


def test_a_retried_step_has_all_its_attempts_again(store: Store) -> None:
    job = store.planned([["one"]])
    store.steps.hand_back(store.next(Queue.SPEECH))
    store.steps.fail(store.next(Queue.SPEECH), FAILURE)
    store.jobs.retry(job.id)
    assert store.next(Queue.SPEECH).attempts == 1


def test_a_cancelled_job_can_be_taken_up_again(store: Store) -> None:
    job = store.submit()
    store.jobs.cancel(job.id)
    store.jobs.retry(job.id)
    assert store.next(Queue.AUDIO).kind is StepKind.PLAN


def test_retrying_a_job_that_goes_on_changes_nothing(store: Store) -> None:
    queued = store.submit()
    assert store.jobs.retry(queued.id) == queued
    running = store.jobs.get(store.planned([["one"]], 2).id)
    assert store.jobs.retry(running.id) == running


def test_a_finished_job_cannot_be_retried(store: Store) -> None:
    with pytest.raises(InvalidTransition, match="succeeded"):
        store.jobs.retry(store.succeeded().id)


STALLED = Failure(code="speech-unavailable", reason="nobody answers", remedy="")


def test_the_trouble_of_a_job_is_why_an_open_step_was_given_back_last(store: Store) -> None:
    job = store.planned([["one"], ["two"]])
    assert store.jobs.trouble(job.id) is None
    first, second = store.slices(2)
    store.steps.hand_back(second, failure=STALLED)
    assert store.jobs.trouble(job.id) == STALLED
    store.steps.hand_back(first)
    assert store.jobs.trouble(job.id) == STALLED


def test_a_job_whose_steps_went_well_in_the_end_has_no_trouble(store: Store) -> None:
    job = store.planned([["one"]])
    store.steps.hand_back(store.next(Queue.SPEECH), failure=STALLED)
    store.narrate(1)
    assert store.jobs.trouble(job.id) is None


def test_the_trouble_of_one_job_is_not_another_s(store: Store) -> None:
    store.submit(1)
    store.submit(2)
    store.steps.hand_back(store.next(Queue.AUDIO), failure=STALLED)
    assert store.jobs.trouble(job_id(1)) == STALLED
    assert store.jobs.trouble(job_id(2)) is None


def test_of_two_troubles_the_one_of_the_later_attempt_counts(store: Store) -> None:
    job = store.planned([["one"], ["two"]])
    first, second = store.slices(2)
    later = replace(STALLED, reason="the account has no credits")
    store.steps.hand_back(second, failure=later)
    store.steps.hand_back(first, failure=STALLED)
    assert store.jobs.trouble(job.id) == later
