"""Where each chunk lies in the recording, in integer samples at 24 kHz.

A chapter is: head silence, then take after take, each trimmed at its edges and followed by the
pause its boundary asks for (from the last that is heard to the next), then tail silence that fills
the chapter up to a whole number of `CHAPTER_QUANTUM` samples, so that encoded chapters join without
drift.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import isfinite

from narrator.domain.errors import SettingsError
from narrator.domain.plan import Boundary
from narrator.domain.voices import SAMPLE_RATE

CHAPTER_QUANTUM = 46_080
"""lcm(1024, 576, 480): the packets of AAC, MP3 (24 kHz) and Opus (20 ms), samples at 24 kHz."""

ENVELOPE_HOP = 2_400
"""Samples an envelope value covers: 100 ms at 24 kHz."""

SHORTEST_HEAD_SECONDS = 0.5
SHORTEST_TAIL_SECONDS = 1.0
"""A lossy packet reaches into its neighbours. Chapters are cut and joined inside their silences,
which must therefore be longer than any encoder's look-ahead and decoder's memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pauses:
    """Silence between takes and around a chapter, in seconds; defaults a listener likes.

    Raises SettingsError for a negative or endless pause, and for a head or tail too short to join
    encoded chapters in.
    """

    sentence_seconds: float = 0.25
    paragraph_seconds: float = 0.6
    heading_seconds: float = 1.0
    scene_seconds: float = 1.5
    head_seconds: float = 0.75
    tail_seconds: float = 1.5

    def __post_init__(self) -> None:
        for name in ("sentence_seconds", "paragraph_seconds", "heading_seconds", "scene_seconds"):
            _at_least(0.0, name, getattr(self, name))
        _at_least(SHORTEST_HEAD_SECONDS, "head_seconds", self.head_seconds)
        _at_least(SHORTEST_TAIL_SECONDS, "tail_seconds", self.tail_seconds)

    def after(self, boundary: Boundary) -> int:
        """Samples of silence between a chunk with this boundary and the next of its chapter."""
        match boundary:
            case Boundary.SENTENCE:
                return to_samples(self.sentence_seconds)
            case Boundary.PARAGRAPH:
                return to_samples(self.paragraph_seconds)
            case Boundary.HEADING:
                return to_samples(self.heading_seconds)
            case Boundary.SCENE | Boundary.CHAPTER:
                return to_samples(self.scene_seconds)


def _at_least(least: float, name: str, seconds: float) -> None:
    if not (isfinite(seconds) and seconds >= least):
        raise SettingsError(
            f"a pause of {seconds:g} for {name} is out of range",
            remedy=f"choose {least:g} seconds or more",
        )


def to_samples(seconds: float) -> int:
    """The nearest whole number of samples."""
    return round(seconds * SAMPLE_RATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A chunk's stretch of audio: `samples` from `start_samples` on.

    `envelope` holds one byte for each begun 100 ms: the level, see `domain.levels`. Of its samples
    the first `lead_samples` and the last `trail_samples` are silence.
    """

    start_samples: int
    samples: int
    envelope: bytes
    lead_samples: int = 0
    trail_samples: int = 0

    @property
    def end_samples(self) -> int:
        """The first sample after it."""
        return self.start_samples + self.samples

    def moved(self, samples: int) -> "Placement":
        """The same stretch `samples` later: from a chapter's time to the recording's."""
        return replace(self, start_samples=self.start_samples + samples)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruler:
    """Measures out a chapter while its takes come in: a fold, one `placed` a take.

    `end_samples` is where the last take ended and `silence_samples` how much silence is owed before
    the sound of the next one.
    """

    pauses: Pauses
    end_samples: int
    silence_samples: int
    quantum: int = CHAPTER_QUANTUM

    @classmethod
    def begin(cls, pauses: Pauses, *, quantum: int = CHAPTER_QUANTUM) -> "Ruler":
        """At the head of a chapter that is to be a multiple of so many samples long."""
        head = to_samples(pauses.head_seconds)
        return cls(pauses=pauses, end_samples=0, silence_samples=head, quantum=quantum)

    @property
    def start_samples(self) -> int:
        """Where the next take begins, if it begins with sound."""
        return self.start(lead=0)

    def start(self, *, lead: int) -> int:
        """Where the next take begins, if its own first samples, so many, are silence."""
        return self.end_samples + max(0, self.silence_samples - lead)

    def placed(self, samples: int, boundary: Boundary, *, lead: int = 0, trail: int = 0) -> "Ruler":
        """After a take of so many samples; its boundary tells what pause it leaves behind.

        `lead` and `trail` samples of it, at its beginning and end, are silence, which counts as
        part of the pauses: what is asked for is what is heard.
        """
        end = self.start(lead=lead) + samples
        return replace(self, end_samples=end, silence_samples=self.pauses.after(boundary) - trail)

    @property
    def samples(self) -> int:
        """How long the chapter is if no other take comes: tail included, a multiple of the quantum.

        The tail takes the place of the last take's pause. A chapter without takes keeps its head.
        """
        spoken = self.end_samples or self.silence_samples
        shortest = spoken + to_samples(self.pauses.tail_seconds)
        return -(-shortest // self.quantum) * self.quantum


def chapter_starts(samples: Iterable[int]) -> tuple[int, ...]:
    """Where each chapter begins in the recording, given each one's samples."""
    starts = []
    position = 0
    for length in samples:
        starts.append(position)
        position += length
    return tuple(starts)


def stretches(placements: Iterable[Placement], samples: int) -> list[tuple[int, int]]:
    """What to listen to in so many samples: silence, take, silence, take, ... silence.

    Each is told by its first sample and how many there are. A silence leaves out 100 ms at either
    edge, into which a codec may smear the take beside it; a short one is empty.
    """
    found = []
    position = 0
    for each in placements:
        found += [_inside(position, each.start_samples), (each.start_samples, each.samples)]
        position = each.end_samples
    return [*found, _inside(position, samples)]


def _inside(start: int, end: int) -> tuple[int, int]:
    spare = end - start - 2 * ENVELOPE_HOP
    return (start + ENVELOPE_HOP, spare) if spare > 0 else (start, 0)
