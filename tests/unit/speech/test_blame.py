"""Whose fault the end of a session is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.errors import JobFault, SpeechInterrupted, SpeechRefused
from narrator.domain.faults import Fault
from narrator.domain.poison import OWN_FAULTS, SUSPICIONS, UNCLEAR, VERDICTS
from narrator.speech.blame import blamed

ENDS = st.sampled_from(sorted(Fault)).map(lambda fault: SpeechRefused("it ended", fault=fault))


@given(ENDS)
def test_it_is_the_only_ones_that_was_outstanding(error):
    assert blamed(error, 1) == [error]


@given(ENDS, st.integers(0, 9))
def test_each_that_was_outstanding_is_told_once(error, outstanding):
    assert len(blamed(error, outstanding)) == outstanding


@given(st.sampled_from(sorted(UNCLEAR)), st.integers(2, 9))
def test_no_job_fails_where_it_could_be_anothers_fault(fault, outstanding):
    found = blamed(SpeechRefused("it ended", fault=fault), outstanding)
    assert not any(isinstance(each, JobFault) for each in found)
    assert {each.fault for each in found} <= SUSPICIONS - OWN_FAULTS


@given(st.sampled_from(sorted(VERDICTS)), st.integers(2, 9))
def test_an_answer_makes_a_suspect_of_the_first_only(fault, outstanding):
    first, *others = blamed(SpeechInterrupted("it ended", fault=fault), outstanding)
    assert first.fault is fault
    assert {each.fault for each in others} == {Fault.BESIDE}


@pytest.mark.parametrize("fault", sorted(set(Fault) - UNCLEAR - VERDICTS))
def test_what_no_text_is_the_reason_of_makes_nobody_a_suspect(fault):
    error = SpeechInterrupted("it ended", fault=fault)
    assert blamed(error, 2) == [error, error]
