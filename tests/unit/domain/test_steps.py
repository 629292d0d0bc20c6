"""A step's states and its queue."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.ids import JobId, StepId
from narrator.domain.steps import (
    STEP_TRANSITIONS,
    Claim,
    Queue,
    StepKind,
    StepMove,
    StepState,
    step_sources,
    step_target,
)


@pytest.mark.parametrize("move", StepMove)
def test_a_step_move_has_one_target_wherever_it_starts(move: StepMove) -> None:
    assert {STEP_TRANSITIONS[state][move] for state in step_sources(move)} == {step_target(move)}


@given(st.lists(st.sampled_from(StepMove)))
def test_no_history_leaves_done_or_runs_without_a_claim(moves: list[StepMove]) -> None:
    state = StepState.READY
    for move in moves:
        before = state
        state = STEP_TRANSITIONS[state].get(move, state)
        assert before is not StepState.DONE or state is StepState.DONE
        entered = state is StepState.RUNNING and before is not StepState.RUNNING
        assert not entered or (before, move) == (StepState.QUEUED, StepMove.CLAIM)


@pytest.mark.parametrize("state", [StepState.READY, StepState.QUEUED, StepState.RUNNING])
def test_an_open_step_can_be_cancelled(state: StepState) -> None:
    assert state in step_sources(StepMove.CANCEL)


def test_what_waits_for_a_clock_can_come_back() -> None:
    assert step_sources(StepMove.RETURN) == {StepState.QUEUED, StepState.RUNNING}


def test_only_slices_wait_on_the_network() -> None:
    assert [kind for kind in StepKind if kind.queue is Queue.SPEECH] == [StepKind.SLICE]


def test_a_claim_names_step_job_and_fence() -> None:
    claim = Claim(step_id=StepId(7), job_id=JobId("ab"), kind=StepKind.RENDER, fence=3, attempts=1)
    assert str(claim) == "render step 7 of job ab (fence 3)"
