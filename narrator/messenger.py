"""Carries webhooks: one signed POST, to an address that was looked at, within a hard time limit."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable
from http import HTTPStatus

import httpx

from narrator.domain.errors import Undelivered
from narrator.domain.outbound import Endpoint
from narrator.domain.webhooks import receiver_of
from narrator.outbound import address_of, pinned, straight_client

LONGEST_SECONDS = 20.0
"""From looking up the name to the answer's status line: a receiver takes the message, and does what
follows from it afterwards."""

EVENT_HEADER, SIGNATURE_HEADER = "Narrator-Event", "Narrator-Signature"


class HttpMessenger:
    """The port `Messenger` over HTTP.

    A `secret` signs each message, if there is one. Unless `private`, only addresses that anybody on
    the internet may have are connected to: the name is looked up here, each address it has is
    judged, and the connection goes to one of those very addresses. Redirects are not followed, and
    no proxy of the environment is used, because neither would be judged.
    """

    def __init__(
        self,
        *,
        secret: str = "",
        private: bool = False,
        seconds: float = LONGEST_SECONDS,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._secret = secret
        self._private = private
        self._seconds = seconds
        self._now = now

    def __repr__(self) -> str:
        return f"HttpMessenger(private={self._private})"

    def send(self, url: str, body: bytes, *, message_id: str) -> None:
        """POST the body; raises Undelivered, which names the host and never the whole URL."""
        receiver = receiver_of(url)
        headers = self._headers(receiver, body, message_id)
        try:
            status = asyncio.run(self._within_time(receiver, body, headers))
        except TimeoutError:
            raise _undelivered(receiver, f"did not answer within {self._seconds:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            raise _undelivered(receiver, f"cannot be told ({type(error).__name__})") from None
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise _undelivered(receiver, f"answered HTTP {status}")

    def _headers(self, receiver: Endpoint, body: bytes, message_id: str) -> dict[str, str]:
        headers = {
            "Host": receiver.authority,
            "Content-Type": "application/json",
            "User-Agent": "narrator",
            EVENT_HEADER: message_id,
        }
        if self._secret:
            headers[SIGNATURE_HEADER] = signature(self._secret, int(self._now()), body)
        return headers

    async def _within_time(self, receiver: Endpoint, body: bytes, headers: dict[str, str]) -> int:
        async with asyncio.timeout(self._seconds):
            address = await address_of(receiver, private=self._private)
            if address is None:
                raise _undelivered(receiver, "has an address that is not public")
            return await _post(receiver, address, body, headers)


def signature(secret: str, at: int, body: bytes) -> str:
    """`t=<seconds since the epoch>,v1=<HMAC-SHA256 of "<t>.<body>", hexadecimal>`."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={signed.hexdigest()}"


async def _post(receiver: Endpoint, address: str, body: bytes, headers: dict[str, str]) -> int:
    url, named = pinned(receiver, address)
    async with (
        straight_client() as client,
        client.stream("POST", url, content=body, headers=headers, extensions=named) as answer,
    ):
        return answer.status_code


def _undelivered(receiver: Endpoint, what: str) -> Undelivered:
    return Undelivered(
        f"the webhook's receiver {receiver.host} {what}",
        remedy="see that it answers 2xx at once; the job itself is not affected",
    )
