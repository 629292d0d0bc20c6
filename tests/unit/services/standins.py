"""A speaker that speaks at once, and can be told what is to go wrong."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from narrator.domain.errors import NarratorError
from narrator.domain.ids import TakeKey
from narrator.domain.slots import Sent, Slot
from narrator.domain.voices import Voice
from narrator.services.ports import (
    Connected,
    Cut,
    Feed,
    Hold,
    Refused,
    Report,
    Spoken,
    Unsent,
    Utterance,
)
from tests.fakes.speaker import pcm_of

READY = 8


@dataclass
class ScriptedSpeaker:
    """Sends one utterance at a time; `said` is all that was sent.

    `cuts` are texts to be cut once by an error, `refusals` errors for as many handshakes, the last
    one first. `before` is called with a text before it is sent.
    """

    cuts: dict[str, NarratorError] = field(default_factory=dict)
    refusals: list[NarratorError] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    asked: list[TakeKey] = field(default_factory=list)
    open: set[int] = field(default_factory=set)
    opened: list[Slot] = field(default_factory=list)
    rested: list[Slot] = field(default_factory=list)
    probed: list[Voice] = field(default_factory=list)
    closed: bool = False
    before: Callable[[str], object] = lambda _: None

    def speak(self, hold: Hold, feed: Feed) -> Iterator[Report]:
        waiting: list[Utterance] = []
        while True:
            while len(waiting) < READY and feed.going() and (more := list(feed.more())):
                waiting += more
            if not waiting:
                return
            if hold.slot.number not in self.open:
                if self.refusals:
                    yield Refused(error=self.refusals.pop(), seconds=0.0)
                    yield from (Unsent(key=each.key) for each in waiting)
                    return
                self.open.add(hold.slot.number)
                self.opened.append(hold.slot)
                yield Connected(request_id="request-1", seconds=0.0)
            yield from self._one(waiting.pop(0), feed, hold)

    def _one(self, utterance: Utterance, feed: Feed, hold: Hold) -> Iterator[Report]:
        self.before(utterance.text)
        if not feed.going() or utterance.key not in feed.permit([utterance.key]):
            yield Unsent(key=utterance.key)
            return
        self.asked.append(utterance.key)
        self.said.append(utterance.text)
        if error := self.cuts.pop(utterance.text, None):
            self.open.discard(hold.slot.number)
            yield Cut(key=utterance.key, error=error, sent=True, request_id="request-1")
            return
        yield Spoken(
            key=utterance.key,
            pcm=pcm_of(utterance.text),
            model_version="fake-1",
            request_id="request-1",
        )

    def rest(self, slot: Slot) -> tuple[Sent, ...]:
        self.open.discard(slot.number)
        self.rested.append(slot)
        return (Sent(seconds_ago=1.0, chars=100),)

    def probe(self, voice: Voice) -> None:
        self.probed.append(voice)
        if self.refusals:
            raise self.refusals.pop()

    def close(self) -> None:
        self.closed = True
