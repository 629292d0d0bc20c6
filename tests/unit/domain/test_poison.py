"""Whether a text is to blame, or whoever was to speak it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.faults import Fault
from narrator.domain.poison import (
    MOST_SUSPECTS,
    NAMED,
    OWN_FAULTS,
    SUSPICIONS,
    UNCLEAR,
    VERDICTS,
    DeadChunk,
    Evidence,
    chunks_dead,
    is_poison,
)
from narrator.domain.retry import RULES, Action


def alone(*, others_spoken: bool = False) -> Evidence:
    return Evidence(suspects=1, others_spoken=others_spoken)


@pytest.mark.parametrize("fault", sorted(VERDICTS))
def test_a_text_is_convicted_by_its_own_answers(fault: Fault) -> None:
    assert is_poison(fault, alone())


@pytest.mark.parametrize("fault", sorted(OWN_FAULTS - VERDICTS))
def test_a_text_without_an_answer_is_to_blame_only_if_others_are_answered(fault: Fault) -> None:
    assert not is_poison(fault, alone())
    assert is_poison(fault, alone(others_spoken=True))


many = st.builds(Evidence, suspects=st.integers(MOST_SUSPECTS + 1), others_spoken=st.booleans())


@given(st.sampled_from(sorted(OWN_FAULTS)), many)
def test_when_many_fail_and_none_is_spoken_no_text_is_to_blame(
    fault: Fault, evidence: Evidence
) -> None:
    assert not is_poison(fault, evidence)


@pytest.mark.parametrize("fault", sorted(set(Fault) - OWN_FAULTS))
def test_no_text_is_to_blame_for_anything_else(fault: Fault) -> None:
    assert not is_poison(fault, alone(others_spoken=True))


@pytest.mark.parametrize("fault", sorted(OWN_FAULTS))
def test_whatever_a_text_may_be_to_blame_for_lets_the_others_go_on(fault: Fault) -> None:
    assert RULES[fault].action is Action.REPLACE


def test_whatever_closes_a_session_for_a_jobs_fault_could_be_any_texts() -> None:
    closes = {f for f, rule in RULES.items() if rule.action is Action.FAIL and rule.ends_session}
    assert closes <= UNCLEAR


@pytest.mark.parametrize("fault", sorted(SUSPICIONS - OWN_FAULTS))
def test_a_suspicion_alone_counts_against_neither_a_text_nor_its_slice(fault: Fault) -> None:
    assert not is_poison(fault, alone(others_spoken=True))
    assert RULES[fault].action is Action.REPLACE
    assert not RULES[fault].counted


def dead(index: int) -> DeadChunk:
    return DeadChunk(chapter=3, index=index, code="no-audio", reason="it was answered with nothing")


def test_a_failure_names_the_first_dead_chunks_and_counts_the_rest() -> None:
    failure = chunks_dead(5, [dead(n) for n in range(5)], spoken=True)
    assert failure.reason.startswith("5 chunks could not be spoken (chapter 3, chunk 0: it was")
    assert failure.reason.count("chunk ") == NAMED
    assert failure.reason.endswith("; and 2 more)")


def test_a_gap_is_offered_only_where_something_was_spoken() -> None:
    assert "on_dead=skip" in chunks_dead(1, [dead(0)], spoken=True).remedy
    assert "on_dead=skip" not in chunks_dead(1, [dead(0)], spoken=False).remedy
