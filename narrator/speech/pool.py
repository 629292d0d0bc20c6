"""Open speech sessions, kept for whoever speaks next with the same voice.

Everything here runs on one event loop and needs no lock. A `Slot` is the right to one open
socket in this process, and remembers what its sockets sent in the last window; a `Link` is a
speech session on its socket in a slot, held by one caller at a time (`acquire` … `release`).
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass

import structlog

from narrator.domain.errors import NarratorError
from narrator.domain.pacing import Pacing, PacingLimits
from narrator.domain.voices import Voice
from narrator.speech.client import Client, Connection
from narrator.speech.session import SessionRules, SpeechSession
from narrator.speech.wire import connect_url

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolRules:
    """What a pool is made of: `sockets` at most open at once, an idle one kept `idle_seconds`."""

    url: str
    sockets: int
    idle_seconds: float
    session: SessionRules
    limits: PacingLimits


@dataclass(frozen=True, slots=True)
class Slot:
    """The right to one open socket, and what was sent through it lately."""

    pacing: Pacing


class Link:
    """A speech session on its socket. `watcher` is set whenever its holder should look."""

    def __init__(
        self, connection: Connection, session: SpeechSession, voice: Voice, slot: Slot
    ) -> None:
        self.session = session
        self.voice = voice
        self.slot = slot
        self.watcher = asyncio.Event()
        self.expiry: asyncio.TimerHandle | None = None
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._opened_at = self._loop.time()
        self.reader = self._loop.create_task(self._read())

    def usable(self, now: float) -> bool:
        """Whether another caller can be given it."""
        session = self.session
        return not (session.over or session.outstanding or session.unstored or session.spent(now))

    async def send(self) -> None:
        """Send what the session may send now."""
        await self._connection.send(self.session.frames(self._loop.time()))

    async def close(self) -> None:
        """Close the socket politely; what still comes is thrown away."""
        await self._connection.close(self.reader)
        log.info(
            "speech.session_closed",
            request_id=self.session.request_id,
            seconds=round(self._loop.time() - self._opened_at, 3),
        )

    async def _read(self) -> None:
        try:
            async for frame in self._connection.frames():
                self.session.receive(frame, self._loop.time())
                if self.session.has_news:
                    self.watcher.set()
        finally:
            self._connection.abort()  # it is closed already, unless the reader was cancelled
            error, throttled = self._connection.fault()
            self.session.closed(error, self._loop.time(), throttled=throttled)
            self.watcher.set()


class Pool:
    """At most `rules.sockets` open speech sessions."""

    def __init__(self, rules: PoolRules, client: Client) -> None:
        self._rules = rules
        self._client = client
        self._free = [Slot(Pacing(rules.limits)) for _ in range(rules.sockets)]
        self._idle: list[Link] = []
        self._closing: set[asyncio.Task[None]] = set()
        self._freed = asyncio.Event()
        self._waiting = 0

    async def acquire(self, voice: Voice) -> Link:
        """A link for this voice: an idle one, or a new one, once there is a slot for it.

        Raises what `Client.connect` raises.
        """
        while True:
            if link := self._take_idle(voice):
                return link
            if self._free:
                return await self._open(voice)
            self._make_room()
            await self._wait_for_change()

    def release(self, link: Link) -> None:
        """Give back a link: it waits for its next caller, or is closed when it is of no more use.

        It is closed politely and in the background; only then its slot is free.
        """
        now = asyncio.get_running_loop().time()
        if not link.usable(now):
            self._discard(link)
            return
        expiry = min(now + self._rules.idle_seconds, link.session.retire_at)
        link.watcher = asyncio.Event()
        link.expiry = asyncio.get_running_loop().call_at(expiry, self._expire, link)
        self._idle.append(link)
        self._announce()

    async def close(self) -> None:
        """Close every idle link; wait for these and for those that are being closed."""
        for link in list(self._idle):
            self._expire(link)
        while self._closing:
            await asyncio.wait(self._closing)

    # ---------------------------------------------------------- inside

    def _discard(self, link: Link) -> None:
        error = link.session.error
        if error is not None:
            log.warning(
                "speech.session_interrupted",
                request_id=link.session.request_id,
                code=error.code,
                reason=error.reason,
            )
        self._spawn(self._close(link))

    def _take_idle(self, voice: Voice) -> Link | None:
        """The idle link of this voice with most room in its window."""
        now = asyncio.get_running_loop().time()
        usable = [link for link in self._idle if link.voice == voice and link.usable(now)]
        if not usable:
            return None
        link = min(usable, key=lambda link: link.slot.pacing.used_chars(now))
        self._leave_idle(link)
        return link

    def _leave_idle(self, link: Link) -> None:
        self._idle.remove(link)
        if link.expiry:
            link.expiry.cancel()

    def _expire(self, link: Link) -> None:
        """An idle link is too old, not wanted, or its socket is gone."""
        if link in self._idle:
            self._leave_idle(link)
            self._spawn(self._close(link))

    def _make_room(self) -> None:
        """Close the longest idle link, unless enough are being closed for all who wait."""
        if self._idle and len(self._closing) <= self._waiting:
            self._expire(self._idle[0])

    async def _open(self, voice: Voice) -> Link:
        loop = asyncio.get_running_loop()
        slot = min(self._free, key=lambda s: s.pacing.used_chars(loop.time()))
        self._free.remove(slot)
        try:
            connection = await self._client.connect(connect_url(self._rules.url, voice))
        except BaseException as error:
            self._return(slot)
            if isinstance(error, NarratorError):
                log.warning("speech.session_refused", code=error.code, reason=error.reason)
            raise
        session = SpeechSession(
            self._rules.session,
            slot.pacing,
            opened_at=loop.time(),
            request_id=connection.request_id,
        )
        log.info("speech.session_opened", request_id=connection.request_id, voice=voice.name)
        link = Link(connection, session, voice, slot)
        link.reader.add_done_callback(lambda _: self._expire(link))
        return link

    async def _close(self, link: Link) -> None:
        try:
            await link.close()
        finally:
            self._return(link.slot)

    def _return(self, slot: Slot) -> None:
        self._free.append(slot)
        self._announce()

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _announce(self) -> None:
        """Wake everybody who waits for a slot; they look again in the order in which they came."""
        self._freed.set()
        self._freed = asyncio.Event()

    async def _wait_for_change(self) -> None:
        self._waiting += 1
        try:
            await self._freed.wait()
        finally:
            self._waiting -= 1
