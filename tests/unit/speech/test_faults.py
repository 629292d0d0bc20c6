"""Refused handshakes and closed sockets, as errors."""

import json

import pytest

from narrator.domain.errors import AccountFault, SpeechInterrupted, SpeechRefused
from narrator.speech.faults import close_fault, handshake_fault, is_throttle


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, SpeechRefused),
        (404, SpeechRefused),
        (200, SpeechRefused),
        (401, AccountFault),
        (402, AccountFault),
        (403, AccountFault),
        (408, SpeechInterrupted),
        (429, SpeechInterrupted),
        (500, SpeechInterrupted),
        (503, SpeechInterrupted),
    ],
)
def test_a_refused_handshake_is_classified_by_its_status(status, kind):
    assert type(handshake_fault(status, {}, b"")) is kind


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404])
def test_a_refusal_that_waiting_does_not_mend_has_a_remedy(status):
    assert handshake_fault(status, {}, b"").remedy


def test_a_refusal_carries_the_providers_words_and_request_id():
    body = json.dumps({"err_code": "INVALID_AUTH", "err_msg": "Invalid credentials."}).encode()
    fault = handshake_fault(401, {"dg-request-id": "r-7"}, body)
    assert "Invalid credentials." in fault.reason
    assert "r-7" in fault.reason


def test_the_header_speaks_where_the_body_does_not():
    fault = handshake_fault(429, {"dg-error": "Too many\nrequests"}, b"<html>")
    assert "(Too many requests)" in fault.reason


def test_a_long_message_is_cut_short():
    body = json.dumps({"err_msg": "x" * 10_000}).encode()
    assert len(handshake_fault(400, {}, body).reason) < 400


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        (1000, "", SpeechInterrupted),
        (1003, "MESSAGE-0000", SpeechRefused),
        (1006, "", SpeechInterrupted),
        (1008, "DATA-0000", SpeechRefused),
        (1008, "Not a command. See https://dpgr.am/data0000", SpeechRefused),
        (1008, "DATA-0001", SpeechInterrupted),
        (1008, "Too many characters. See https://dpgr.am/data0001", SpeechInterrupted),
        (1008, "in words of its own", SpeechInterrupted),
        (1009, "BIG-0001", SpeechRefused),
        (1011, "NET-0003", SpeechInterrupted),
    ],
)
def test_a_closed_socket_is_classified_by_its_code(code, text, kind):
    assert type(close_fault(code, text, "")) is kind


@pytest.mark.parametrize(
    ("code", "text", "throttle"),
    [
        (1008, "DATA-0001", True),
        (1008, "in words of its own", True),
        (1008, "DATA-0000", False),
        (1011, "DATA-0001", False),
    ],
)
def test_only_too_many_characters_exhaust_the_window(code, text, throttle):
    assert is_throttle(code, text) is throttle


def test_a_close_is_named_by_code_and_request_but_never_quoted():
    """Its prose may hold what we sent."""
    fault = close_fault(1008, "cannot read 'Call me Ishmael' DATA-0000", "r-9")
    assert "1008 DATA-0000" in fault.reason
    assert "r-9" in fault.reason
    assert "Ishmael" not in fault.reason
