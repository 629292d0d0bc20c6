"""Which lines are headings, and of which level.

Larger letters make one; so do bold ones on a short line by itself, and the words that chapters
begin with (or a bare number) on a short line by itself. Level 1 is what chapters begin with: the
headings that say so or, failing these, the largest that there are several of.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from narrator.ingest.pdf_layout import Line
from narrator.ingest.pdf_measures import Measures
from narrator.ingest.titles import names_chapter, names_part

_LARGE = 1.12
_APART = 1.25
_CLOSE = 1.9
_LONGEST_CHARS = 200
_SHORT_CHARS = 80
_SHORT_WIDTH = 0.85
_SEVERAL = 2
_DEEPEST = 6
_BARE = re.compile(r"[\W_]*(?:\d{1,3}|[IVXLC]{1,7})[\W_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading of so many lines, the first of them `first`."""

    first: int
    count: int
    level: int


@dataclass(frozen=True, slots=True)
class _Found:
    first: int
    count: int
    text: str
    size: float
    bold: bool


def headings(
    lines: Sequence[Line], gaps: Sequence[float | None], measures: Measures
) -> dict[int, Heading]:
    """The headings, each by the index of its first line."""
    found: list[_Found] = []
    for index, line in enumerate(lines):
        before = found[-1] if found else None
        if before and before.first + before.count == index and _goes_on(lines, gaps, index):
            text = f"{before.text} {line.text}"
            found[-1] = _Found(before.first, before.count + 1, text, before.size, before.bold)
        elif _is_heading(lines, gaps, index, measures):
            found.append(_Found(index, 1, line.text, line.size, line.bold))
    kept = [each for each in found if _is_title(each.text)]
    levels = _levels(kept, measures.size)
    return {
        each.first: Heading(first=each.first, count=each.count, level=levels[_look(each)])
        for each in kept
    }


def _is_title(text: str) -> bool:
    return len(text) <= _LONGEST_CHARS and any(map(str.isalnum, text))


def _goes_on(lines: Sequence[Line], gaps: Sequence[float | None], index: int) -> bool:
    """Whether a line belongs to the heading before it: the same letters, close to it."""
    one, other, gap = lines[index - 1], lines[index], gaps[index]
    alike = abs(one.size - other.size) < other.size / 20 and one.bold == other.bold
    return alike and gap is not None and gap < _CLOSE * other.size and not other.tabular


def _is_heading(
    lines: Sequence[Line], gaps: Sequence[float | None], index: int, measures: Measures
) -> bool:
    line = lines[index]
    text = line.text
    if line.tabular or not _is_title(text):
        return False
    if line.size >= _LARGE * measures.size:
        return any(map(str.isalpha, text)) or bool(_BARE.fullmatch(text))
    if line.size < measures.size / _LARGE or not _is_short(line, measures):
        return False
    above = gaps[index]
    below = gaps[index + 1] if index + 1 < len(gaps) else None
    if above is not None and above <= _APART * measures.pitch:
        return False
    alone = below is None or below > _APART * measures.pitch
    return line.bold or (alone and _begins_chapter(line, measures))


def _is_short(line: Line, measures: Measures) -> bool:
    text = line.text
    wide = line.right - line.left > _SHORT_WIDTH * measures.width(line)
    return len(text) <= (_SHORT_CHARS / 2 if wide else _SHORT_CHARS) and text[-1] not in ",;"


def _begins_chapter(line: Line, measures: Measures) -> bool:
    """Whether a line of plain letters says that a chapter begins."""
    centred = measures.is_centred(line)
    if _BARE.fullmatch(line.text):
        return centred
    return (centred or line.text.isupper()) and (names_chapter(line.text) or names_part(line.text))


# ------------------------------------------------------------------------------ levels

_Look = tuple[float, bool]


def _look(found: _Found) -> _Look:
    return round(found.size, 0), found.bold


def _levels(found: Sequence[_Found], size: float) -> dict[_Look, int]:
    looks = sorted({_look(each) for each in found}, reverse=True)
    chapter = _chapter_look(found, size)
    levels: dict[_Look, int] = {}
    level = 0
    for look in looks:
        level = max(1, level + (look < chapter))
        levels[look] = 1 if look >= chapter else min(level, _DEEPEST)
    return levels


def _chapter_look(found: Sequence[_Found], size: float) -> _Look:
    """How the headings look that chapters begin with."""
    named = Counter(
        _look(each) for each in found if names_chapter(each.text) or _BARE.fullmatch(each.text)
    )
    if named and max(named.values()) >= _SEVERAL:
        return max(named, key=lambda look: (named[look], look))
    counts = Counter(map(_look, found))
    several = [look for look, count in counts.items() if count >= _SEVERAL and look[0] >= size]
    return max(several, default=min(counts, default=(0.0, False)))
