"""Who may use the API: a bearer key, or nobody but this machine.

A key is known here only by its SHA-256 digest, which settings map to the key's name. An open
installation (settings decide: embedded, on loopback, without keys) asks for no key; it then answers
loopback peers only, and refuses what a page in the user's browser might send in their name.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from narrator.api.problems import Refusal
from narrator.domain.errors import SettingsError
from narrator.settings import ApiSettings

OPEN_CALLER = "local"
"""The name under which an open installation logs its only caller."""

bearer = HTTPBearer(
    scheme_name="ApiKey",
    description="`Authorization: Bearer <key>`; an operator makes keys with `narrator api-key`.",
    auto_error=False,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Decides who a caller is. `keys` maps a key's SHA-256 (hex, lower case) to its name."""

    keys: Mapping[str, str] = field(repr=False)
    open: bool

    def caller_of_key(self, key: str) -> str:
        """The name of a presented key; raises Refusal (401).

        Every digest is compared, each in constant time, so that timing tells nothing.
        """
        presented = hashlib.sha256(key.encode()).hexdigest()
        names = [name for known, name in self.keys.items() if hmac.compare_digest(known, presented)]
        if not names:
            raise _unauthorized("the API key is not known", error="invalid_token")
        return names[0]

    def caller_without_key(self, peer: str | None, host: str, origin: str | None) -> str:
        """The caller of an open installation; raises Refusal (401, 403).

        `peer` is the address of the connection's other end (None: a Unix socket), `host` and
        `origin` are the request's headers. A Host that is not loopback is a rebound DNS name; a
        foreign Origin is another site's page: both would spend the user's money.
        """
        if not self.open:
            raise _unauthorized("this needs an API key", error=None)
        if not (peer is None or is_loopback(peer)) or not is_loopback(_name_of(f"//{host}")):
            raise _forbidden("without API keys only this machine is served")
        if origin is not None and not is_loopback(_name_of(origin)):
            raise _forbidden("without API keys no other site's page is served")
        return OPEN_CALLER


def gate_of(settings: ApiSettings) -> Gate:
    """The gate that settings ask for; raises SettingsError rather than stand open unasked."""
    if not settings.keys and not settings.open:
        raise SettingsError(
            "the API has no keys, and nothing says that it may be open",
            remedy="set NARRATOR_API_KEYS; `narrator api-key NAME` makes an entry",
        )
    return Gate(keys=settings.keys, open=settings.open and not settings.keys)


def is_loopback(host: str) -> bool:
    """Whether an address or a name means this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def authenticate(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> None:
    """Name the caller in `request.state.caller`; raises Refusal (401, 403)."""
    gate: Gate = request.app.state.gate
    if credentials is not None and gate.keys:
        request.state.caller = gate.caller_of_key(credentials.credentials)
        return
    request.state.caller = gate.caller_without_key(
        request.client.host if request.client else None,
        request.headers.get("host", ""),
        request.headers.get("origin"),
    )


def _name_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _unauthorized(detail: str, *, error: str | None) -> Refusal:
    # RFC 6750 section 3.1: no error code where no credentials were sent.
    challenge = 'Bearer realm="narrator"' + (f', error="{error}"' if error else "")
    return Refusal(
        HTTPStatus.UNAUTHORIZED,
        detail,
        remedy="send `Authorization: Bearer <key>`; an operator makes keys with `narrator api-key`",
        headers={"WWW-Authenticate": challenge},
    )


def _forbidden(detail: str) -> Refusal:
    return Refusal(
        HTTPStatus.FORBIDDEN, detail, remedy="set NARRATOR_API_KEYS and send one of the keys"
    )
