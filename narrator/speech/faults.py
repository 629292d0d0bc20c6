"""What a refused handshake or a closed socket means: pure, provider's words in, our errors out.

Classified by HTTP status and close code first, because the documented texts differ from the live
ones (Deepgram Speak v1, "Errors" and "WebSocket close frames"). Reasons carry the provider's
request id, which its support asks for, and never a close frame's prose: it may quote what we sent.
What is done about each fault is the table in `domain/retry.py`.
"""

import json
import re
from collections.abc import Mapping

from narrator.domain.errors import (
    AccountFault,
    NarratorError,
    SpeechInterrupted,
    SpeechRefused,
    SpeechThrottled,
    SpeechUnavailable,
)
from narrator.domain.faults import Fault

ABNORMAL = 1006
"""The close code of a connection that ended without a close frame (RFC 6455, section 7.4.1)."""

_FORBIDDEN, _SERVER_FAULTS = 403, 500
_HANDSHAKES = {
    400: Fault.HANDSHAKE_400,
    401: Fault.HANDSHAKE_401,
    402: Fault.HANDSHAKE_402,
    403: Fault.HANDSHAKE_403,
    408: Fault.HANDSHAKE_408,
    425: Fault.HANDSHAKE_408,
    429: Fault.HANDSHAKE_429,
}
_CLOSES = {  # RFC 6455, section 7.4.1
    1000: Fault.CLOSE_1000,
    1001: Fault.CLOSE_1001,
    1003: Fault.CLOSE_1003,
    ABNORMAL: Fault.CLOSE_1006,
    1008: Fault.CLOSE_1008_DATA_0001,
    1009: Fault.CLOSE_1009,
    1011: Fault.CLOSE_1011,
}
_REFUSALS = frozenset({Fault.CLOSE_1003, Fault.CLOSE_1008_DATA_0000, Fault.CLOSE_1009})

_SHORT = 200  # characters of the provider's own message that a reason quotes
_CODE = re.compile(r"\b([A-Z]{3,8}-\d{4})\b")  # DATA-0001, BIG-0001, NET-0003, MESSAGE-0000

_ENDPOINT = "check that NARRATOR_SPEAK_URL is a Speak v1 endpoint"
_HANDSHAKE_ERRORS: Mapping[Fault, tuple[type[NarratorError], str]] = {
    Fault.HANDSHAKE_400: (SpeechRefused, "choose a voice and a speed that the provider offers"),
    Fault.HANDSHAKE_401: (
        AccountFault,
        "check that DEEPGRAM_API_KEY holds a valid key of this project",
    ),
    Fault.HANDSHAKE_402: (AccountFault, "add credits to the provider's project"),
    Fault.HANDSHAKE_403: (AccountFault, "give the key the right to speak, or use another key"),
    Fault.HANDSHAKE_403_MODEL: (
        SpeechRefused,
        "give the key's project access to this voice, or choose another voice",
    ),
    Fault.HANDSHAKE_408: (SpeechUnavailable, ""),
    Fault.HANDSHAKE_429: (SpeechThrottled, ""),
    Fault.HANDSHAKE_4XX: (AccountFault, _ENDPOINT),
    Fault.HANDSHAKE_5XX: (SpeechUnavailable, ""),
    Fault.HANDSHAKE_OTHER: (AccountFault, _ENDPOINT),
}


def handshake_fault(status: int, headers: Mapping[str, str], body: bytes) -> NarratorError:
    """The error for an HTTP answer other than 101; nothing was sent, whichever it is.

    SpeechRefused for 400 and for a 403 about the model (the provider answers a voice that does not
    exist with either); SpeechThrottled for 429; SpeechUnavailable for 408, 425 and 5xx;
    AccountFault for the rest, which no job is to blame for.
    """
    words = _provider_message(headers, body)
    fault = _handshake(status, words)
    kind, remedy = _HANDSHAKE_ERRORS[fault]
    said = f" ({words[:_SHORT]})" if words else ""
    reason = f"the provider answered HTTP {status}{said} to a new speech session"
    reason += _request(headers.get("dg-request-id", ""))
    return kind(reason, remedy=remedy, fault=fault)


def close_fault(code: int, text: str, request_id: str) -> NarratorError:
    """The error for a socket that the provider closed (`code` 1006: without saying so).

    SpeechRefused for 1003, 1009 and 1008 `DATA-0000`: what we sent will not become right by sending
    it again. Everything else, a normal close that nobody asked for too, passes.
    """
    fault = _close(code, text)
    reason = (
        f"the provider closed the speech session with {code}{_name(text)}{_request(request_id)}"
    )
    if fault in _REFUSALS:
        remedy = "report this with the request id; the provider rejects what was sent"
        return SpeechRefused(reason, remedy=remedy, fault=fault)
    return SpeechInterrupted(reason, fault=fault)


def _handshake(status: int, words: str) -> Fault:
    if status == _FORBIDDEN and "model" in words.lower():
        return Fault.HANDSHAKE_403_MODEL
    if status >= _SERVER_FAULTS:
        return Fault.HANDSHAKE_5XX
    other = Fault.HANDSHAKE_4XX if status >= min(_HANDSHAKES) else Fault.HANDSHAKE_OTHER
    return _HANDSHAKES.get(status, other)


def _close(code: int, text: str) -> Fault:
    """A close's fault, by its code, and where one code has two meanings by what its text names.

    The live wording of the text is not documented. The other 1008, `DATA-0000`, answers a command
    that is none, which we never send: so a 1008 that does not name it is taken for `DATA-0001`.
    """
    fault = _CLOSES.get(code, Fault.CLOSE_OTHER)
    named = text.lower().replace("-", "")
    if fault is Fault.CLOSE_1008_DATA_0001 and "data0000" in named:
        return Fault.CLOSE_1008_DATA_0000
    if fault is Fault.CLOSE_1011 and "net0003" in named:
        return Fault.CLOSE_1011_NET_0003
    return fault


def _provider_message(headers: Mapping[str, str], body: bytes) -> str:
    """The provider's words, from the JSON body or the `dg-error` header; empty without either."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        fields = None
    message = fields.get("err_msg") if isinstance(fields, dict) else None
    return " ".join(str(message or headers.get("dg-error", "")).split())


def _name(text: str) -> str:
    found = _CODE.search(text)
    return f" {found[1]}" if found else ""


def _request(request_id: str) -> str:
    return f" (request {request_id})" if request_id else ""
