"""A speech session on its socket.

Everything here runs on one event loop and needs no lock.
"""

import asyncio
from collections.abc import Callable, Iterable

import structlog

from narrator.domain.faults import Fault
from narrator.speech.client import Connection
from narrator.speech.session import SpeechSession

log = structlog.get_logger(__name__)


class Link:
    """A speech session on its socket; `on_news` is called whenever somebody should look at it."""

    def __init__(self, connection: Connection, session: SpeechSession) -> None:
        self.session = session
        self.on_news: Callable[[], object] = _nothing
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._opened_at = self._loop.time()
        self.reader = self._loop.create_task(self._read())

    def unwatched(self) -> None:
        """Its news is of no more interest."""
        self.on_news = _nothing

    def usable(self, now: float) -> bool:
        """Whether another call can be given it."""
        session = self.session
        return not (session.over or session.busy or session.spent(now) or self.reader.done())

    @property
    def open(self) -> bool:
        """Whether what is sent now goes out; false before the session hears of its end."""
        return self._connection.open

    async def send(self, frames: Iterable[str]) -> None:
        """Send frames of the session's."""
        await self._connection.send(frames)

    async def close(self) -> None:
        """Close the socket politely; what still comes is thrown away."""
        self._log_fault()
        await self._connection.close(self.reader)
        log.info(
            "speech.session_closed",
            request_id=self.session.request_id,
            seconds=round(self._loop.time() - self._opened_at, 3),
        )

    async def gone(self, seconds: float) -> bool:
        """Whether its socket is closed, by whomever; waits so long for it."""
        done, _ = await asyncio.wait([self.reader], timeout=seconds)
        return bool(done)

    def abort(self) -> None:
        """Drop the socket at once; harmless once it is closed."""
        self._connection.abort()

    async def _read(self) -> None:
        session, clock = self.session, self._loop.time
        try:
            async for frame in self._connection.frames():
                session.receive(frame, clock())
                if session.has_news:
                    self._log_warnings()
                    self.on_news()
        finally:
            self._connection.abort()  # it is closed already, unless the reader was cancelled
            session.closed(self._connection.fault(), clock())
            self.on_news()

    def _log_fault(self) -> None:
        error = self.session.error
        if error is not None:
            log.warning(
                "speech.session_interrupted",
                request_id=self.session.request_id,
                code=error.code,
                fault=error.fault,
                reason=error.reason,
            )

    def _log_warnings(self) -> None:
        for code in self.session.warnings():
            log.warning(
                "speech.warned",
                request_id=self.session.request_id,
                fault=Fault.WARNING_OTHER,
                code=code,
            )


def _nothing() -> None:
    """Nobody looks yet, or any more."""
