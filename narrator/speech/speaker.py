"""The Speaker port over the provider's WebSockets.

All sockets of a process live on one event loop in a thread of its own, which starts with the first
`speak` and is made anew after a fork. A caller's thread blocks in `next()`; what its feed does
(SQL) and whatever it does between two reports (encoding, storing) happens in its own thread, never
on the loop.
"""

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from queue import Empty

from narrator.domain.errors import NarratorError, SpeechInterrupted, SpeechRefused
from narrator.domain.faults import Fault
from narrator.domain.ids import TakeKey
from narrator.domain.pacing import counted_chars
from narrator.domain.slots import Sent, Slot
from narrator.domain.voices import Voice
from narrator.services.ports import Connected, Cut, Feed, Hold, Refused, Report, Unsent, Utterance
from narrator.speech.call import Ask, Broken, Call, Item, Notice
from narrator.speech.config import SpeechConfig
from narrator.speech.engine import Engine
from narrator.speech.probe import probe
from narrator.speech.wire import MAX_SPEAK_CHARS

GOING_SECONDS = 1.0
"""How long a caller that waits for a report goes without being asked whether it wants more."""


class DeepgramSpeaker:
    """Speaks through Speak v1 sessions that stay open in their slots from one `speak` to the next.

    `dice` returns numbers from 0 to 1. Any number of threads may speak at once, each in a slot of
    its own. A hold's `good_until` is read on `time.monotonic`'s clock, which is the loop's.
    """

    def __init__(self, config: SpeechConfig, *, dice: Callable[[], float] = random.random) -> None:
        self._config = config
        self._dice = dice
        self._longest = min(MAX_SPEAK_CHARS, config.limits.chars)
        self._engines: dict[int, Engine] = {}
        self._closed = False

    def speak(self, hold: Hold, feed: Feed) -> Iterator[Report]:
        """Speak what the feed gives, see `ports.Speaker.speak`; nothing happens before `next()`.

        Reports come as utterances end, which need not be the order given. A feed that is not going
        at the start, or a speaker that is closed, is asked for nothing.
        """
        engine, call = self._engine(), self._call(hold)
        if not feed.going() or self._closed or not engine.begin(call):
            return
        unreported: Counter[TakeKey] = Counter()
        try:
            while (item := _next(call)) is not Notice.DONE:
                match item:
                    case Broken(error):
                        raise error
                    case Notice.MORE:
                        given = feed.more() if _going(call, feed, engine) else ()
                        speakable = [each for each in given if not self._fault(each)]
                        unreported.update(each.key for each in speakable)
                        engine.post(partial(call.give, speakable))
                        yield from self._refusals(given)
                    case Ask(keys):
                        permitted = feed.permit(keys) if _going(call, feed, engine) else ()
                        engine.post(partial(call.answer, item, permitted))
                    case None:
                        _going(call, feed, engine)
                    case Connected() | Refused():
                        yield item
                        engine.post(call.stored)
                    case _:
                        unreported[item.key] -= 1
                        yield item
                        engine.post(call.stored)
                del item  # its samples are the caller's now
        finally:
            engine.post(partial(call.end, _given_up()))
        for key in unreported.elements():
            yield Unsent(key=key)

    def rest(self, slot: Slot) -> tuple[Sent, ...]:
        """Close the slot's session politely and forget the slot, see `ports.Speaker.rest`.

        Blocks for twice `close_seconds` and a little at the most. A session that is in use all the
        same is cut. Raises SpeechInterrupted where it is not known whether the socket is closed.
        """
        engine = self._engines.get(os.getpid())
        sent = engine.ask(lambda pool: pool.rest(slot)) if engine else None
        return slot.sent if sent is None else sent

    def probe(self, voice: Voice) -> None:
        """Open a session and close it again, which costs nothing; raises what refuses it."""
        config = self._config
        probe(config.url, config.api_key, seconds=config.open_timeout_seconds, voice=voice)

    def close(self) -> None:
        """Close every speech session politely and stop; idempotent.

        Of calls under way nothing more is sent; what is answered within `close_seconds` is reported
        as usual, the rest is Cut. Waits for three times `close_seconds` and a little at the most,
        whatever the provider does.
        """
        self._closed = True
        if engine := self._engines.get(os.getpid()):
            engine.close()

    def _call(self, hold: Hold) -> Call:
        config = self._config
        return Call(
            hold,
            reconnects=config.reconnects,
            linger_seconds=config.linger_seconds,
            dice=self._dice,
        )

    def _engine(self) -> Engine:
        """This process's engine. After a fork the parent's loop is of no use to the child."""
        process = os.getpid()
        if process not in self._engines:
            self._engines.setdefault(process, Engine(self._config))
        return self._engines[process]

    def _refusals(self, given: Sequence[Utterance]) -> Iterator[Report]:
        for each in given:
            if error := self._fault(each):
                yield Cut(key=each.key, error=error, sent=False)

    def _fault(self, utterance: Utterance) -> NarratorError | None:
        """Why an utterance cannot be spoken, if it cannot.

        An empty flush is answered with nothing, and a Speak of more than 2,000 characters closes
        the socket (Deepgram Speak v1, "Limits").
        """
        chars = counted_chars(utterance.text)
        if not utterance.text.strip():
            return SpeechRefused(
                "an utterance has no characters to speak",
                remedy="plan the job again; a chunk must hold something that can be spoken",
                fault=Fault.UNSPEAKABLE,
            )
        if chars > self._longest:
            return SpeechRefused(
                f"an utterance of {chars} characters is longer than the {self._longest} that fit"
                " one Speak message and one window",
                remedy="plan the job again with shorter chunks, or raise NARRATOR_CHARS_PER_MINUTE",
                fault=Fault.UNSPEAKABLE,
            )
        return None


def _next(call: Call) -> Item | None:
    """The next item; None when there has been none for a while."""
    try:
        return call.inbox.get(timeout=GOING_SECONDS)
    except Empty:
        return None


def _going(call: Call, feed: Feed, engine: Engine) -> bool:
    """Whether the caller still wants more; the loop is told when not."""
    if call.stopping:
        return False
    if not feed.going():
        engine.post(call.stop)
        return False
    return True


def _given_up() -> SpeechInterrupted:
    return SpeechInterrupted("the caller gave up", fault=Fault.GIVEN_UP)
