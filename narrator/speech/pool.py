"""Open speech sessions, each in the slot that gives the right to it.

Everything here runs on one event loop. A `Berth` is a slot's place in this process: its window, at
most one open session, and the hold that says how long its socket may be open. Which slots there
are, with which voice, and how long an idle one is kept, is decided elsewhere.
"""

import asyncio
from dataclasses import dataclass

import structlog

from narrator.domain.errors import NarratorError, SpeechInterrupted
from narrator.domain.faults import Fault
from narrator.domain.pacing import Pacing, PacingLimits
from narrator.domain.slots import Sent, Slot
from narrator.services.ports import Hold
from narrator.speech.client import Client
from narrator.speech.link import Link
from narrator.speech.rules import SessionRules
from narrator.speech.session import SpeechSession
from narrator.speech.wire import connect_url

log = structlog.get_logger(__name__)

GUARD_SECONDS = 5.0
"""A hold is looked at so often at least, since it may be taken away before its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins:
    """How long before a hold ends nothing more is sent, the session closed, the socket dropped.

    Twelve seconds are an ordinary utterance's, however slowly it comes.
    """

    stop_seconds: float = 12.0
    close_seconds: float = 5.0
    abort_seconds: float = 0.5

    @classmethod
    def of(cls, hold_seconds: float) -> "Margins":
        """Those of a hold that is renewed for so long: the usual ones, in proportion below 30 s."""
        usual, part = cls(), min(1.0, hold_seconds / 30.0)
        return cls(
            stop_seconds=usual.stop_seconds * part,
            close_seconds=usual.close_seconds * part,
            abort_seconds=usual.abort_seconds * part,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolRules:
    """What a pool is made of: where sessions are opened, and by what rules they are used."""

    url: str
    session: SessionRules
    limits: PacingLimits
    margins: Margins


class Berth:
    """A slot's place in this process. Only who has its `lock` uses its session."""

    def __init__(self, hold: Hold, rules: PoolRules, client: Client) -> None:
        self.lock = asyncio.Lock()
        self._rules = rules
        self._client = client
        self._loop = asyncio.get_running_loop()
        self._link: Link | None = None
        self._closing: asyncio.Task[None] | None = None
        self._guards: set[asyncio.Task[None]] = set()
        self._begin(hold)

    # ---------------------------------------------------------- the hold and the window

    @property
    def slot(self) -> Slot:
        """The slot, under the fence of the latest hold."""
        return self._hold.slot

    def take(self, hold: Hold) -> None:
        """Go on under this hold; under a new fence neither session nor window go on."""
        if hold.slot.fence == self.slot.fence:
            self._hold = hold
            return
        self.discard()
        self._begin(hold)

    def may_send(self) -> bool:
        """Whether the hold lasts long enough for one more utterance, by the clock of this moment.

        Asked right before each connect and send: a process may have been stopped and continued.
        """
        return self._left() >= self._rules.margins.stop_seconds

    @property
    def ended(self) -> bool:
        """Whether the hold is so near its end that no session is kept open."""
        return self._left() <= self._rules.margins.close_seconds

    def sent(self) -> tuple[Sent, ...]:
        """What was sent through the slot in the last window."""
        return self._pacing.sent(self._loop.time())

    # ---------------------------------------------------------- its session

    def idle(self) -> Link | None:
        """The open session, when it is of use."""
        if self._link is not None and not self._link.usable(self._loop.time()):
            self.discard()
        return self._link

    async def open(self) -> Link:
        """Open a session; an earlier one is `closed`.

        Raises what `Client.connect` raises; SpeechInterrupted (`SLOT_ENDED`) when the hold ends.
        """
        try:
            async with asyncio.timeout_at(
                self._hold.good_until - self._rules.margins.close_seconds
            ):
                url = connect_url(self._rules.url, self.slot.voice)
                connection = await self._client.connect(url)
        except TimeoutError:
            raise slot_ended() from None
        except NarratorError as error:
            log.warning(
                "speech.session_refused", code=error.code, fault=error.fault, reason=error.reason
            )
            raise
        request_id = connection.request_id
        session = SpeechSession(
            self._rules.session,
            self._pacing,
            opened_at=self._loop.time(),
            request_id=request_id,
        )
        log.info(
            "speech.session_opened",
            request_id=request_id,
            voice=self.slot.voice.name,
            slot=self.slot.number,
        )
        self._link = Link(connection, session)
        self._watch(self._link)
        return self._link

    def release(self) -> None:
        """Its user is done with the session: it stays open, or is closed when of no more use."""
        if (link := self.idle()) is not None:
            link.on_news = self.idle  # news of an idle session is its end, or puts it in doubt

    def cut(self) -> None:
        """Close the session though it is in use: its user sees it end."""
        if self._link is not None:
            link = self._link
            link.session.give_up(slot_ended())
            link.on_news()
            self.discard()

    def discard(self) -> None:
        """Close the session politely, in the background; it is `closed` when that is done."""
        if self._link is not None:
            link, self._link = self._link, None
            link.unwatched()
            self._closing = self._loop.create_task(link.close())

    async def closed(self) -> None:
        """Wait until the provider has seen the end of the session that was discarded."""
        if self._closing is not None:
            await asyncio.wait([self._closing])

    # ---------------------------------------------------------- inside

    def _begin(self, hold: Hold) -> None:
        self._hold = hold
        self._pacing = Pacing(self._rules.limits)
        self._pacing.inherit(hold.slot.sent, self._loop.time())

    def _left(self) -> float:
        return self._hold.good_until - self._loop.time()

    def _watch(self, link: Link) -> None:
        guard = self._loop.create_task(self._guard(link))
        self._guards.add(guard)
        guard.add_done_callback(self._guards.discard)

    async def _guard(self, link: Link) -> None:
        """See to it that a socket is gone before the hold ends, whoever uses it and however.

        One that nobody uses is closed at its age too; who uses one retires it between utterances.
        """
        margins = self._rules.margins
        while not self.ended:
            old_in = link.session.retire_at - self._loop.time()
            look_in = min(GUARD_SECONDS, old_in) if old_in > 0 else GUARD_SECONDS
            if await link.gone(min(self._left() - margins.close_seconds, look_in)):
                return
            if not self.lock.locked():
                self.idle()
        if self._left() <= margins.abort_seconds:
            link.abort()  # the process was stopped, and has come too late to be polite
        if link is self._link:
            self.cut()
        if not await link.gone(max(0.0, self._left() - margins.abort_seconds)):
            link.abort()


class Pool:
    """The berths of one process."""

    def __init__(self, rules: PoolRules, client: Client) -> None:
        self._rules = rules
        self._client = client
        self._berths: dict[int, Berth] = {}

    def berth(self, hold: Hold) -> Berth:
        """The place of this hold's slot; under a new fence, use `Berth.take`."""
        number = hold.slot.number
        if number not in self._berths:
            self._berths[number] = Berth(hold, self._rules, self._client)
        return self._berths[number]

    async def rest(self, slot: Slot) -> tuple[Sent, ...]:
        """Close a slot's session and forget the slot; what was sent through it lately."""
        berth = self._berths.get(slot.number)
        if berth is None or berth.slot.fence != slot.fence:
            return slot.sent
        if berth.lock.locked():
            berth.cut()
        berth.discard()
        await berth.closed()
        if berth.slot.fence != slot.fence:  # granted anew meanwhile: whoever has it goes on here
            return slot.sent
        self._berths.pop(slot.number, None)
        return berth.sent()

    async def close(self) -> None:
        """Close every session politely."""
        for berth in self._berths.values():
            berth.discard()
        for berth in self._berths.values():
            await berth.closed()


def slot_ended() -> SpeechInterrupted:
    """The slot could not be renewed in time: its session ends, by our own clock."""
    return SpeechInterrupted(
        "the right to the socket could not be renewed in time", fault=Fault.SLOT_ENDED
    )
