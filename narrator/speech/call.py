"""One call of `speak`: its utterances, brought through one speech session after another.

A `Call` has two sides. `run` lives on the event loop. The caller's thread takes reports from
`inbox` and answers on the loop through `stored`, `may_send` and `end`. Whether the caller still
wants more is asked in its own thread, because the answer may come from a database: before anything
is sent the loop puts `ASK` into the inbox, and sends only on a fresh answer.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from queue import SimpleQueue

from narrator.domain.errors import NarratorError, SpeechInterrupted
from narrator.domain.voices import Voice
from narrator.services.ports import Cut, Report, Spoken, Unsent, Utterance
from narrator.speech.pool import Link, Pool
from narrator.speech.session import SpeechSession

FIRST_DELAY_SECONDS = 0.5
"""Before the first new session after an interruption; it doubles with each further one."""


class Notice(Enum):
    """What the inbox holds besides reports."""

    ASK = "ask"  # may something be sent?
    DONE = "done"  # every utterance has been reported


@dataclass(frozen=True, slots=True)
class Broken:
    """A fault of our own ended the call."""

    error: Exception


class Call:
    """The utterances of one `speak`, until each has its report in `inbox`.

    `reconnects` new sessions are tried after interruptions; `dice` (0 to 1) spreads the delay
    before each over half to one and a half of it.
    """

    def __init__(
        self,
        utterances: Sequence[Utterance],
        voice: Voice,
        *,
        reconnects: int,
        dice: Callable[[], float],
    ) -> None:
        self.inbox: SimpleQueue[Report | Notice | Broken] = SimpleQueue()
        self._voice = voice
        self._reconnects = reconnects
        self._dice = dice
        self._waiting = deque(utterances)
        self._untaken: deque[SpeechSession | None] = deque()  # a Spoken's session, by report
        self._changed = asyncio.Event()
        self._acquisition: asyncio.Task[Link] | None = None
        self._granted = False  # the caller has just said that it wants more
        self._asked = False
        self._stopping = False  # nothing more is to be sent
        self._ending: NarratorError | None = None  # and what is under way is given up

    # ---------------------------------------------------------- from the caller, on the loop

    def may_send(self, *, going: bool) -> None:
        """The caller's answer, good for what can be sent at once."""
        self._asked = False
        self._granted = going
        if not going:
            self._stop()
        self._changed.set()

    def stored(self, *, going: bool) -> None:
        """The oldest untaken report is dealt with, and what it brought is stored."""
        session = self._untaken.popleft()
        if session is not None:
            session.stored()
        self.may_send(going=going)

    def end(self, error: NarratorError) -> None:
        """Give up what is under way and send nothing more; harmless once the call is done."""
        self._ending = error
        self._stop()

    def _stop(self) -> None:
        self._stopping = True
        self._changed.set()
        if self._acquisition is not None:
            self._acquisition.cancel()

    # ---------------------------------------------------------- on the loop

    async def run(self, pool: Pool) -> None:
        """Bring every utterance to its report."""
        outcome: Notice | Broken = Broken(SpeechInterrupted("the speaker was stopped"))
        try:
            await self._speak(pool)
            outcome = Notice.DONE
        except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
            outcome = Broken(error)
        finally:
            self.inbox.put(outcome)

    async def _speak(self, pool: Pool) -> None:
        failures = 0
        while self._waiting and not self._stopping:
            fault = await self._attempt(pool)
            if fault is None or not self._waiting:
                continue
            failures += 1
            if failures > self._reconnects or not isinstance(fault, SpeechInterrupted):
                self._cut_rest(fault)
            else:
                await self._recover(failures)
        self._leave_rest()

    async def _attempt(self, pool: Pool) -> NarratorError | None:
        """Speak what is waiting on one session; the fault that ended it, if one did."""
        try:
            link = await self._acquire(pool)
        except NarratorError as fault:
            return fault
        if link is None:
            return None
        try:
            await self._converse(link)
        finally:
            self._waiting.extendleft(reversed(link.session.withdraw()))
            pool.release(link)
        return link.session.error

    async def _acquire(self, pool: Pool) -> Link | None:
        """A link, or None when the caller wanted no more before there was one."""
        self._acquisition = asyncio.get_running_loop().create_task(pool.acquire(self._voice))
        try:
            return await self._acquisition
        except asyncio.CancelledError:
            if not self._stopping:
                raise
            return None
        finally:
            self._acquisition = None

    async def _converse(self, link: Link) -> None:
        """Use a session until it ends, retires, or has nothing more to do for this call."""
        link.watcher = self._changed
        self._granted = False  # the caller spoke before there was a session
        session, clock = link.session, asyncio.get_running_loop().time
        while True:
            self._offer(session)
            session.tick(clock())
            await self._send(link, clock())
            for report in session.reports():
                self._report(report, session)
            if self._finished(session, clock()):
                return
            await self._wait(self._next_instant(session, clock()))

    def _offer(self, session: SpeechSession) -> None:
        if self._ending and session.outstanding:
            session.give_up(self._ending)
        if self._stopping:
            self._waiting.extendleft(reversed(session.withdraw()))
            return
        while self._waiting and session.room:
            session.offer(self._waiting.popleft())

    async def _send(self, link: Link, now: float) -> None:
        due = link.session.send_at(now)
        if due is None or due > now:
            return
        if self._granted:
            await link.send()
        elif not self._asked:
            self._asked = True
            self.inbox.put(Notice.ASK)

    def _finished(self, session: SpeechSession, now: float) -> bool:
        if session.over or self._ending:
            return True
        if session.outstanding or self._untaken:
            return False  # what is sent and not yet stored counts against this session
        return session.spent(now) or not session.ready

    def _next_instant(self, session: SpeechSession, now: float) -> float | None:
        """When to look again though nothing happens."""
        due = None if self._asked else session.send_at(now)
        instants = [instant for instant in (due, session.overdue_at()) if instant is not None]
        return min(instants, default=None)

    async def _recover(self, failures: int) -> None:
        """Wait a while, and until the caller has dealt with all that was reported."""
        clock = asyncio.get_running_loop().time
        delay = FIRST_DELAY_SECONDS * 2.0 ** (failures - 1) * (0.5 + self._dice())
        until = clock() + delay
        while not self._stopping and (self._untaken or clock() < until):
            await self._wait(until if clock() < until else None)

    async def _wait(self, until: float | None) -> None:
        """Wait for news, at most until an instant of the loop's clock."""
        self._granted = False
        timer = until and asyncio.get_running_loop().call_at(until, self._changed.set)
        await self._changed.wait()
        if timer:
            timer.cancel()
        self._changed.clear()

    def _report(self, report: Report, session: SpeechSession | None = None) -> None:
        self._untaken.append(session if isinstance(report, Spoken) else None)
        self.inbox.put(report)

    def _cut_rest(self, error: NarratorError) -> None:
        while self._waiting:
            self._report(Cut(key=self._waiting.popleft().key, error=error, sent=False))

    def _leave_rest(self) -> None:
        while self._waiting:
            self._report(Unsent(key=self._waiting.popleft().key))
