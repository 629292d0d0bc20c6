"""The opening of a socket: who asks, and for what. Pure: a request in, options or a refusal out.

Authentication takes three forms: `Authorization: Token KEY`, `Authorization: Bearer JWT`, and, for
browsers, `Sec-WebSocket-Protocol: token, KEY` (or `bearer, JWT`). Deepgram refuses with plain HTTP:
the header `dg-error`, and a JSON body that says the same. An API key passed off as a bearer token
is refused; the two are told apart by the dots of a JWT.
"""

import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qs

PATH = "/v1/speak"
DEFAULT_MODEL = "aura-asteria-en"
SPEED_RANGE = (0.7, 1.5)
TAG_CHARS = 128

_MODEL = re.compile(r"aura-[a-z]+-en|aura-2-[a-z]+-(en|es|de|nl|fr|it|ja)")
_SPEED_MODEL = re.compile(r"aura-2-[a-z]+-(en|es)")
_SHOWN = re.compile(r"[A-Za-z0-9._-]{1,40}")
_JWT_DOTS = 2


class Encoding(StrEnum):
    """How samples become bytes."""

    LINEAR16 = "linear16"
    MULAW = "mulaw"
    ALAW = "alaw"


_SAMPLE_RATES: Mapping[Encoding, tuple[int, ...]] = {
    Encoding.LINEAR16: (8_000, 16_000, 24_000, 32_000, 48_000),
    Encoding.MULAW: (8_000, 16_000),
    Encoding.ALAW: (8_000, 16_000),
}
_DEFAULT_RATES: Mapping[Encoding, int] = {
    Encoding.LINEAR16: 24_000,
    Encoding.MULAW: 8_000,
    Encoding.ALAW: 8_000,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What an accepted socket speaks with, for all its life."""

    model: str = DEFAULT_MODEL
    encoding: Encoding = Encoding.LINEAR16
    sample_rate: int = 24_000
    speed: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The parts of an HTTP request that decide over it."""

    path: str
    query: str
    authorization: str | None
    subprotocols: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An HTTP answer instead of a socket."""

    status: int
    code: str
    message: str
    code_key: str = "err_code"

    def body(self, request_id: str) -> bytes:
        """Return the JSON body."""
        fields = {self.code_key: self.code, "err_msg": self.message, "request_id": request_id}
        return json.dumps(fields).encode()


NOT_FOUND = Refusal(status=404, code="NOT_FOUND", message="Not found: open /v1/speak instead.")
# The wording of each as the documentation has it; for 402 only that of another product is known.
REFUSALS: Mapping[int, Refusal] = {
    refusal.status: refusal
    for refusal in (
        Refusal(status=401, code="INVALID_AUTH", message="Invalid credentials."),
        Refusal(
            status=402,
            code="ASR_PAYMENT_REQUIRED",
            message="Project does not have enough credits for an ASR request and does not have an "
            "overage agreement.",
        ),
        Refusal(
            status=403,
            code="INSUFFICIENT_PERMISSIONS",
            message="Project does not have access to the requested model.",
        ),
        Refusal(status=429, code="Too Many Requests", message="Please try again later."),
        Refusal(
            status=503,
            code="Service Unavailable",
            message="Please try again later",
            code_key="error_code",  # so it is documented
        ),
    )
}


def judge(asked: Asked, api_keys: frozenset[str]) -> Options | Refusal:
    """Return what the socket will speak with, or why there will be none."""
    if asked.path != PATH:
        return NOT_FOUND
    if not _is_authorised(asked, api_keys):
        return REFUSALS[401]
    return _options(asked.query)


def answered_subprotocol(offered: Sequence[str]) -> str | None:
    """Return the one to answer with: the scheme in front of a key, never the key."""
    return offered[0] if offered and offered[0].lower() in {"token", "bearer"} else None


def _is_authorised(asked: Asked, api_keys: frozenset[str]) -> bool:
    scheme, _, secret = (asked.authorization or " ".join(asked.subprotocols[:2])).partition(" ")
    secret = secret.strip()
    if scheme.lower() not in {"token", "bearer"} or not secret:
        return False
    if not api_keys:
        return True
    fits = (scheme.lower() == "bearer") == (secret.count(".") == _JWT_DOTS)
    return fits and any(hmac.compare_digest(secret.encode(), key.encode()) for key in api_keys)


class _Refused(Exception):
    """Carries a refusal out of the checks below."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.refusal = Refusal(status=400, code=code, message=message)


def _options(query: str) -> Options | Refusal:
    try:
        return _parsed(parse_qs(query, keep_blank_values=True))
    except _Refused as refused:
        return refused.refusal


def _parsed(query: Mapping[str, list[str]]) -> Options:
    values = {name: given[-1] for name, given in query.items()}
    _check_ignored(values, query.get("tag", []))
    model = _model(values.get("model", DEFAULT_MODEL))
    encoding = _encoding(values.get("encoding", Encoding.LINEAR16))
    _check_container(values, encoding)
    return Options(
        model=model,
        encoding=encoding,
        sample_rate=_sample_rate(values.get("sample_rate"), encoding),
        speed=_speed(values.get("speed"), model),
    )


def _check_ignored(values: Mapping[str, str], tags: Sequence[str]) -> None:
    """Check what changes nothing here: unknown parameters pass, as they seem to in production."""
    if values.get("mip_opt_out", "false") not in {"true", "false"}:
        raise _malformed("`mip_opt_out` is neither `true` nor `false`")
    if any(len(tag) > TAG_CHARS for tag in tags):
        raise _malformed(f"a `tag` is longer than {TAG_CHARS} characters")


def _model(model: str) -> str:
    if not _MODEL.fullmatch(model):
        raise _Refused("Bad Request", "Bad Request: No such model/version combination found.")
    return model


def _encoding(encoding: str) -> Encoding:
    if encoding not in set(Encoding):
        raise _unsupported(f"`encoding{_shown(encoding)}` is not one of [{', '.join(Encoding)}]")
    return Encoding(encoding)


def _check_container(values: Mapping[str, str], encoding: Encoding) -> None:
    container = values.get("container", "none")
    if container != "none":
        raise _unsupported(
            f"`container{_shown(container)}` is invalid when `encoding={encoding}` is streamed"
        )
    if "bit_rate" in values:
        raise _unsupported(f"`bit_rate` is not applicable when `encoding={encoding}`")


def _sample_rate(given: str | None, encoding: Encoding) -> int:
    if given is None:
        return _DEFAULT_RATES[encoding]
    if not (given.isascii() and given.isdecimal()):
        raise _malformed("`sample_rate` is not an integer")
    allowed = _SAMPLE_RATES[encoding]
    if given not in {str(rate) for rate in allowed}:
        raise _unsupported(
            f"`sample_rate` must be one of {list(allowed)} when `encoding={encoding}`"
        )
    return int(given)


def _speed(given: str | None, model: str) -> float:
    if given is None:
        return 1.0
    if not _SPEED_MODEL.fullmatch(model):
        raise _malformed("`speed` is only supported for Aura-2 English and Spanish voices")
    try:
        speed = float(given)
    except ValueError:
        raise _malformed("`speed` is not a number") from None
    lowest, highest = SPEED_RANGE
    if not lowest <= speed <= highest:
        raise _malformed(f"`speed` must be between {lowest} and {highest}")
    return speed


def _malformed(detail: str) -> _Refused:
    return _Refused("INVALID_QUERY_PARAMETER", f"Failed to deserialize query parameters: {detail}.")


def _unsupported(detail: str) -> _Refused:
    return _Refused("UNSUPPORTED_AUDIO_FORMAT", f"Unsupported audio format: {detail}.")


def _shown(value: str) -> str:
    """Return a value for a message, which is also a header: nothing that could end its line."""
    return f"={value}" if _SHOWN.fullmatch(value) else ""
