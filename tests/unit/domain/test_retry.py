"""What follows from an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain import errors, retry
from narrator.domain.retry import Again, GiveUp, Stop, decide, delay_seconds


def tree(kind: type[errors.NarratorError]) -> list[type[errors.NarratorError]]:
    """The error and all that descend from it."""
    return [kind, *(each for child in kind.__subclasses__() for each in tree(child))]


@pytest.mark.parametrize("kind", tree(errors.JobFault))
def test_a_fault_of_the_job_is_given_up_at_once(kind: type[errors.NarratorError]) -> None:
    decision = decide(kind("no", remedy="do"), attempts=1, progressed=False, dice=0.5)

    assert isinstance(decision, GiveUp)
    assert (decision.failure.reason, decision.failure.remedy) == ("no", "do")


@pytest.mark.parametrize("kind", tree(errors.Passing))
def test_a_passing_fault_is_tried_again(kind: type[errors.NarratorError]) -> None:
    assert isinstance(decide(kind("no"), attempts=1, progressed=False, dice=0.5), Again)


def test_attempts_come_to_an_end() -> None:
    error = errors.SpeechInterrupted("again")

    last = decide(error, attempts=retry.MAX_ATTEMPTS, progressed=False, dice=0.5)

    assert isinstance(last, GiveUp)


def test_an_attempt_that_got_something_done_is_not_counted() -> None:
    error = errors.SpeechInterrupted("again")

    decision = decide(error, attempts=retry.MAX_ATTEMPTS, progressed=True, dice=0.5)

    assert isinstance(decision, Again)
    assert not decision.counted


def test_waiting_for_another_slice_is_not_counted() -> None:
    decision = decide(errors.TakeBusy("wait"), attempts=99, progressed=False, dice=0.5)

    assert isinstance(decision, Again)
    assert not decision.counted


def test_a_lost_lease_stops_quietly() -> None:
    decision = decide(errors.LeaseLost("late"), attempts=1, progressed=False, dice=0.5)

    assert decision == Stop()


def test_an_unforeseen_error_is_named_by_its_type_alone() -> None:
    """Its message may hold text of the document."""
    decision = decide(ValueError("secret words"), attempts=99, progressed=False, dice=0.5)

    assert isinstance(decision, GiveUp)
    assert "secret" not in decision.failure.reason + decision.failure.remedy
    assert "ValueError" in decision.failure.reason


@given(st.integers(1, 100), st.floats(0, 1))
def test_delays_stay_between_half_and_one_and_a_half_of_their_base(
    attempts: int, dice: float
) -> None:
    base = min(retry.LONGEST_SECONDS, retry.FIRST_SECONDS * 2.0 ** (attempts - 1))

    assert 0.5 * base <= delay_seconds(attempts, dice) <= 1.5 * base
