"""Refused handshakes and closed sockets, as errors."""

import json

import pytest

from narrator.domain.errors import (
    AccountFault,
    SpeechInterrupted,
    SpeechRefused,
    SpeechThrottled,
    SpeechUnavailable,
)
from narrator.domain.faults import Fault
from narrator.domain.retry import RULES, Action, Again, GiveUp, decide
from narrator.speech.faults import close_fault, handshake_fault

SWITCHING_PROTOCOLS = 101


@pytest.mark.parametrize(
    ("status", "kind", "fault"),
    [
        (200, AccountFault, Fault.HANDSHAKE_OTHER),
        (302, AccountFault, Fault.HANDSHAKE_OTHER),
        (400, SpeechRefused, Fault.HANDSHAKE_400),
        (401, AccountFault, Fault.HANDSHAKE_401),
        (402, AccountFault, Fault.HANDSHAKE_402),
        (403, AccountFault, Fault.HANDSHAKE_403),
        (404, AccountFault, Fault.HANDSHAKE_4XX),
        (408, SpeechUnavailable, Fault.HANDSHAKE_408),
        (425, SpeechUnavailable, Fault.HANDSHAKE_408),
        (429, SpeechThrottled, Fault.HANDSHAKE_429),
        (500, SpeechUnavailable, Fault.HANDSHAKE_5XX),
        (503, SpeechUnavailable, Fault.HANDSHAKE_5XX),
    ],
)
def test_a_refused_handshake_is_classified_by_its_status(status, kind, fault):
    error = handshake_fault(status, {}, b"")
    assert (type(error), error.fault) == (kind, fault)


@pytest.mark.parametrize(
    "message",
    ["Project does not have access to the requested model.", "No such Model/version combination."],
)
def test_a_403_about_the_model_is_the_jobs_fault_and_names_the_voice_in_its_remedy(message):
    error = handshake_fault(403, {}, json.dumps({"err_msg": message}).encode())
    assert (type(error), error.fault) == (SpeechRefused, Fault.HANDSHAKE_403_MODEL)
    assert "voice" in error.remedy


def test_a_model_named_beyond_what_is_quoted_is_still_read():
    body = json.dumps({"err_msg": "x " * 150 + "the requested model"}).encode()
    assert handshake_fault(403, {}, body).fault is Fault.HANDSHAKE_403_MODEL


STATUSES = [status for status in range(100, 600) if status != SWITCHING_PROTOCOLS]


def test_each_status_leads_to_a_rule_and_ends_no_session():
    found = [handshake_fault(status, {}, b"").fault for status in STATUSES]
    assert not any(RULES[fault].ends_session for fault in found)
    assert all(fault.value.startswith("handshake-") for fault in found)


def test_a_handshake_fails_a_job_only_where_the_job_asks_for_the_wrong_thing():
    def fails(status: int) -> bool:
        error = handshake_fault(status, {}, b"")
        decision = decide(error, attempts=99, progressed=False, dice=0.5)
        assert isinstance(decision, GiveUp | Again)
        return isinstance(decision, GiveUp)

    assert [status for status in STATUSES if fails(status)] == [400]


def test_each_close_code_leads_to_a_rule_that_ends_the_session():
    found = [close_fault(code, "", "").fault for code in range(1000, 5000)]
    assert all(RULES[fault].ends_session for fault in found)


def test_a_refusal_that_waiting_does_not_mend_has_a_remedy():
    refused = [handshake_fault(status, {}, b"") for status in STATUSES]
    lasting = [e for e in refused if RULES[e.fault].action in {Action.FAIL, Action.PAUSE}]
    assert len(lasting) == len([s for s in STATUSES if s < 500]) - len({408, 425, 429})
    assert all(error.remedy for error in lasting)


def test_a_refusal_carries_the_providers_words_and_request_id():
    body = json.dumps({"err_code": "INVALID_AUTH", "err_msg": "Invalid credentials."}).encode()
    fault = handshake_fault(401, {"dg-request-id": "r-7"}, body)
    assert "Invalid credentials." in fault.reason
    assert "r-7" in fault.reason


def test_the_header_speaks_where_the_body_does_not():
    fault = handshake_fault(429, {"dg-error": "Too many\nrequests"}, b"<html>")
    assert "(Too many requests)" in fault.reason


def test_a_body_that_nests_without_end_says_nothing():
    assert "(Too many)" in handshake_fault(429, {"dg-error": "Too many"}, b"[" * 100_000).reason


def test_a_long_message_is_cut_short():
    body = json.dumps({"err_msg": "x" * 10_000}).encode()
    assert len(handshake_fault(400, {}, body).reason) < 400


@pytest.mark.parametrize(
    ("code", "text", "kind", "fault"),
    [
        (1000, "", SpeechInterrupted, Fault.CLOSE_1000),
        (1001, "", SpeechInterrupted, Fault.CLOSE_1001),
        (1003, "MESSAGE-0000", SpeechRefused, Fault.CLOSE_1003),
        (1006, "", SpeechInterrupted, Fault.CLOSE_1006),
        (1008, "DATA-0000", SpeechRefused, Fault.CLOSE_1008_DATA_0000),
        (
            1008,
            "Not a command. See https://dpgr.am/data0000",
            SpeechRefused,
            Fault.CLOSE_1008_DATA_0000,
        ),
        (1008, "DATA-0001", SpeechInterrupted, Fault.CLOSE_1008_DATA_0001),
        (
            1008,
            "Too many characters. See https://dpgr.am/data0001",
            SpeechInterrupted,
            Fault.CLOSE_1008_DATA_0001,
        ),
        (1008, "in words of its own", SpeechInterrupted, Fault.CLOSE_1008_DATA_0001),
        (1009, "BIG-0001", SpeechRefused, Fault.CLOSE_1009),
        (1011, "NET-0000", SpeechInterrupted, Fault.CLOSE_1011),
        (1011, "DATA-0001", SpeechInterrupted, Fault.CLOSE_1011),
        (1011, "NET-0003", SpeechInterrupted, Fault.CLOSE_1011_NET_0003),
        (
            1011,
            "60 minutes. See https://dpgr.am/net0003",
            SpeechInterrupted,
            Fault.CLOSE_1011_NET_0003,
        ),
        (1012, "", SpeechInterrupted, Fault.CLOSE_OTHER),
        (4000, "", SpeechInterrupted, Fault.CLOSE_OTHER),
    ],
)
def test_a_closed_socket_is_classified_by_its_code(code, text, kind, fault):
    error = close_fault(code, text, "")
    assert (type(error), error.fault) == (kind, fault)


def test_a_close_is_named_by_code_and_request_but_never_quoted():
    """Its prose may hold what we sent."""
    fault = close_fault(1008, "cannot read 'Call me Ishmael' DATA-0000", "r-9")
    assert "1008 DATA-0000" in fault.reason
    assert "r-9" in fault.reason
    assert "Ishmael" not in fault.reason
