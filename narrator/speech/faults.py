"""What a refused handshake or a closed socket means: pure, provider's words in, our errors out.

Classified by HTTP status and close code first, because the documented texts differ from the live
ones (Deepgram Speak v1, "Errors" and "WebSocket close frames"). Reasons carry the provider's
request id, which its support asks for, and never a close frame's prose: it may quote what we sent.
"""

import json
import re
from collections.abc import Mapping

from narrator.domain.errors import (
    AccountFault,
    NarratorError,
    SpeechInterrupted,
    SpeechRefused,
)

ABNORMAL = 1006
"""The close code of a connection that ended without a close frame (RFC 6455, section 7.4.1)."""

UNSUPPORTED_DATA, POLICY_VIOLATION, MESSAGE_TOO_BIG = 1003, 1008, 1009  # RFC 6455, section 7.4.1
_REFUSALS = frozenset({UNSUPPORTED_DATA, POLICY_VIOLATION, MESSAGE_TOO_BIG})
_BAD_REQUEST, _SERVER_FAULTS = 400, 500
_PASSING = frozenset({408, 425, 429})  # besides every 5xx

_SHORT = 200  # characters of the provider's own message that a reason quotes
_CODE = re.compile(r"\b([A-Z]{3,8}-\d{4})\b")  # DATA-0001, BIG-0001, NET-0003, MESSAGE-0000

_ACCOUNT_REMEDIES = {
    401: "check that DEEPGRAM_API_KEY holds a valid key of this project",
    402: "add credits to the provider's project, then retry the job",
    403: "give the key's project access to this voice, or choose another voice",
}


def handshake_fault(status: int, headers: Mapping[str, str], body: bytes) -> NarratorError:
    """The error for an HTTP answer other than 101.

    AccountFault for 401, 402 and 403; SpeechInterrupted for 408, 425, 429 and 5xx; SpeechRefused
    for the rest.
    """
    said = _provider_message(headers, body)
    reason = f"the provider answered HTTP {status}{said} to a new speech session"
    reason += _request(headers.get("dg-request-id", ""))
    if status in _ACCOUNT_REMEDIES:
        return AccountFault(reason, remedy=_ACCOUNT_REMEDIES[status])
    if status in _PASSING or status >= _SERVER_FAULTS:
        return SpeechInterrupted(reason)
    if status == _BAD_REQUEST:
        return SpeechRefused(reason, remedy="choose a voice and a speed that the provider offers")
    return SpeechRefused(reason, remedy="check that NARRATOR_SPEAK_URL is a Speak v1 endpoint")


def close_fault(code: int, text: str, request_id: str) -> NarratorError:
    """The error for a socket that the provider closed (`code` 1006: without saying so).

    SpeechRefused for 1003, 1009 and 1008 `DATA-0000`: what we sent will not become right by sending
    it again. Everything else, a normal close that nobody asked for too, passes.
    """
    reason = (
        f"the provider closed the speech session with {code}{_name(text)}{_request(request_id)}"
    )
    if code in _REFUSALS and not is_throttle(code, text):
        return SpeechRefused(
            reason, remedy="report this with the request id; the provider rejects what was sent"
        )
    return SpeechInterrupted(reason)


def is_throttle(code: int, text: str) -> bool:
    """Whether the socket was closed for too many characters in a minute (1008 `DATA-0001`).

    The live wording of the reason is not documented, and the other 1008, `DATA-0000`, answers a
    command that is none, which we never send: so a 1008 that does not name the latter is taken for
    the former.
    """
    return code == POLICY_VIOLATION and "data0000" not in text.lower().replace("-", "")


def _provider_message(headers: Mapping[str, str], body: bytes) -> str:
    """`: message`, from the JSON body or the `dg-error` header; empty where there is neither."""
    try:
        fields = json.loads(body)
    except ValueError:
        fields = None
    message = fields.get("err_msg") if isinstance(fields, dict) else None
    words = " ".join(str(message or headers.get("dg-error", "")).split())
    return f" ({words[:_SHORT]})" if words else ""


def _name(text: str) -> str:
    found = _CODE.search(text)
    return f" {found[1]}" if found else ""


def _request(request_id: str) -> str:
    return f" (request {request_id})" if request_id else ""
