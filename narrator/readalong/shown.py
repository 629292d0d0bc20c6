"""Sentences as they are shown: a few short lines at a time, one after another."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from textwrap import TextWrapper

from narrator.domain.captions import Cue
from narrator.domain.voices import SAMPLE_RATE

LINE_CHARS, MOST_LINES = 42, 2
"""What subtitles keep to, so that they can be read in time and fit on a small screen."""

_WRAPPER = TextWrapper(
    LINE_CHARS, expand_tabs=False, replace_whitespace=False, break_on_hyphens=False
)
_UNFIT = re.compile("[\0-\b\v\f\x0e-\x1f\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """Lines that are shown from one millisecond to another, and who speaks them."""

    voice: str
    lines: tuple[str, ...]
    start_ms: int
    end_ms: int


def showings(sentences: Iterable[tuple[str, Cue]], *, start_samples: int = 0) -> Iterator[Showing]:
    """What is shown of those sentences, each after its voice; a long one is shown in parts.

    Times count from `start_samples` of the recording, where the file begins. Each lasts at least a
    millisecond, and none begins before the one before it has ended.
    """
    free = 0
    for voice, cue in sentences:
        for lines, start, end in _parts(cue):
            start_ms = max(free, _milliseconds(start - start_samples))
            free = max(start_ms + 1, _milliseconds(end - start_samples))
            yield Showing(voice=voice, lines=lines, start_ms=start_ms, end_ms=free)


def clock(milliseconds: int, *, point: str) -> str:
    """`1:02:03.004` as `01:02:03` + point + `004`; hours as many digits as they need."""
    seconds, rest = divmod(milliseconds, 1_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{rest:03}"


def _milliseconds(samples: int) -> int:
    return round(samples * 1_000 / SAMPLE_RATE)


def _parts(cue: Cue) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """A cue's lines, a few at a time, and from which sample to which: by their lengths."""
    wrapped = [_UNFIT.sub("\ufffd", each) for line in cue.text.split("\n") for each in _wrap(line)]
    groups = [tuple(wrapped[at : at + MOST_LINES]) for at in range(0, len(wrapped), MOST_LINES)]
    for group, (start, end) in zip(groups, pairwise(_bounds(cue, groups)), strict=True):
        yield group, start, end


def _wrap(line: str) -> list[str]:
    return _WRAPPER.wrap(line)


def _bounds(cue: Cue, groups: Sequence[Sequence[str]]) -> list[int]:
    if not groups:
        return [cue.start_samples]
    lengths = list(accumulate(sum(map(len, group)) for group in groups))
    span = cue.end_samples - cue.start_samples
    inner = [cue.start_samples + span * length // lengths[-1] for length in lengths[:-1]]
    return [cue.start_samples, *inner, cue.end_samples]
