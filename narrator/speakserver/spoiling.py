"""Takes spoilt on purpose: what a provider may get wrong although its protocol is right. Pure."""

from collections.abc import Callable, Mapping
from enum import StrEnum

import numpy as np

from narrator.speakserver.sound import Samples


class Spoil(StrEnum):
    """What is wrong with an answer's audio."""

    TAIL = "tail-cut"  # a fifth to a half of it is missing
    GAP = "gap"  # a silence of 1.5 s or more inside
    CLIP = "clipped"
    HUSH = "hushed"  # as long as it should be, and silent
    DOUBLE = "doubled"  # a second of it comes twice
    OTHER = "other-take"  # not its own words


OTHER_WORDS = "These are the words of another text, which was never asked for, nor ever will be. "
"""What a wrong take says, as long as the text that was asked for."""

_SHORTEST_GAP_SECONDS, _LONGEST_GAP_SECONDS = 1.5, 3.5
_LEAST_CUT, _MOST_CUT = 0.2, 0.5
_DOUBLED_SECONDS = 1.0
_GAIN = 6.0


def other_text(text: str) -> str:
    """Other words of the same length."""
    times = len(text) // len(OTHER_WORDS) + 1
    return (OTHER_WORDS * times)[: len(text)]


def spoilt(samples: Samples, spoil: Spoil, chance: float, sample_rate: int) -> Samples:
    """The samples of an answer as it is to go wrong; `chance` (0 to 1) says where and how much."""
    change = _CHANGES.get(spoil)
    return samples if change is None or not len(samples) else change(samples, chance, sample_rate)


def _tail_cut(samples: Samples, chance: float, _: int) -> Samples:
    return samples[: int(len(samples) * (1 - _LEAST_CUT - chance * (_MOST_CUT - _LEAST_CUT)))]


def _with_gap(samples: Samples, chance: float, sample_rate: int) -> Samples:
    at = int(len(samples) * (0.25 + chance / 2))
    span = _LONGEST_GAP_SECONDS - _SHORTEST_GAP_SECONDS
    silence = np.zeros(int(sample_rate * (_SHORTEST_GAP_SECONDS + chance * span)), samples.dtype)
    return np.concatenate((samples[:at], silence, samples[at:]))


def _clipped(samples: Samples, _chance: float, _: int) -> Samples:
    highest = max(1, int(np.abs(samples.astype(np.int32)).max()))
    loud = samples * (_GAIN * 32_767 / highest)
    clipped: Samples = np.clip(loud, -32_768, 32_767).astype(np.int16)
    return clipped


def _hushed(samples: Samples, _chance: float, _: int) -> Samples:
    return np.zeros_like(samples)


def _doubled(samples: Samples, chance: float, sample_rate: int) -> Samples:
    at = int(len(samples) * (0.3 + chance / 3))
    end = at + int(sample_rate * _DOUBLED_SECONDS)
    return np.concatenate((samples[:end], samples[at:]))


_CHANGES: Mapping[Spoil, Callable[[Samples, float, int], Samples]] = {
    Spoil.TAIL: _tail_cut,
    Spoil.GAP: _with_gap,
    Spoil.CLIP: _clipped,
    Spoil.HUSH: _hushed,
    Spoil.DOUBLE: _doubled,
}
