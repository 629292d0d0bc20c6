"""A job's states and how far it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.errors import InvalidTransition
from narrator.domain.jobs import (
    FINAL_STATES,
    JOB_TRANSITIONS,
    ChapterProgress,
    JobMove,
    JobState,
    Progress,
    Stage,
    job_sources,
    job_target,
    next_job_state,
    stage_of,
)

ONGOING = st.sampled_from([JobState.RUNNING, JobState.PAUSED])


def chapter(*, chunks: int = 4, spoken: int = 4, rendered: bool = False) -> ChapterProgress:
    return ChapterProgress(
        number=1,
        title="",
        chunks=chunks,
        chunks_spoken=spoken,
        chars=10 * chunks,
        chars_spoken=10 * spoken,
        samples=1_000 * spoken,
        rendered=rendered,
    )


@pytest.mark.parametrize("state", JobState)
@pytest.mark.parametrize("move", JobMove)
def test_a_move_is_possible_exactly_from_its_sources(state: JobState, move: JobMove) -> None:
    if state in job_sources(move):
        assert next_job_state(state, move) is job_target(move)
    else:
        with pytest.raises(InvalidTransition):
            next_job_state(state, move)


@pytest.mark.parametrize("move", JobMove)
def test_a_move_has_one_target_wherever_it_starts(move: JobMove) -> None:
    assert {moves[move] for moves in JOB_TRANSITIONS.values() if move in moves} == {
        job_target(move)
    }


@given(st.lists(st.sampled_from(JobMove)))
def test_no_history_leaves_success_or_leaves_an_end_but_by_retry(moves: list[JobMove]) -> None:
    state = JobState.QUEUED
    for move in moves:
        before = state
        state = JOB_TRANSITIONS[state].get(move, state)
        assert before is not JobState.SUCCEEDED or state is JobState.SUCCEEDED
        assert before not in FINAL_STATES or state is before or move is JobMove.RETRY


@pytest.mark.parametrize("state", [s for s in JobState if s not in FINAL_STATES])
def test_whatever_goes_on_can_be_cancelled_and_can_fail(state: JobState) -> None:
    assert state in job_sources(JobMove.CANCEL)
    assert state in job_sources(JobMove.FAIL)


def test_a_refused_move_says_what_is_possible() -> None:
    with pytest.raises(InvalidTransition, match="cannot cancel a failed job") as refusal:
        next_job_state(JobState.FAILED, JobMove.CANCEL)
    assert refusal.value.remedy == "possible now: retry"


@pytest.mark.parametrize("state", JobState)
def test_what_is_possible_are_moves_that_somebody_may_ask_for(state: JobState) -> None:
    with pytest.raises(InvalidTransition) as refusal:
        next_job_state(state, JobMove.START if state is not JobState.QUEUED else JobMove.RETRY)
    assert not {"start", "succeed", "fail"} & set(refusal.value.remedy.split())


def test_of_a_job_that_has_succeeded_nothing_is_possible() -> None:
    with pytest.raises(InvalidTransition) as refusal:
        next_job_state(JobState.SUCCEEDED, JobMove.RETRY)
    assert refusal.value.remedy == "it has ended for good; submit the document again"


@given(state=st.sampled_from(sorted(FINAL_STATES)), done=st.booleans())
def test_an_ended_job_is_at_its_end_however_far_it_came(state: JobState, *, done: bool) -> None:
    assert stage_of(state, [chapter(rendered=done)]) is Stage.ENDED


@given(ONGOING)
def test_the_stage_is_the_earliest_that_is_not_over(state: JobState) -> None:
    rendered = chapter(rendered=True)
    assert stage_of(state, []) is Stage.PLANNING
    assert stage_of(state, [rendered, chapter(spoken=3)]) is Stage.SPEAKING
    assert stage_of(state, [rendered, chapter()]) is Stage.RENDERING
    assert stage_of(state, [rendered, rendered]) is Stage.PUBLISHING


@given(st.lists(st.builds(chapter, chunks=st.integers(5, 9), spoken=st.integers(0, 5)), max_size=5))
def test_progress_is_the_sum_of_its_chapters(chapters: list[ChapterProgress]) -> None:
    progress = Progress(stage=Stage.SPEAKING, chapters=tuple(chapters))
    assert progress.chars == 10 * progress.chunks
    assert progress.chars_spoken == 10 * progress.chunks_spoken
    assert progress.samples == 1_000 * progress.chunks_spoken
    assert progress.chunks_spoken == sum(one.chunks_spoken for one in chapters)
