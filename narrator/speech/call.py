"""One call of `speak`: what its caller feeds it, brought through one slot's speech sessions.

A `Call` has two sides. `run` lives on the event loop. The caller's thread takes items from `inbox`
and answers on the loop through `give`, `answer`, `stored`, `stop` and `end`. What the caller is
asked is asked in its own thread, because the answer comes from a database: before anything is sent
the loop puts an `Ask` into the inbox, and sends only what the answer permits.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import Enum
from queue import SimpleQueue

from narrator.domain.errors import NarratorError, SpeechInterrupted
from narrator.domain.faults import Fault
from narrator.domain.ids import TakeKey
from narrator.domain.retry import Action, rule_of
from narrator.services.ports import Connected, Hold, Refused, Report, Spoken, Utterance
from narrator.speech.link import Link
from narrator.speech.pool import Berth, Pool
from narrator.speech.session import SpeechSession

FIRST_DELAY_SECONDS = 0.5
"""Before the first new session after an interruption; it doubles with each further one."""

DRY_SECONDS = 1.0
"""How long a feed that has nothing more is not asked again; and how soon a hold's end is seen."""


class Notice(Enum):
    """What the inbox holds besides reports and questions."""

    MORE = "more"  # is there more to speak?
    DONE = "done"  # nothing more will be reported


@dataclass(frozen=True, slots=True, eq=False)
class Ask:
    """May these be sent now? Each question is one of its own, whatever it asks."""

    keys: tuple[TakeKey, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """A fault of our own ended the call."""

    error: Exception


Item = Report | Ask | Notice | Broken


class Call:
    """One `speak`: what was sent has its report in `inbox` at its end, the rest was not sent.

    `reconnects` new sessions are tried after interruptions with no answer between; `dice` (0 to 1)
    spreads the delay before each over half to one and a half of it. An idle call asks for more
    after `linger_seconds`.
    """

    def __init__(
        self, hold: Hold, *, reconnects: int, linger_seconds: float, dice: Callable[[], float]
    ) -> None:
        self.inbox: SimpleQueue[Item] = SimpleQueue()
        self.stopping = False  # nothing more is to be sent; the caller's thread may read it
        self._hold = hold
        self._reconnects = reconnects
        self._linger_seconds = linger_seconds
        self._dice = dice
        self._waiting: deque[Utterance] = deque()
        self._untaken: deque[SpeechSession | None] = deque()  # a Spoken's session, by report
        self._changed = asyncio.Event()
        self._calm = asyncio.Event()  # nothing is outstanding
        self._handshake: asyncio.Task[Link] | None = None
        self._asked: Ask | None = None
        self._permitted: Collection[TakeKey] | None = None
        self._more_asked = False
        self._dry = False  # the caller's last answer was that there is nothing more
        self._dry_until = 0.0
        self._busy_at = 0.0
        self._ending: NarratorError | None = None  # what is under way is given up

    # ---------------------------------------------------------- from the caller, on the loop

    def give(self, utterances: Sequence[Utterance]) -> None:
        """The caller's answer to MORE."""
        self._more_asked = False
        self._waiting.extend(utterances)
        self._dry = not utterances
        self._dry_until = _clock() + DRY_SECONDS if self._dry else 0.0
        self._changed.set()

    def answer(self, ask: Ask, permitted: Collection[TakeKey]) -> None:
        """The caller's answer to a question; what was asked of a session that ended is void."""
        if ask is self._asked:
            self._permitted = permitted
            self._changed.set()

    def stored(self) -> None:
        """The oldest untaken report is dealt with, and what it brought is stored."""
        session = self._untaken.popleft()
        if session is not None:
            session.stored()
        self._changed.set()

    def stop(self) -> None:
        """Send nothing more; what is under way is completed, a handshake too.

        A socket that was let in and given up before the answer came may be counted, unclosed.
        """
        self.stopping = True
        self._changed.set()

    def end(self, error: NarratorError) -> None:
        """Give up what is under way too; harmless once the call is done."""
        self._ending = error
        self.stop()
        if self._handshake is not None:
            self._handshake.cancel()

    async def calm(self) -> None:
        """Wait until the provider owes nothing."""
        await self._calm.wait()

    # ---------------------------------------------------------- on the loop

    async def run(self, pool: Pool) -> None:
        """Speak until there is nothing more, or no more is wanted, or possible."""
        outcome: Notice | Broken = Broken(
            SpeechInterrupted("the speaker was stopped", fault=Fault.GIVEN_UP)
        )
        try:
            berth = pool.berth(self._hold)
            async with berth.lock:
                berth.take(self._hold)
                await self._speak(berth)
            outcome = Notice.DONE
        except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
            outcome = Broken(error)
        finally:
            self._calm.set()
            self.inbox.put(outcome)

    async def _speak(self, berth: Berth) -> None:
        failures = 0
        while await self._wanted():
            link = berth.idle() or await self._open(berth)
            if link is None:
                return
            answered = link.session.answered
            await self._converse(link, berth)
            if (error := link.session.error) is None:
                continue
            failures = 1 if link.session.answered > answered else failures + 1
            if failures > self._reconnects or rule_of(error).action is not Action.REPLACE:
                return
            await self._recover(failures)

    async def _wanted(self) -> bool:
        """Whether there is something to say; waits until the caller has told."""
        self._calm.set()
        while not self.stopping and not self._waiting:
            if self._dry and not self._more_asked:
                return False
            self._ask_for_more()
            await self._wait(None)
        return not self.stopping

    async def _open(self, berth: Berth) -> Link | None:
        """A new session; None when there is none to be had, or the caller gave up meanwhile."""
        await berth.closed()
        if self.stopping or not berth.may_send():
            return None
        begun_at = _clock()
        self._handshake = asyncio.get_running_loop().create_task(berth.open())
        try:
            link = await self._handshake
        except asyncio.CancelledError:
            if not self.stopping:
                raise
            return None
        except NarratorError as error:
            if error.fault is not Fault.SLOT_ENDED:
                self._report(Refused(error=error, seconds=_clock() - begun_at))
            return None
        finally:
            self._handshake = None
        request_id = link.session.request_id
        self._report(Connected(request_id=request_id, seconds=_clock() - begun_at))
        return link

    async def _converse(self, link: Link, berth: Berth) -> None:
        """Use a session until it ends, retires, or has nothing more to do for this call."""
        link.on_news = self._changed.set
        session = link.session
        now = self._busy_at = _clock()
        try:
            await self._turn(link, berth, now)
            while not self._finished(session, berth, now):
                # From the same instant on: one that went by since must not be missed.
                await self._wait(self._next_instant(session, berth, now))
                now = _clock()
                await self._turn(link, berth, now)
        finally:
            self._withdraw(session, _clock())
            self._take_reports(session)
            berth.release()

    async def _turn(self, link: Link, berth: Berth, now: float) -> None:
        """Do whatever can be done now."""
        session = link.session
        if self._ending and session.outstanding:
            session.give_up(self._ending)
        session.tick(now)
        if berth.ended and not self.stopping:
            self.stop()
        if self.stopping:
            self._withdraw(session, now)
        else:
            self._offer(session, now)
            await self._send(link, berth)
            self._ask(link, berth, now)
            self._refill(session, now)
        self._take_reports(session)
        (self._calm.clear if session.outstanding else self._calm.set)()

    def _withdraw(self, session: SpeechSession, now: float) -> None:
        """Take back what is not sent: what was asked is void, what is ready waits again."""
        self._asked = self._permitted = None
        session.permit((), now)
        self._waiting.extendleft(reversed(session.withdraw()))

    def _offer(self, session: SpeechSession, now: float) -> None:
        while self._waiting and session.room:
            session.offer(self._waiting.popleft())
        if session.busy:
            self._busy_at = now

    async def _send(self, link: Link, berth: Berth) -> None:
        """Send what the caller has permitted, if hold and socket still allow it at this moment."""
        if self._permitted is None:
            return
        permitted = self._permitted if berth.may_send() and link.open else ()
        self._asked = self._permitted = None
        await link.send(link.session.permit(permitted, _clock()))

    def _ask(self, link: Link, berth: Berth, now: float) -> None:
        if self._asked is not None or not (berth.may_send() and link.open):
            return
        if keys := link.session.choose(now):
            self._asked = Ask(tuple(keys))
            self.inbox.put(self._asked)

    def _refill(self, session: SpeechSession, now: float) -> None:
        more_at = self._more_at(session, now)
        if more_at is not None and more_at <= now:
            self._ask_for_more()

    def _ask_for_more(self) -> None:
        if not self._more_asked:
            self._more_asked = True
            self.inbox.put(Notice.MORE)

    def _finished(self, session: SpeechSession, berth: Berth, now: float) -> bool:
        """Whether the call is done with the session; one that may retire is put away on the way."""
        if session.over or self._ending:
            return True
        if session.may_retire(now):
            berth.discard()
            return True
        if session.busy:
            return False
        return self.stopping or (self._dry and not self._more_asked and not self._waiting)

    def _next_instant(self, session: SpeechSession, berth: Berth, now: float) -> float | None:
        """When to look again though nothing happens, after a turn at `now`."""
        instants = [session.overdue_at(), self._more_at(session, now)]
        instants += [at for at in (session.lull_from, session.retire_at) if at > now]
        if self._asked is None:
            instants.append(session.look_at(now) if berth.may_send() else now + DRY_SECONDS)
        return min((instant for instant in instants if instant is not None), default=None)

    def _more_at(self, session: SpeechSession, now: float) -> float | None:
        """When the caller is to be asked for more (perhaps already), though nothing happens."""
        if self.stopping or self._more_asked or self._waiting or not session.room:
            return None
        if session.hungry(now):
            return self._dry_until
        instants = [session.hungry_at(now)]
        if not session.busy:
            instants.append(self._busy_at + self._linger_seconds)
        earliest = min((instant for instant in instants if instant is not None), default=None)
        return None if earliest is None else max(earliest, self._dry_until)

    async def _recover(self, failures: int) -> None:
        """Wait a while, and until the caller has dealt with all that was reported."""
        delay = FIRST_DELAY_SECONDS * 2.0 ** (failures - 1) * (0.5 + self._dice())
        until = _clock() + delay
        while not self.stopping and (self._untaken or _clock() < until):
            await self._wait(until if _clock() < until else None)

    async def _wait(self, until: float | None) -> None:
        """Wait for news, at most until an instant of the loop's clock."""
        timer = None
        if until is not None:
            timer = asyncio.get_running_loop().call_at(until, self._changed.set)
        await self._changed.wait()
        if timer is not None:
            timer.cancel()
        self._changed.clear()

    def _take_reports(self, session: SpeechSession) -> None:
        for report in session.reports():
            self._report(report, session)

    def _report(self, report: Report, session: SpeechSession | None = None) -> None:
        self._untaken.append(session if isinstance(report, Spoken) else None)
        self.inbox.put(report)


def _clock() -> float:
    return asyncio.get_running_loop().time()
