"""Twins of the speaker, the reader and the doorbell: they keep to their ports, without a wire."""

import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from narrator.domain.choices import DEFAULT_READING, Reading
from narrator.domain.documents import Document
from narrator.domain.errors import JobFault, NarratorError, SpeechRefused
from narrator.domain.faults import Fault
from narrator.domain.ids import TakeKey
from narrator.domain.overlay import Overlay, overlay_to_json
from narrator.domain.pacing import counted_chars
from narrator.domain.slots import Sent, Slot
from narrator.domain.steps import Queue
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

READY = 8
SAMPLES_PER_CHAR = 1_333  # 18 characters a second at 24 kHz


def pcm_of(text: str) -> bytes:
    """Samples that differ from text to text, as long as a voice would take."""
    seed = sum(text.encode("utf-8", "surrogatepass")) % 251
    return bytes((seed, 16 + seed % 16)) * (SAMPLES_PER_CHAR * len(text))


@dataclass
class FakeSpeaker:
    """Speaks at once, one utterance after another; `said` is all that was sent.

    `cuts` are texts to be cut once by an error, `poison` those that always are, `refusals` errors
    for as many handshakes, the last one first. `before` is called with a text before its caller is
    asked to permit it. `clock` tells when a hold has ended. `open` are the numbers of slots with a
    session, `opened` those of all handshakes that succeeded, in order.
    """

    cuts: dict[str, NarratorError] = field(default_factory=dict)
    poison: dict[str, NarratorError] = field(default_factory=dict)
    refusals: list[NarratorError] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    voices: list[str] = field(default_factory=list)  # of what was said
    asked: list[TakeKey] = field(default_factory=list)
    open: set[int] = field(default_factory=set)
    opened: list[Slot] = field(default_factory=list)
    rested: list[Slot] = field(default_factory=list)
    probed: list[Voice] = field(default_factory=list)
    closed: bool = False
    before: Callable[[str], object] = lambda _: None
    clock: Callable[[], float] = lambda: 0.0
    _sent: dict[tuple[int, int], list[tuple[float, int]]] = field(default_factory=dict)

    def speak(self, hold: Hold, feed: Feed) -> Iterator[Report]:
        waiting: list[Utterance] = []
        while self._goes_on(hold, feed):
            if len(waiting) < READY and (more := list(feed.more())):
                waiting += [each for each in more if not _unspeakable(each)]
                yield from (
                    Cut(key=each.key, error=error, sent=False)
                    for each in more
                    if (error := _unspeakable(each))
                )
                continue
            if not waiting:
                return
            if hold.slot.number not in self.open:
                yield (opened := self._open(hold.slot))
                if isinstance(opened, Refused):
                    break
            report = self._one(waiting.pop(0), hold, feed)
            yield report
            if isinstance(report, Cut) and isinstance(report.error, JobFault):
                break
        yield from (Unsent(key=each.key) for each in waiting)

    def rest(self, slot: Slot) -> tuple[Sent, ...]:
        self.open.discard(slot.number)
        self.rested.append(slot)
        sent = self._sent.pop((slot.number, slot.fence), [])
        return tuple(Sent(seconds_ago=self.clock() - at, chars=chars) for at, chars in sent)

    def probe(self, voice: Voice) -> None:
        self.probed.append(voice)
        if self.refusals:
            raise self.refusals.pop()

    def close(self) -> None:
        self.closed = True
        self.open.clear()

    def _open(self, slot: Slot) -> Report:
        if self.refusals:
            return Refused(error=self.refusals.pop(), seconds=0.0)
        self.open.add(slot.number)
        self.opened.append(slot)
        return Connected(request_id="request-1", seconds=0.0)

    def _one(self, utterance: Utterance, hold: Hold, feed: Feed) -> Report:
        self.before(utterance.text)
        key, chars = utterance.key, counted_chars(utterance.text)
        if not self._goes_on(hold, feed) or key not in feed.permit([key]):
            return Unsent(key=key)
        self.asked.append(key)
        self.said.append(utterance.text)
        self.voices.append(hold.slot.voice.name)
        slot = hold.slot.number, hold.slot.fence
        self._sent.setdefault(slot, []).append((self.clock(), chars))
        if error := self.cuts.pop(utterance.text, self.poison.get(utterance.text)):
            self.open.discard(hold.slot.number)
            return Cut(key=key, error=error, sent=True, request_id="request-1")
        pcm = pcm_of(utterance.text)
        return Spoken(key=key, pcm=pcm, model_version="fake-1", request_id="request-1")

    def _goes_on(self, hold: Hold, feed: Feed) -> bool:
        return not self.closed and self.clock() < hold.good_until and feed.going()


def _unspeakable(utterance: Utterance) -> NarratorError | None:
    if utterance.text.strip():
        return None
    return SpeechRefused("an utterance has no characters to speak", fault=Fault.UNSPEAKABLE)


@dataclass
class FakeReader:
    """Answers with a document, or refuses with an error."""

    answer: Document | NarratorError
    reading: Reading = DEFAULT_READING  # what it was last asked for

    def read(self, path: Path, *, name: str, reading: Reading = DEFAULT_READING) -> Document:
        assert path.is_file(), f"{name} was not brought to the reader"
        self.reading = reading
        if isinstance(self.answer, NarratorError):
            raise self.answer
        return self.answer

    def bind(self, path: Path, *, name: str, overlay: Overlay, out: Path) -> None:
        assert path.is_file(), f"{name} was not brought to the reader"
        with zipfile.ZipFile(out, "w") as book:
            book.writestr("overlay.json", overlay_to_json(overlay))


@dataclass
class FakeDoorbell:
    """Counts rings."""

    rings: dict[Queue, int] = field(default_factory=dict)

    def ring(self, queue: Queue, times: int) -> None:
        self.rings[queue] = self.rings.get(queue, 0) + times

    def check(self) -> None:
        """It can always be heard."""

    def heard(self) -> Mapping[Queue, int]:
        """The rings since the last call."""
        heard, self.rings = self.rings, {}
        return heard
