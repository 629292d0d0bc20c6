"""The port `Steps`: each finished step inserts what comes next, once."""

from dataclasses import replace

import pytest

from narrator.domain.errors import InvalidTransition, LeaseLost
from narrator.domain.jobs import Job, JobState
from narrator.domain.steps import Queue, StepKind, StepState
from tests.contract.stage import BOOK, RECORD, Store, Texts, key_of, plan_of, together

ROUNDS = range(5)  # a race is run more than once


def test_a_plan_inserts_its_slices(store: Store) -> None:
    store.planned([["one", "two", "three"], ["four"]], slice_chunks=2)
    assert store.dispatch() == {Queue.SPEECH: 3}


def test_a_plan_that_leaves_a_chunk_to_no_slice_is_refused(store: Store) -> None:
    store.submit()
    claim = store.next(Queue.AUDIO)
    whole, part = plan_of([["one", "two"]]), plan_of([["one"]])
    gap = replace(whole, slices=part.slices)
    with pytest.raises(ValueError, match="each chunk"):
        store.steps.finish_plan(claim, gap)
    store.steps.finish_plan(claim, whole)


def earlier(store: Store) -> None:
    """A job that has spoken "one" and "two", and ended."""
    store.planned([["one", "two"]])
    store.narrate(2)
    store.render(1)
    store.steps.finish_publish(store.next(Queue.AUDIO), [BOOK])


def answered(store: Store, texts: Texts, answers: list[str]) -> Job:
    """A second job of these texts, planned when some of them are known to be spoken already."""
    job = store.submit(2)
    claim = store.next(Queue.AUDIO)
    store.steps.finish_plan(claim, plan_of(texts, answered=answers))
    return job


def test_what_an_earlier_take_answers_is_in_no_slice(store: Store) -> None:
    earlier(store)
    job = answered(store, [["one", "three", "two"], ["one", "four"]], ["one", "two"])
    assert [claim.chunks for claim in store.slices(2)] == [(1,), (1,)]
    assert store.steps.claim(Queue.SPEECH, owner="worker", lease_seconds=60.0) is None
    progress = store.jobs.progress(job.id)
    assert (progress.chunks_spoken, progress.chars_spoken) == (3, 9)
    assert (progress.chars_from_takes, progress.samples) == (9, 9_000)


def test_a_chapter_that_earlier_takes_answer_is_rendered_at_once(store: Store) -> None:
    earlier(store)
    job = answered(store, [["one", "two"], ["three"]], ["one", "two"])
    render = store.next(Queue.AUDIO)
    assert (render.job_id, render.kind, render.chapter) == (job.id, StepKind.RENDER, 0)
    assert [take.index for take in store.takes.of_chapter(render)] == [0, 1]


def test_a_book_that_earlier_takes_answer_needs_no_slice(store: Store) -> None:
    earlier(store)
    job = answered(store, [["one"], ["two", "one"]], ["one", "two"])
    store.render(2)
    store.steps.finish_publish(store.next(Queue.AUDIO), [BOOK])
    assert store.jobs.get(job.id).state is JobState.SUCCEEDED
    assert (StepKind.SLICE, StepState.READY) not in store.steps.counts()
    assert store.jobs.spoken_chars() == len("one" + "two") + len("one" + "two" + "one")


def test_chunks_whose_take_is_gone_by_now_are_spoken_after_all(store: Store) -> None:
    job = answered(store, [["one", "two"], ["one"]], ["one"])
    assert store.dispatch() == {Queue.SPEECH: 3}
    store.narrate(3)
    assert store.jobs.progress(job.id).chunks_spoken == 3


def test_a_chunk_that_is_answered_is_in_no_slice_of_a_plan(store: Store) -> None:
    store.submit()
    claim = store.next(Queue.AUDIO)
    whole = plan_of([["one", "two"]])
    with pytest.raises(ValueError, match="each chunk"):
        store.steps.finish_plan(claim, replace(whole, answered=frozenset([key_of("one")])))


def test_a_slice_that_its_worker_was_slow_to_finish_ends_with_its_job(store: Store) -> None:
    """Every chunk was spoken, and the other slice brought the render."""
    job = store.planned([["one", "two"]])
    slow, quick = store.slices(2)
    store.speak(slow)
    store.speak(quick)
    store.steps.finish_slice(quick)
    store.render(1)
    store.steps.finish_publish(store.next(Queue.AUDIO), [BOOK])
    assert store.jobs.get(job.id).state is JobState.SUCCEEDED
    assert (StepKind.SLICE, StepState.RUNNING) not in store.steps.counts()
    with pytest.raises(LeaseLost):
        store.steps.finish_slice(slow)


def test_a_chapter_is_rendered_once_its_last_slice_is_done(store: Store) -> None:
    store.planned([["one", "two"], ["three"]])
    store.narrate(1)
    assert store.dispatch() == {}
    store.narrate(1)
    render = store.next(Queue.AUDIO)
    assert (render.kind, render.chapter) == (StepKind.RENDER, 0)


def test_a_chapter_without_chunks_is_rendered_at_once(store: Store) -> None:
    store.planned([[], ["one"]])
    render = store.next(Queue.AUDIO)
    assert (render.kind, render.chapter) == (StepKind.RENDER, 0)


def test_a_slice_with_a_pending_chunk_cannot_finish(store: Store) -> None:
    store.planned([["one"]])
    claim = store.next(Queue.SPEECH)
    with pytest.raises(InvalidTransition):
        store.steps.finish_slice(claim)
    store.speak(claim)
    store.steps.finish_slice(claim)


def test_a_finished_step_cannot_finish_again(store: Store) -> None:
    store.planned([["one"]])
    claim = store.next(Queue.SPEECH)
    store.speak(claim)
    store.steps.finish_slice(claim)
    with pytest.raises(LeaseLost):
        store.steps.finish_slice(claim)


def test_the_book_is_published_once_its_last_chapter_is_rendered(store: Store) -> None:
    store.planned([["one"], ["two"]])
    store.narrate(2)
    store.render(1)
    assert (StepKind.PUBLISH, StepState.READY) not in store.steps.counts()
    store.render(1)
    assert store.next(Queue.AUDIO).kind is StepKind.PUBLISH


@pytest.mark.parametrize("_round", ROUNDS)
def test_two_last_slices_at_once_bring_one_render(store: Store, _round: int) -> None:
    store.planned([["one", "two"]])
    claims = store.slices(2)
    for claim in claims:
        store.speak(claim)
    together(*[lambda c=claim: store.steps.finish_slice(c) for claim in claims])
    assert store.steps.counts()[StepKind.RENDER, StepState.READY] == 1


@pytest.mark.parametrize("_round", ROUNDS)
def test_two_last_renders_at_once_bring_one_publish(store: Store, _round: int) -> None:
    store.planned([["one"], ["two"]])
    store.narrate(2)
    claims = [store.next(Queue.AUDIO) for _ in range(2)]
    together(*[lambda c=claim: store.steps.finish_render(c, RECORD) for claim in claims])
    assert store.steps.counts()[StepKind.PUBLISH, StepState.READY] == 1


@pytest.mark.parametrize("_round", ROUNDS)
def test_of_cancelling_and_finishing_at_once_one_wins(store: Store, _round: int) -> None:
    job = store.planned([["one"]])
    store.narrate(1)
    store.render(1)
    publish = store.next(Queue.AUDIO)
    cancelled, finished = together(
        lambda: store.jobs.cancel(job.id),
        lambda: store.steps.finish_publish(publish, [BOOK]),
    )
    state = store.jobs.get(job.id).state
    if state is JobState.CANCELLED:
        assert isinstance(finished, LeaseLost)
        assert isinstance(cancelled, Job)
    else:
        assert (state, finished) == (JobState.SUCCEEDED, None)
        assert isinstance(cancelled, InvalidTransition)


@pytest.mark.parametrize("_round", ROUNDS)
def test_cancelling_while_workers_write_never_leaves_an_open_step(
    store: Store, _round: int
) -> None:
    job = store.planned([["one", "two"], ["three", "four"]])
    claims = store.slices(3)
    for claim in claims:
        store.speak(claim)
    answers = together(
        *[lambda c=claim: store.steps.finish_slice(c) for claim in claims],
        lambda: store.steps.renew(claims, lease_seconds=60.0),
        store.dispatch,
        lambda: store.jobs.cancel(job.id),
    )
    unforeseen = [a for a in answers if isinstance(a, Exception) and not isinstance(a, LeaseLost)]
    assert unforeseen == []
    ended = {StepState.DONE, StepState.CANCELLED}
    assert {state for _, state in store.steps.counts()} <= ended
