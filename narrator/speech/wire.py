"""Frames of the Speak v1 protocol, to and from bytes; the only place that says `model`.

Reading is lenient: whatever is not understood is `Unknown`, since the provider adds messages and
its specification differs from what it sends (a live Warning carries `warn_code`, the specification
says `code`). Writing is strict: one `Speak` and one `Flush` an utterance, and `Close` at the end.
"""

import json
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from narrator.domain.errors import SettingsError
from narrator.domain.voices import SAMPLE_RATE, Voice

MAX_SPEAK_CHARS = 2_000
"""Characters a Speak message may carry (Deepgram Speak v1; beyond: close 1009 `BIG-0001`)."""

EXCESSIVE_FLUSH = "EXCESSIVE_FLUSH"
"""The Warning that comes instead of a Flushed when a flush is refused."""

LONGEST_CODE = 40
"""Characters of a code that are kept: it goes into logs and reasons, and may be no code at all."""

FLUSH = '{"type":"Flush"}'
CLOSE = '{"type":"Close"}'


@dataclass(frozen=True, slots=True)
class Audio:
    """Raw samples, s16le mono, not necessarily whole ones."""

    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """Who speaks: sent right after the handshake, tolerated at any time."""

    request_id: str
    model_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flushed:
    """All audio of the oldest unanswered flush has been delivered."""

    sequence_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """The provider's buffers are empty; we never ask for it."""

    sequence_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """A Warning: the socket stays open."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """An Error message; production sends close frames instead, but clients have met it."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A message that this version of the protocol does not have."""

    type: str


Message = Audio | Metadata | Flushed | Cleared | Warned | Failed | Unknown


def speak(text: str) -> str:
    """The frame that gives the provider one utterance's text."""
    return json.dumps({"type": "Speak", "text": text})


def decode(frame: str | bytes) -> Message:
    """A frame from the provider; never raises."""
    if isinstance(frame, bytes):
        return Audio(frame)
    try:
        fields = json.loads(frame)
    except (ValueError, RecursionError):
        return Unknown(type="")
    return _message(fields) if isinstance(fields, dict) else Unknown(type="")


def _message(fields: dict[str, object]) -> Message:
    match fields.get("type"):
        case "Metadata":
            return Metadata(
                request_id=_text(fields, "request_id"),
                model_version=_text(fields, "model_version"),
            )
        case "Flushed":
            return Flushed(sequence_id=_number(fields, "sequence_id"))
        case "Cleared":
            return Cleared(sequence_id=_number(fields, "sequence_id"))
        case "Warning":
            return Warned(code=_text(fields, "warn_code", "code")[:LONGEST_CODE])
        case "Error":
            return Failed(code=_text(fields, "err_code", "code", "variant")[:LONGEST_CODE])
        case other:
            return Unknown(type=other if isinstance(other, str) else "")


def _text(fields: dict[str, object], *names: str) -> str:
    """The first of these fields that holds text."""
    return next((v for v in map(fields.get, names) if isinstance(v, str) and v), "")


def _number(fields: dict[str, object], name: str) -> int | None:
    value = fields.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def connect_url(base: str, voice: Voice) -> str:
    """Where to connect for a voice: the endpoint with the query that fixes voice and format.

    What the endpoint's own query says besides (`mip_opt_out`, `tag`) is kept. `container` is left
    out: the socket knows no containers. Raises SettingsError unless it is a WebSocket address.
    """
    parts = urlsplit(base)
    if parts.scheme not in {"ws", "wss"} or not parts.hostname:
        raise SettingsError(
            "the Speak endpoint is not a WebSocket address",
            remedy="give the whole endpoint, such as wss://api.deepgram.com/v1/speak",
        )
    ours = {"model": voice.name, "encoding": "linear16", "sample_rate": str(SAMPLE_RATE)}
    if voice.speed != 1:
        ours["speed"] = f"{voice.speed:g}"
    fixed = {*ours, "speed"}
    kept = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if name not in fixed
    ]
    return urlunsplit(parts._replace(query=urlencode([*kept, *ours.items()]), fragment=""))
