"""A voice's pace: how many characters a second it speaks, as learned from its takes.

Takes are counted in bins of equal ratio, so that two processes' counts simply add up, a few odd
takes move nothing, and a voice that a provider changes is followed: counts are halved at
`MOST_TAKES`.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

ENOUGH_TAKES = 40
"""From so many takes on the band is the voice's own."""

MOST_TAKES = 2_000

LEARNED_CHARS = 60
"""Shorter texts scatter too much to be learned from."""

_BIN = math.log(1.02)

USUAL_CHARS_PER_SECOND = (12.0, 22.0)
"""What voices speak at, at a speed of 1, by and large."""

USUAL_SLACK = math.log(1.5)
"""As long as nothing is learned these bounds are that much wider, both ways."""

LEARNED_SLACK = math.log(1.085)
SPREAD_SLACK = 0.65
"""Eight in ten takes lie between two paces. A text may lie beyond them by the first of these, or by
so much of the distance between the two where that is more: about three deviations in all."""

SHORT_SLACK = 1.2
"""Divided by the root of a text's characters: short ones scatter more."""

EDGE_SECONDS = 0.1
"""So much a take may be longer or shorter whatever its text: a word drawn out, a pause."""

_PRONOUNCED = re.compile(r'\\\{"word": ?"([^"]*)", ?"pronounce": ?"[^"]*"\\\}')
_DIGIT = re.compile(r"\d")
_IDEOGRAPH = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_STOP = re.compile(r"[.!?…]+")
_PAUSE = re.compile(r"[,;:—–()]")

_CHARS = ((_DIGIT, 4), (_IDEOGRAPH, 2), (_STOP, 5), (_PAUSE, 3))
"""How many characters more each of these takes as long as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """How long a text's take may sound."""

    shortest_seconds: float
    longest_seconds: float


def spoken_chars(text: str) -> int:
    """Characters by the time they take: a digit is a word, a full stop a pause."""
    text = _PRONOUNCED.sub(r"\1", text)
    return len(text) + sum(chars * len(found.findall(text)) for found, chars in _CHARS)


def bin_of(text: str, sounding_seconds: float) -> int | None:
    """The bin in which a take counts; None for one that teaches nothing."""
    chars = spoken_chars(text)
    if chars < LEARNED_CHARS or sounding_seconds <= 0:
        return None
    return math.floor(math.log(chars / sounding_seconds) / _BIN)


def band(text: str, learned: Mapping[int, int], *, speed: float) -> Band:
    """The band of a text, by what was learned of its voice at its speed."""
    slowest, fastest = _paces(learned, speed)
    chars = spoken_chars(text)
    short = SHORT_SLACK / math.sqrt(max(chars, 1)) if chars < 4 * LEARNED_CHARS else 0.0
    slack = math.exp(max(0.0, short - SHORT_SLACK / math.sqrt(4 * LEARNED_CHARS)))
    return Band(
        shortest_seconds=chars / fastest / slack - EDGE_SECONDS,
        longest_seconds=chars / slowest * slack + EDGE_SECONDS,
    )


def is_learned(learned: Mapping[int, int]) -> bool:
    """Whether the band is the voice's own."""
    return sum(learned.values()) >= ENOUGH_TAKES


def _paces(learned: Mapping[int, int], speed: float) -> tuple[float, float]:
    """The slowest and the fastest pace, in characters a second."""
    if not is_learned(learned):
        low, high = (speed * pace for pace in USUAL_CHARS_PER_SECOND)
        return low / math.exp(USUAL_SLACK), high * math.exp(USUAL_SLACK)
    low, high = (_quantile(learned, share) for share in (0.1, 0.9))
    slack = max(LEARNED_SLACK, SPREAD_SLACK * (high - low))
    return math.exp(low - slack), math.exp(high + slack)


def _quantile(learned: Mapping[int, int], share: float) -> float:
    """The logarithm of the pace below which that share of takes lies."""
    left = share * sum(learned.values())
    position = 0
    for position in sorted(learned):
        left -= learned[position]
        if left <= 0:
            break
    return (position + 0.5) * _BIN
