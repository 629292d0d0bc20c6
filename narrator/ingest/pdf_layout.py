"""Words on a page → lines in reading order: columns from left to right, what spans them apart.

Rows of words are taken from the top down. As long as one vertical strip stays free of words, with
text on both its sides, it is a gutter, and the rows that share it are columns, each of which is
laid out in the same way; a row that crosses it (a title, a wide figure's caption) ends them. Where
other pages have a gutter, a line or two beside it are a column. Strips between short cells are a
table's: its rows stay whole, and are marked.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from narrator.ingest.pdf_pages import Word

_GUTTER_SIZES = 0.7
"""A gutter's least width in font sizes; LaTeX has 10 points beside letters of 10."""

_GUTTER_ROWS = ((1.8, 2), (1.2, 3), (0.0, 6))
"""From so many font sizes on, how many rows of text each side of a gutter must have at least: the
narrower it is, the sooner chance makes one of the spaces between words."""

_CELL_CHARS = 12
"""Mean characters in a row; below it is no column of prose, but a table's, or of numbers."""

_COLUMN_SIZES = 5
_BEFORE = 2.0
"""So far before its right-hand column a gutter is cut: a column's left edge is even."""

_HEADING_SIZES = 1.15
_ALONE_SIZES = 1.5
_ROWS_BELOW = 6
_TABLE_PARTS = 3
_TABLE_ROWS = 2
_SAME_GAP, _WIDEST_GAP = 0.03, 4.0  # between words of a justified line, in font sizes
_SEVERAL_PAGES = 2
_DEEPEST = 5
_INITIAL_SIZES = 1.7
_INITIAL_CHARS = 2

Row = tuple[Word, ...]
_Gap = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Words side by side, in a column (numbered on its page in reading order).

    `low` and `high` are the column's left and right edge, `size` is the font size of most letters.
    `tabular` marks a table's row.
    """

    words: Row
    page: int
    column: int
    low: float
    high: float
    size: float
    text: str
    tabular: bool = False

    @property
    def left(self) -> float:
        """Where its first word begins."""
        return self.words[0].left

    @property
    def right(self) -> float:
        """Where its last word ends."""
        return self.words[-1].right

    @property
    def row(self) -> float:
        """The middle of its letters, downwards."""
        return self.words[0].row

    @property
    def bold(self) -> bool:
        """Whether all of its words are in bold letters."""
        return all(word.bold for word in self.words)


def text_of(words: Iterable[Word]) -> str:
    """The words, a space between any two that are not glued."""
    return "".join(("" if word.glued else " ") + word.text for word in words).strip()


def size_of(words: Iterable[Word]) -> float:
    """The font size of most letters."""
    chars: dict[float, int] = {}
    for word in words:
        size = word.bottom - word.top
        chars[size] = chars.get(size, 0) + len(word.text)
    return max(chars, key=lambda size: (chars[size], size), default=0.0)


def rows_of(words: Iterable[Word]) -> list[Row]:
    """The words as rows across the page, from the top down, each from left to right."""
    rows: list[list[Word]] = []
    height, middle = 0.0, 0.0
    for word in sorted(words, key=lambda word: word.row):
        if rows and word.row - middle <= max(height, word.size) / 2:
            rows[-1].append(word)
            continue
        rows.append([word])
        height, middle = word.size, word.row
    return [tuple(sorted(row, key=lambda word: word.left)) for row in rows]


def with_initials(words: Sequence[Word]) -> tuple[Word, ...]:
    """The words, a drop cap moved to the line that it begins and glued to what it is part of."""
    if not words:
        return ()
    usual = size_of(words)
    placed = list(words)
    for index, word in enumerate(words):
        if word.size < _INITIAL_SIZES * usual or len(word.text) > _INITIAL_CHARS:
            continue
        beside = [other for other in range(len(placed)) if _begins(word, placed[other], usual)]
        if not beside or not word.text[-1].isalpha():
            continue
        first = min(beside, key=lambda other: placed[other].left)
        rest = placed[first]
        right = min(word.right, rest.left)
        placed[index] = replace(word, right=right, top=rest.top, bottom=rest.bottom, row=rest.row)
        apart = word.text in {"A", "I", "O"} and rest.left - word.right > usual / 5
        placed[first] = replace(rest, glued=not apart)
    return tuple(placed)


def _begins(initial: Word, other: Word, usual: float) -> bool:
    """Whether the other word stands right of the initial, on the first of its lines."""
    return (
        initial.size > _INITIAL_SIZES * other.size
        and abs(other.top - initial.top) < max(usual, initial.size / 3)
        and initial.right - usual / 4 <= other.left < initial.right + usual
        and other.row < initial.row
    )


def lay_out_all(pages: Sequence[Sequence[Row]]) -> list[list[Line]]:
    """The lines of each page (its rows from the top down), in reading order."""
    cuts: list[list[float]] = [[] for _ in pages]
    found = [lay_out(rows, page, cuts=cuts[page]) for page, rows in enumerate(pages)]
    known = _common_cuts(cuts)
    if not known:
        return found
    return [lay_out(rows, page, known) for page, rows in enumerate(pages)]


def _common_cuts(cuts: Iterable[Sequence[float]]) -> list[float]:
    """Where several pages have a gutter."""
    pages = Counter(round(cut / 2) * 2.0 for page in cuts for cut in set(page))
    return [cut for cut, count in sorted(pages.items()) if count >= _SEVERAL_PAGES]


def lay_out(
    rows: Sequence[Row], page: int, known: Sequence[float] = (), cuts: list[float] | None = None
) -> list[Line]:
    """The rows' words as lines in reading order.

    `known` tells where other pages have gutters; where this one does is added to `cuts`.
    """
    lines: list[Line] = []
    layout = _Layout(known, cuts if cuts is not None else [])
    regions = layout.regions([word for row in rows for word in row], _DEEPEST)
    for column, region in enumerate(regions):
        words = [word for row, _ in region for word in row]
        low, high = min(word.left for word in words), max(word.right for word in words)
        lines += (
            Line(
                words=row,
                page=page,
                column=column,
                low=low,
                high=high,
                size=size_of(row),
                text=text_of(row),
                tabular=tabular,
            )
            for row, tabular in region
        )
    return lines


# ------------------------------------------------------------------------------ columns

_Region = list[tuple[Row, bool]]


@dataclass(frozen=True, slots=True)
class _Layout:
    """Parts a page's words into columns, and keeps where."""

    known: Sequence[float]
    cuts: list[float]

    def regions(self, words: Sequence[Word], deepest: int) -> Iterator[_Region]:
        """Stretches of one column, in reading order; of each row, whether it is a table's."""
        if not words:
            return
        least = _GUTTER_SIZES * median(word.size for word in words)
        whole: _Region = []
        for band, gaps in _bands(rows_of(words), least):
            parts = self._columns(band, gaps) if deepest else []
            if len(parts) < 2:  # noqa: PLR2004  as many as not to speak of columns
                whole += _marked(band, gaps)
                continue
            if whole:
                yield whole
                whole = []
            for part in parts:
                yield from self.regions(part, deepest - 1)
        if whole:
            yield whole

    def _columns(self, band: Sequence[Row], gaps: Sequence[_Gap]) -> list[list[Word]]:
        """The band's words in columns; fewer than two if there are none."""
        words = [word for row in band for word in row]
        usual = [cut for low, high in gaps for cut in self.known if low <= cut <= high]
        parts = _parted(words, usual)
        if usual and all(parts):
            return parts
        cuts = _prose_cuts(band, gaps)
        self.cuts.extend(cuts)
        return _parted(words, cuts) if cuts else []


def _prose_cuts(band: Sequence[Row], gaps: Sequence[_Gap]) -> list[float]:
    """Where to part the band's words into columns of prose."""
    words = [word for row in band for word in row]
    size = median(word.size for word in words)
    cuts = [gap[1] - _BEFORE for gap in gaps if _is_gutter(band, gap, size)]
    while cuts:
        parts = _parted(words, cuts)
        narrow = [index for index, part in enumerate(parts) if not _is_prose(part, size)]
        if not narrow:
            return cuts
        del cuts[min(narrow[0], len(cuts) - 1)]
    return []


def _bands(rows: Sequence[Row], least: float) -> Iterator[tuple[list[Row], list[_Gap]]]:
    """Rows that follow each other and share free strips (at least so wide), with these strips."""
    low = min(word.left for row in rows for word in row)
    high = max(word.right for row in rows for word in row)
    band: list[Row] = []
    shared: list[_Gap] = []
    sided = False  # whether a row of the band has words on both sides of a strip
    for index, row in enumerate(rows):
        free = _free(row, low, high, least)
        within = [gap for gap in free if row[0].left < gap[0] and gap[1] < row[-1].right]
        common = _common(shared, free, least) if band else free
        meets = bool(_common(common, within, 0.0))
        across = sided and not meets and _is_across(rows, index, shared, least / _GUTTER_SIZES)
        if band and (not common or across or (within and not sided and not meets)):
            yield band, shared
            band, common, sided, meets = [], free, False, bool(within)
        band.append(row)
        shared, sided = common, sided or meets
    if band:
        yield band, shared


def _is_across(rows: Sequence[Row], index: int, shared: Sequence[_Gap], size: float) -> bool:
    """Whether a row that a column would have room for is a heading across all of them.

    It is in large letters, has the page's width to itself, and below it there are columns again.
    """
    if not 0 < index < len(rows) - 1 or size_of(rows[index]) < _HEADING_SIZES * size:
        return False
    above, here, below = (rows[each][0].row for each in (index - 1, index, index + 1))
    if min(here - above, below - here) < _ALONE_SIZES * size:
        return False
    after = [word for row in rows[index + 1 : index + 1 + _ROWS_BELOW] for word in row]
    first, last = min(word.right for word in after), max(word.left for word in after)
    return any(first <= low + 1 and last >= high - 1 for low, high in shared)


def _free(row: Row, low: float, high: float, least: float) -> list[_Gap]:
    """The strips without a word in a row, at least so wide."""
    gaps: list[_Gap] = []
    position = low
    for word in row:
        if word.left - position >= least:
            gaps.append((position, word.left))
        position = max(position, word.right)
    return [*gaps, (position, high)] if high - position >= least else gaps


def _common(some: list[_Gap], others: list[_Gap], least: float) -> list[_Gap]:
    meets = ((max(a, c), min(b, d)) for a, b in some for c, d in others if a < d and c < b)
    return [gap for gap in meets if gap[1] - gap[0] >= least]


def _is_gutter(band: Sequence[Row], gap: _Gap, size: float) -> bool:
    left = [row[0].row for row in band if row[0].right <= gap[0] + 1]
    right = [row[-1].row for row in band if row[-1].left >= gap[1] - 1]
    least = next(rows for sizes, rows in _GUTTER_ROWS if gap[1] - gap[0] >= sizes * size)
    if min(len(left), len(right)) < least:
        return False
    return left[0] <= right[-1] and right[0] <= left[-1]


def _parted(words: Iterable[Word], cuts: Sequence[float]) -> list[list[Word]]:
    parts: list[list[Word]] = [[] for _ in range(len(cuts) + 1)]
    for word in words:
        middle = (word.left + word.right) / 2
        parts[sum(middle > cut for cut in cuts)].append(word)
    return parts


def _is_prose(words: Sequence[Word], size: float) -> bool:
    rows = rows_of(words)
    chars = sum(len(word.text) + 1 for word in words)
    width = max((w.right for w in words), default=0.0) - min((w.left for w in words), default=0.0)
    return bool(rows) and chars / len(rows) >= _CELL_CHARS and width >= _COLUMN_SIZES * size


def _marked(band: Sequence[Row], gaps: Sequence[_Gap]) -> Iterator[tuple[Row, bool]]:
    """The rows, those of a table marked: from the first with several cells to the last."""
    size = median(word.size for row in band for word in row)
    cuts = [gap[1] - _BEFORE for gap in gaps if _is_gutter(band, gap, size)]
    celled: list[int] = []
    if len(cuts) + 1 >= _TABLE_PARTS:
        celled = [index for index, row in enumerate(band) if sum(map(bool, _parted(row, cuts))) > 1]
    rows = sum(not _is_justified(band[index], size) for index in celled)
    is_table = rows >= _TABLE_ROWS and 2 * rows >= len(celled)
    for index, row in enumerate(band):
        yield row, is_table and celled[0] <= index <= celled[-1]


def _is_justified(row: Row, size: float) -> bool:
    """Whether a row is words of one line: evenly apart, as no table's cells are by chance."""
    gaps = [other.left - one.right for one, other in pairwise(row) if not other.glued]
    lettered = sum(any(map(str.isalpha, word.text)) for word in row)
    if not gaps or max(gaps) > _WIDEST_GAP * size:
        return False
    return max(gaps) - min(gaps) <= _SAME_GAP * size and 2 * lettered > len(row)


def gaps_above(lines: Sequence[Line]) -> list[float | None]:
    """How far each line is below the one before it; none where another column begins."""
    found: list[float | None] = [None]
    for one, other in pairwise(lines):
        together = (one.page, one.column) == (other.page, other.column)
        found.append(other.row - one.row if together else None)
    return found[: len(lines)]
