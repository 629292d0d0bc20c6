"""The measures of a document's type: font size, line pitch, margins, indent.

All in points, taken from the lines themselves; what most of the text does is the measure.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from narrator.ingest.pdf_layout import Line, gaps_above

_SENTENCE_END = re.compile(r"(?:[.!?:;…—]|--)[\"'”’»)\]\d*†‡]*\Z|[\"”»]\Z")
_FEW_LINES = 6
_SUPPORT = 0.08
_TOLERANCE = 1.5
_INDENT_SIZES = 0.6
_DEEP_INDENT_SIZES = 4.0
_DEEP_MARGIN_SIZES = 6.0
_SIZE_STEPS = 4
_FIT_SIZES = 0.5


@dataclass(frozen=True, slots=True)
class Margins:
    """Where the lines of a column begin and end when nothing sets them in."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """`size` of most letters, `pitch` from line to line, `indent` of paragraphs (0: none)."""

    size: float
    pitch: float
    indent: float
    margins: Mapping[tuple[int, int], Margins]

    def inset(self, line: Line) -> float:
        """How far a line begins to the right of its column's margin."""
        return line.left - self._of(line).low

    def is_indented(self, line: Line) -> bool:
        """Whether that is as much as to mean something."""
        return self.inset(line) > _INDENT_SIZES * self.size

    def has_indent(self, line: Line) -> bool:
        """Whether a line begins where paragraphs do in this document."""
        return self.indent > 0 and abs(self.inset(line) - self.indent) <= _TOLERANCE

    def room(self, line: Line) -> float:
        """What is free to the right of a line."""
        return self._of(line).high - line.right

    def is_short(self, line: Line, following: Line) -> bool:
        """Whether the following line's first word would have had room in the line."""
        word = following.words[0]
        return self.room(line) > word.right - word.left + _FIT_SIZES * line.size

    def width(self, line: Line) -> float:
        """The width of the line's column."""
        margins = self._of(line)
        return margins.high - margins.low

    def is_centred(self, line: Line) -> bool:
        """Whether a line has as much room on its left as on its right, and some."""
        left, right = self.inset(line), self.room(line)
        return min(left, right) > line.size and abs(left - right) <= 2 * line.size

    def _of(self, line: Line) -> Margins:
        return self.margins[line.page, line.column]


def ends_sentence(text: str) -> bool:
    """Whether a sentence, or what somebody says, may end with the text."""
    return bool(_SENTENCE_END.search(text.rstrip()))


def measure(lines: Sequence[Line]) -> Measures:
    """The measures of these lines, of which there is at least one."""
    size = usual_size(lines)
    usual = [line for line in lines if abs(line.size - size) < size / 10]
    margins = _margins(lines, size)
    insets = (line.left - margins[line.page, line.column].low for line in usual)
    deep = [i for i in insets if _INDENT_SIZES * size < i < _DEEP_INDENT_SIZES * size]
    common, count = _most(round(inset, 0) for inset in deep)
    gaps = [gap for gap in gaps_above(usual) if gap is not None and 0 < gap < 3 * size]
    return Measures(
        size=size,
        pitch=_most(round(2 * gap) / 2 for gap in gaps)[0] or size,
        indent=common if count * 50 >= len(usual) else 0.0,
        margins=margins,
    )


def usual_size(lines: Iterable[Line]) -> float:
    """The font size of most letters, to a quarter of a point and never less than that."""
    chars: Counter[float] = Counter()
    for line in lines:
        chars[max(1, round(line.size * _SIZE_STEPS)) / _SIZE_STEPS] += len(line.text)
    return max(chars, key=lambda size: (chars[size], size))


def _most(values: Iterable[float]) -> tuple[float, int]:
    """The most frequent value (the least of several), and how often it comes; 0 of none."""
    counts = Counter(values)
    if not counts:
        return 0.0, 0
    best = min(counts, key=lambda value: (-counts[value], value))
    return best, counts[best]


def _margins(lines: Sequence[Line], size: float) -> dict[tuple[int, int], Margins]:
    columns: dict[tuple[int, int], list[Line]] = defaultdict(list)
    for line in lines:
        columns[line.page, line.column].append(line)
    own = {place: Margins(_low(held), held[0].high) for place, held in columns.items()}
    shared = _shared(columns, own)
    found = {}
    for place, held in columns.items():
        mine, common = own[place], shared.get((place[0] % 2, place[1]))
        if common and len(held) < _FEW_LINES and _within(mine, common, size):
            mine = Margins(min(mine.low, common.low), max(mine.high, common.high))
        found[place] = mine
    return found


def _shared(
    columns: Mapping[tuple[int, int], Sequence[Line]], own: Mapping[tuple[int, int], Margins]
) -> dict[tuple[int, int], Margins]:
    """The margins of most columns, by their number and whether their page is left or right."""
    lows: dict[tuple[int, int], list[float]] = defaultdict(list)
    highs: dict[tuple[int, int], list[float]] = defaultdict(list)
    for (page, column), held in columns.items():
        if len(held) >= _FEW_LINES:
            lows[page % 2, column].append(round(own[page, column].low, 1))
            highs[page % 2, column].append(round(own[page, column].high, 1))
    return {key: Margins(_most(lows[key])[0], _most(highs[key])[0]) for key in lows}


def _within(mine: Margins, common: Margins, size: float) -> bool:
    """Whether a column may be a short one of the common kind."""
    near = common.low - _TOLERANCE <= mine.low <= common.high
    return near and mine.low - common.low < _DEEP_MARGIN_SIZES * size


def _low(lines: Sequence[Line]) -> float:
    """The leftmost place at which several lines begin."""
    lefts = sorted(line.left for line in lines)
    least = max(2, round(_SUPPORT * len(lefts)))
    for index, left in enumerate(lefts):
        if sum(other - left <= _TOLERANCE for other in lefts[index : index + least]) >= least:
            return left
    return lefts[0]
