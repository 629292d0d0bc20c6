"""Twins of the speaker, the reader and the doorbell: they keep to their ports, without a wire."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from narrator.domain.documents import Document
from narrator.domain.errors import NarratorError, SpeechInterrupted
from narrator.domain.steps import Queue
from narrator.domain.voices import Voice
from narrator.services.ports import Cut, Report, Spoken, Unsent, Utterance

SAMPLES_PER_CHAR = 1_333  # 18 characters a second at 24 kHz


def pcm_of(text: str) -> bytes:
    """Samples that differ from text to text, as long as a voice would take."""
    seed = sum(text.encode("utf-8", "surrogatepass")) % 251
    return bytes((seed, 16 + seed % 16)) * (SAMPLES_PER_CHAR * len(text))


@dataclass
class FakeSpeaker:
    """Speaks at once; `cuts` are texts to be cut once by an error, `said` is all that was sent.

    `refusals` are errors for as many whole calls, of which nothing is sent.
    """

    cuts: dict[str, NarratorError] = field(default_factory=dict)
    refusals: list[NarratorError] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    voices: list[Voice] = field(default_factory=list)
    closed: bool = False

    def speak(
        self, utterances: Sequence[Utterance], voice: Voice, *, going: Callable[[], bool]
    ) -> Iterator[Report]:
        self.voices.append(voice)
        if self.refusals:
            refusal = self.refusals.pop()
            yield from (Cut(key=each.key, error=refusal, sent=False) for each in utterances)
            return
        if self.closed:
            late = SpeechInterrupted("the speaker is closed")
            yield from (Cut(key=each.key, error=late, sent=False) for each in utterances)
            return
        for utterance in utterances:
            if not self._goes_on(going):
                yield Unsent(key=utterance.key)
                continue
            self.said.append(utterance.text)
            if error := self.cuts.pop(utterance.text, None):
                yield Cut(key=utterance.key, error=error, sent=True)
            else:
                yield Spoken(
                    key=utterance.key,
                    pcm=pcm_of(utterance.text),
                    model_version="fake-1",
                    request_id="request-1",
                )

    def close(self) -> None:
        self.closed = True

    def _goes_on(self, going: Callable[[], bool]) -> bool:
        return not self.closed and going()


@dataclass
class FakeReader:
    """Answers with a document, or refuses with an error."""

    answer: Document | NarratorError

    def read(self, path: Path, *, name: str) -> Document:
        assert path.is_file(), f"{name} was not brought to the reader"
        if isinstance(self.answer, NarratorError):
            raise self.answer
        return self.answer


@dataclass
class FakeDoorbell:
    """Counts rings."""

    rings: dict[Queue, int] = field(default_factory=dict)

    def ring(self, queue: Queue, times: int) -> None:
        self.rings[queue] = self.rings.get(queue, 0) + times

    def heard(self) -> Mapping[Queue, int]:
        """The rings since the last call."""
        heard, self.rings = self.rings, {}
        return heard
