"""What follows from an error: the table, and that nothing is missing from it."""

import re
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain import errors, retry
from narrator.domain.faults import Fault
from narrator.domain.retry import (
    RULES,
    Action,
    Again,
    Blame,
    GiveUp,
    Stop,
    decide,
    delay_seconds,
    rule_of,
)
from tests.servers.places import REPOSITORY


def tree(kind: type[errors.NarratorError]) -> list[type[errors.NarratorError]]:
    """The error and all that descend from it."""
    return [kind, *(each for child in kind.__subclasses__() for each in tree(child))]


def faulty(fault: Fault) -> errors.NarratorError:
    return errors.NarratorError("no", remedy="do", fault=fault)


# ------------------------------------------------------------------------------- complete


@pytest.mark.parametrize("fault", Fault)
def test_each_fault_has_a_rule(fault: Fault) -> None:
    assert fault in RULES


@pytest.mark.parametrize("kind", tree(errors.NarratorError))
def test_each_error_has_a_rule_without_being_given_a_fault(
    kind: type[errors.NarratorError],
) -> None:
    assert rule_of(kind("no")) is RULES[kind.usual]


@pytest.mark.parametrize("fault", Fault)
def test_each_fault_is_named_where_it_comes_about(fault: Fault) -> None:
    """A line of the table that nothing leads to would be a promise about nothing."""
    sources = chain.from_iterable(
        sorted((REPOSITORY / "narrator" / room).rglob("*.py"))
        for room in ("domain", "services", "speech", "storage", "audio", "text")
    )
    named = re.compile(rf"\bFault\.{fault.name}\b")
    assert any(named.search(path.read_text()) for path in sources if path.name != "retry.py")


# ------------------------------------------------------------------------------- consistent


@pytest.mark.parametrize("kind", tree(errors.JobFault))
def test_a_fault_of_the_job_is_given_up_at_once(kind: type[errors.NarratorError]) -> None:
    decision = decide(kind("no", remedy="do"), attempts=1, progressed=True, dice=0.5)

    assert isinstance(decision, GiveUp)
    assert (decision.failure.reason, decision.failure.remedy) == ("no", "do")


@pytest.mark.parametrize("kind", tree(errors.Passing))
def test_a_passing_fault_is_tried_again(kind: type[errors.NarratorError]) -> None:
    assert isinstance(decide(kind("no"), attempts=1, progressed=False, dice=0.5), Again)


@pytest.mark.parametrize(
    "kind", [errors.AccountFault, errors.SpeechThrottled, errors.SpeechUnavailable]
)
def test_what_the_governor_waits_out_costs_no_attempt_however_long_it_takes(
    kind: type[errors.NarratorError],
) -> None:
    decision = decide(kind("no"), attempts=1_000, progressed=False, dice=0.5)

    assert isinstance(decision, Again)
    assert (decision.counted, decision.after_seconds) == (False, retry.WAIT_SECONDS)


@pytest.mark.parametrize("fault", [f for f in Fault if f.value.startswith(("close-", "warning-"))])
def test_of_what_happens_to_an_open_session_only_a_mere_warning_leaves_it_open(
    fault: Fault,
) -> None:
    assert RULES[fault].ends_session is (fault is not Fault.WARNING_OTHER)


@pytest.mark.parametrize("fault", [f for f in Fault if f.value.startswith("handshake-")])
def test_a_handshake_that_is_refused_ends_no_session(fault: Fault) -> None:
    assert not RULES[fault].ends_session


def test_only_too_many_characters_let_a_slot_rest() -> None:
    resting = [fault for fault, rule in RULES.items() if rule.slot_rests]

    assert resting == [Fault.CLOSE_1008_DATA_0001]


@pytest.mark.parametrize("fault", Fault)
def test_what_the_job_or_the_account_is_to_blame_for_uses_up_no_attempts(fault: Fault) -> None:
    rule = RULES[fault]

    assert not rule.counted or rule.blame in {Blame.PROVIDER, Blame.OURS}


@pytest.mark.parametrize("fault", Fault)
def test_a_step_that_is_done_again_waits_in_between(fault: Fault) -> None:
    rule = RULES[fault]

    assert 0 < rule.first_seconds <= rule.longest_seconds


@pytest.mark.parametrize("fault", [f for f, rule in RULES.items() if rule.action is Action.PAUSE])
def test_a_paused_account_fails_no_job(fault: Fault) -> None:
    assert isinstance(decide(faulty(fault), attempts=99, progressed=False, dice=0.5), Again)


# ------------------------------------------------------------------------------- decided


def test_attempts_come_to_an_end() -> None:
    error = errors.SpeechInterrupted("again")

    last = decide(error, attempts=retry.MAX_ATTEMPTS, progressed=False, dice=0.5)

    assert isinstance(last, GiveUp)


def test_an_attempt_that_got_something_done_is_not_counted() -> None:
    error = errors.SpeechInterrupted("again")

    decision = decide(error, attempts=retry.MAX_ATTEMPTS, progressed=True, dice=0.5)

    assert isinstance(decision, Again)
    assert (decision.counted, decision.after_seconds) == (False, retry.FIRST_SECONDS)


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


@given(st.sampled_from(Fault), st.integers(0, 10_000), st.floats(0, 1))
def test_no_rule_waits_longer_than_it_says(fault: Fault, attempts: int, dice: float) -> None:
    rule = RULES[fault]

    assert 0 < rule.delay_seconds(attempts, dice) <= 1.5 * rule.longest_seconds
