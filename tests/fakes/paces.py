"""The twin of paces, and an ear that hears what it is told."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from narrator.domain.errors import SettingsError
from narrator.domain.gate import Doubt, Sound
from narrator.domain.pace import MOST_TAKES
from narrator.domain.voices import Voice


@dataclass
class MemoryPaces:
    """`Paces` in memory; `looked_up` counts questions."""

    takes: dict[Voice, Counter[int]] = field(default_factory=dict)
    looked_up: int = 0

    def learned(self, voice: Voice) -> Mapping[int, int]:
        self.looked_up += 1
        return dict(self.takes.get(voice, {}))

    def learn(self, voice: Voice, takes: Mapping[int, int]) -> None:
        mine = self.takes.setdefault(voice, Counter())
        mine.update(takes)
        if mine.total() > MOST_TAKES:
            self.takes[voice] = Counter({each: n // 2 for each, n in mine.items() if n > 1})


@dataclass
class FakeEar:
    """Hears what is next in `sounds`, then nothing but good takes.

    `words` are doubts of every take's words, after those in `heard_words`.
    """

    sounds: list[Sound] = field(default_factory=list)
    words: tuple[Doubt, ...] = ()
    heard_words: list[tuple[Doubt, ...]] = field(default_factory=list)
    deaf: bool = False
    heard: int = 0
    broken: bool = False

    def sound(self, pcm: bytes) -> Sound:
        self.heard += 1
        if self.broken:
            raise ZeroDivisionError
        return self.sounds.pop(0) if self.sounds else good(len(pcm) // 2)

    def listen(self, pcm: bytes, text: str, *, voice: Voice) -> tuple[Doubt, ...]:  # noqa: ARG002 — it is told
        if self.deaf:
            raise SettingsError("there is nothing to listen with", remedy="install it")
        return self.heard_words.pop(0) if self.heard_words else self.words


def good(samples: int, **changes: float) -> Sound:
    """A take of so many samples with nothing wrong, but for what is given."""
    values: dict[str, float] = {
        "samples": samples,
        "sounding_samples": samples,
        "loudest_dbfs": -18.0,
        "clipped_samples": 0,
        "offset": 0.0,
        "tail_db": -60.0,
        "gap_samples": 0,
    }
    return Sound(**values | changes)  # type: ignore[arg-type]  # counts are given as such
