"""The Speak server: a faithful Deepgram Speak version 1 endpoint of our own.

For trying Narrator without an account, for rehearsing a fleet at full scale without a bill, and for
tests. `SpeakServer` runs in an event loop, `serve` in a process of its own. Besides
`/v1/speak` it answers `GET /healthz`, and `GET /v1/stats` with its own counts as JSON
(`narrator.speakserver.counts`); with `?sockets=1` it adds every socket it has had, and every
handshake that was one too many (`narrator.speakserver.register`).
"""

import asyncio
import json
import logging
import signal
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from http import HTTPStatus
from types import TracebackType
from typing import Self

from websockets.asyncio.server import Server, ServerConnection
from websockets.asyncio.server import serve as serve_websockets
from websockets.datastructures import Headers
from websockets.exceptions import InvalidHeader
from websockets.headers import parse_subprotocol
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from narrator.speakserver.config import SpeakServerConfig
from narrator.speakserver.connection import CLOSE_SECONDS, Connection
from narrator.speakserver.conversation import Conversation
from narrator.speakserver.counts import Counts
from narrator.speakserver.handshake import (
    PATH,
    REFUSALS,
    Asked,
    Options,
    Refusal,
    answered_subprotocol,
    judge,
)
from narrator.speakserver.journal import Journal
from narrator.speakserver.protocol import SpeakProtocol
from narrator.speakserver.register import OneTooMany, Register
from narrator.speakserver.voices import Voices, engine_of

__all__ = ["SpeakServer", "SpeakServerConfig", "serve"]

PROJECT_ID = "00000000-0000-4000-8000-000000000000"

_LARGEST_MESSAGE_BYTES = 1 << 24  # beyond the protocol's own limit, so that it is the one to say so

# At debug level the library logs whole frames and headers: document text and credentials. Hence a
# logger of its own that cannot be talked into it.
_library_logger = logging.getLogger("narrator.speakserver.websockets")
_library_logger.setLevel(logging.WARNING)


class SpeakServer:
    """A Speak server in the running event loop; use it as `async with`, or `start` and `stop`."""

    def __init__(self, config: SpeakServerConfig) -> None:
        self.config = config
        self.counts = Counts()
        self.register = Register()
        self._journal = Journal(None)
        self._voices = Voices(engine_of(config))
        self._server: Server | None = None
        self._handshakes = 0
        self._in_bursts = 0
        self._started_at = 0.0

    async def start(self) -> None:
        """Start the voice, then listen.

        Raises:
            SettingsError: if the voice engine is not installed.
            ToolFailed: if it does not come up.
            OSError: if the port is taken.

        """
        try:
            await self._voices.start()
            self._journal = Journal.at(self.config.journal)
            self._started_at = asyncio.get_running_loop().time()
            self._server = await serve_websockets(
                self._converse,
                self.config.host,
                self.config.port,
                process_request=self._open,
                process_response=self._seal,
                select_subprotocol=_selected_subprotocol,
                compression=None,  # audio does not shrink, and it costs a core
                server_header=None,
                max_size=_LARGEST_MESSAGE_BYTES,
                close_timeout=CLOSE_SECONDS,
                logger=_library_logger,
                create_connection=Connection,
            )
        except BaseException:
            await self._voices.stop()
            raise

    async def stop(self) -> None:
        """Close every socket with 1001, then end the voice; harmless to repeat."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            await server.wait_closed()
            await self._voices.stop()
            self._journal.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def port(self) -> int:
        """The port it listens on; 0 when it does not."""
        if self._server is None:
            return 0
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        """Where to connect from this machine, path included."""
        host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(  # noqa: S104
            self.config.host, self.config.host
        )
        return f"ws://{f'[{host}]' if ':' in host else host}:{self.port}{PATH}"

    def _clock(self) -> float:
        return asyncio.get_running_loop().time() * self.config.time_scale

    # ------------------------------------------------------------------------------ the handshake

    def _open(self, connection: ServerConnection, request: Request) -> Response | None:
        path, _, query = request.path.partition("?")
        if path == "/healthz":
            return _response(200, b'{"state":"ok"}')
        if path == "/v1/stats":
            return _response(200, json.dumps(self._stats(query)).encode())
        assert isinstance(connection, Connection)  # noqa: S101 - for the type checker
        connection.request_id = str(uuid.uuid4())
        status = self._struck()
        connection.on_purpose = status is not None
        verdict = REFUSALS[status] if status is not None else self._verdict(_asked(request))
        if isinstance(verdict, Refusal):
            return self._refuse(verdict, connection.request_id)
        connection.options = verdict
        return None

    def _stats(self, query: str) -> Mapping[str, object]:
        counts = self.counts.as_json()
        return {**counts, **self.register.as_json()} if query == "sockets=1" else counts

    def _struck(self) -> int | None:
        """Return the status with which a fault or a burst refuses this handshake."""
        handshake, self._handshakes = self._handshakes, self._handshakes + 1
        for fault in self.config.handshake_faults:
            if fault.strikes(handshake):
                return fault.status
        elapsed = asyncio.get_running_loop().time() - self._started_at
        status = self.config.chaos.handshake(elapsed, self._in_bursts)
        if status is not None:
            self._in_bursts += 1
            self.counts.strikes[f"burst-{status}"] += 1
        return status

    def _verdict(self, asked: Asked) -> Options | Refusal:
        verdict = judge(asked, self.config.api_keys)
        return REFUSALS[429] if self._is_full and isinstance(verdict, Options) else verdict

    @property
    def _is_full(self) -> bool:
        limit = self.config.limits.sockets
        return limit is not None and self.counts.sockets_open >= limit

    def _refuse(self, refusal: Refusal, request_id: str) -> Response:
        response = _response(refusal.status, refusal.body(request_id))
        response.headers["dg-error"] = refusal.message
        return response

    def _seal(
        self, connection: ServerConnection, _request: Request, response: Response
    ) -> Response | None:
        """Mark the answer to a handshake as Deepgram does, and count it."""
        assert isinstance(connection, Connection)  # noqa: S101 - for the type checker
        request_id = getattr(connection, "request_id", None)
        if request_id is None:  # no handshake: health or statistics
            return None
        response.headers["dg-request-id"] = request_id
        if response.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
            self._count_refusal(connection, response.status_code)
            return None
        response.headers["dg-project-id"] = PROJECT_ID
        connection.accepted(self.counts, self.register)
        return None

    def _count_refusal(self, connection: Connection, status: int) -> None:
        full = status == HTTPStatus.TOO_MANY_REQUESTS and self._is_full
        self.counts.refused(status, full=full, on_purpose=connection.on_purpose)
        if full and not connection.on_purpose:
            refused = OneTooMany(
                at=time.time(),
                sockets_open=self.counts.sockets_open,
                peer_port=connection.peer_port,
            )
            self.register.refuse(refused)

    # --------------------------------------------------------------------------------- the socket

    async def _converse(self, connection: ServerConnection) -> None:
        assert isinstance(connection, Connection)  # noqa: S101 - for the type checker
        assert connection.record is not None  # noqa: S101 - it was accepted
        protocol = SpeakProtocol(
            self.config,
            self.counts,
            socket=connection.record,
            model=connection.options.model,
            now=self._clock(),
            heard=partial(self._journal.heard, connection.request_id),
        )
        await Conversation(
            connection, protocol, self._voices, connection.options, self.config, self._clock
        ).run()


def serve(config: SpeakServerConfig) -> None:
    """Serve until SIGTERM or SIGINT; blocking, for a process of its own.

    When ready it prints one line of JSON: `{"event":"ready","url":"ws://127.0.0.1:8123/v1/speak"}`.

    Raises:
        SettingsError, ToolFailed, OSError: see `SpeakServer.start`.

    """
    asyncio.run(_serve(config))


async def _serve(config: SpeakServerConfig) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with SpeakServer(config) as server:
        ready = json.dumps({"event": "ready", "url": server.url}, separators=(",", ":"))
        sys.stdout.write(ready + "\n")
        sys.stdout.flush()
        await stopping.wait()


def _asked(request: Request) -> Asked:
    path, _, query = request.path.partition("?")
    given = request.headers.get_all("Authorization")
    return Asked(
        path=path,
        query=query,
        authorization=given[0] if given else None,
        subprotocols=_offered(request.headers),
    )


def _offered(headers: Headers) -> list[str]:
    lines = headers.get_all("Sec-WebSocket-Protocol")
    try:
        return [str(name) for line in lines for name in parse_subprotocol(line)]
    except InvalidHeader:  # its message may hold a key: let nobody log it
        return []


def _selected_subprotocol(
    _connection: ServerConnection, offered: Sequence[Subprotocol]
) -> Subprotocol | None:
    answer = answered_subprotocol([str(name) for name in offered])
    return Subprotocol(answer) if answer is not None else None


def _response(status: int, body: bytes) -> Response:
    headers = Headers(
        {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
    )
    return Response(status, HTTPStatus(status).phrase, headers, body)
