"""Carries a speech session's frames over a WebSocket; the only owner of `websockets` here.

Vendor errors end here: a refused handshake and a closed socket become errors of ours. Neither text
nor the key reaches a log: the library's own logger, which would write both, is replaced.
"""

import asyncio
import logging
import os
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidStatus,
    InvalidURI,
    WebSocketException,
)
from websockets.protocol import State

from narrator.domain.errors import NarratorError, SettingsError, SpeechUnavailable
from narrator.domain.faults import Fault
from narrator.speech import faults, wire

PING_SECONDS = 20.0
"""Between pings; a pong that does not come for as long closes the socket. The provider documents
pings as the way to keep a socket open, and has no KeepAlive message on v1."""

MAX_FRAME_BYTES = 32 * 1024 * 1024
"""The largest frame taken; the provider's frame size is undocumented, kilobytes are usual."""


def _silent() -> logging.Logger:
    """A logger that writes nothing: at DEBUG the library would log Authorization and the text."""
    logger = logging.getLogger("narrator.speech.silent")
    logger.setLevel(logging.CRITICAL + 1)
    logger.propagate = False
    return logger


class Connection:
    """One open WebSocket to a Speak endpoint. `request_id` is what the handshake named it."""

    def __init__(self, socket: ClientConnection, request_id: str, *, close_seconds: float) -> None:
        self.request_id = request_id
        self._close_seconds = close_seconds
        self._socket = socket
        self._end: ConnectionClosed | None = None

    @property
    def open(self) -> bool:
        """Whether what is sent now goes out: neither side has begun to close, as far as we know."""
        return self._socket.state is State.OPEN and not self._socket.transport.is_closing()

    async def send(self, frames: Iterable[str]) -> None:
        """Send text frames; on a closed socket nothing happens, `frames` will say so."""
        with suppress(ConnectionClosed):
            for frame in frames:
                await self._socket.send(frame)

    async def frames(self) -> AsyncIterator[str | bytes]:
        """What comes, until the socket is closed by either side."""
        try:
            while True:
                yield await self._socket.recv()
        except ConnectionClosed as end:
            self._end = end

    def fault(self) -> NarratorError:
        """Why `frames` ended."""
        code, text = faults.ABNORMAL, ""
        # A close frame that we sent first comes back as an echo; it is not the provider's verdict.
        if self._end is not None and self._end.rcvd is not None and self._end.rcvd_then_sent:
            code, text = self._end.rcvd.code, self._end.rcvd.reason
        return faults.close_fault(code, text, self.request_id)

    async def close(self, reader: asyncio.Task[None]) -> None:
        """Close politely: Close, then what still comes up to the close frame, then the handshake.

        `reader` is the task that iterates over `frames`. A socket that was hung up on instead may
        go on counting against the account's allowance (HTTP 429). Takes twice `close_seconds` at
        the most: once for the provider to finish, once for the handshake.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(self._close_seconds):
                await self.send([wire.CLOSE])
                await asyncio.wait([reader])
        await self._socket.close()

    def abort(self) -> None:
        """Drop the socket at once; harmless once it is closed."""
        self._socket.transport.abort()


class Client:
    """Opens connections to one endpoint with one key."""

    def __init__(
        self, url: str, api_key: str, *, open_timeout_seconds: float, close_seconds: float
    ) -> None:
        self._api_key = api_key
        self._timeout = open_timeout_seconds
        self._close_seconds = close_seconds
        # One context for all sockets: making one reads the system's certificates each time.
        self._tls = ssl.create_default_context() if url.startswith("wss:") else None

    async def connect(self, url: str) -> Connection:
        """Open a socket.

        Raises what `faults.handshake_fault` says, SpeechUnavailable without a connection or an
        answer in time, and SettingsError.
        """
        try:
            socket = await self._open(url)
        except InvalidStatus as error:
            raise self._refused(error) from None
        except InvalidURI:
            raise SettingsError(
                "the Speak endpoint is not a WebSocket address",
                remedy="give the whole endpoint, such as wss://api.deepgram.com/v1/speak",
            ) from None
        except TimeoutError:
            raise SpeechUnavailable(
                f"the provider did not open a speech session within {self._timeout:g} s",
                fault=Fault.OPEN_TIMEOUT,
            ) from None
        except (OSError, InvalidHandshake, WebSocketException) as error:
            raise SpeechUnavailable(
                f"no connection to the provider: {_words(error)}", fault=Fault.NO_CONNECTION
            ) from error
        headers = socket.response.headers if socket.response else {}
        request_id = headers.get("dg-request-id", "")
        return Connection(socket, request_id, close_seconds=self._close_seconds)

    async def _open(self, url: str) -> ClientConnection:
        key = {"Authorization": f"Token {self._api_key}"} if self._api_key else {}
        return await open_socket(
            url,
            additional_headers=key,
            user_agent_header="narrator",
            compression=None,  # samples do not compress; deflate would cost a core
            open_timeout=self._timeout,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_SECONDS,
            close_timeout=self._close_seconds,
            max_size=MAX_FRAME_BYTES,
            logger=_silent(),
            proxy=None,  # only the settings read the environment
            ssl=self._tls,
        )

    def _refused(self, error: InvalidStatus) -> NarratorError:
        body = error.response.body or b""
        if self._api_key:
            body = body.replace(self._api_key.encode(), b"[key]")
        response = error.response
        return faults.handshake_fault(response.status_code, response.headers, bytes(body))


def _words(error: Exception) -> str:
    """An error in a few words: what the system calls it, or its type."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid ({error.verify_message})"
    if isinstance(error, OSError) and (error.errno or 0) > 0:
        return os.strerror(error.errno or 0)
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return type(error).__name__
