"""What is printed on every page: running heads and feet, and page numbers.

Only a page's outermost rows are looked at, from the outside in. One is furniture if a page nearby
has the same at the same height, or the same but for numbers, one of which grows with the pages (so
that *Chapter 1* and *Chapter 2* are none); and where many pages have furniture at a height,
whatever of that size stands there.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from narrator.ingest.pdf_layout import Row, size_of, text_of
from narrator.ingest.titles import names_chapter, names_part

_NEAR_PAGES = 4
"""Left and right pages differ, and a plate may lie between."""

_SAME_HEIGHT = 3.0
_MOST_LAYERS = 3
_FEWEST_IN_ZONE = 3
_FEWEST_COUNTED = 3
_SAME_SIZE = 0.06
_LONE_GAP = 1.5
_LONGEST_CHARS = 200
_ROMAN = r"(?=[ivxlcdm])m{0,3}(?:c[md]|d?c{0,3})(?:x[cl]|l?x{0,3})(?:i[xv]|v?i{0,3})"
_NUMBER = re.compile(rf"\d{{1,5}}|{_ROMAN}")
_PAGE_NUMBER = re.compile(
    rf"\W*(?:(?:page|p\.|seite|página)\s*)?(?:\d{{1,5}}|{_ROMAN})(?:\s*(?:of|/|von|de)\s*\d+)?\W*"
)
_WORD = re.compile(r"\d{1,5}(?!\d)|[^\W\d]+")
_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Furniture:
    """How many rows at the top and at the bottom of a page are furniture."""

    top: int = 0
    bottom: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outer:
    """A page's outermost row that is not furniture yet."""

    page: int
    height: float
    size: float
    text: str
    key: str
    numbers: frozenset[tuple[bool, int]]  # roman or not, and how far ahead of the page's index
    bare: bool
    lone: bool


def furniture(pages: Sequence[Sequence[Row]]) -> list[Furniture]:
    """Of each page (its rows from the top down), how many rows at its edges are furniture."""
    tops, bottoms = (_layers(pages, at_top=at_top) for at_top in (True, False))
    return [
        Furniture(top=min(top, len(rows)), bottom=min(bottom, max(len(rows) - top, 0)))
        for rows, top, bottom in zip(pages, tops, bottoms, strict=True)
    ]


def _layers(pages: Sequence[Sequence[Row]], *, at_top: bool) -> list[int]:
    counts = [0] * len(pages)
    open_pages = set(range(len(pages)))
    for _ in range(_MOST_LAYERS):
        outer = [
            _outer(page, pages[page], counts[page], at_top=at_top)
            for page in sorted(open_pages)
            if counts[page] < len(pages[page])
        ]
        open_pages = _furnished(outer)
        for page in open_pages:
            counts[page] += 1
    return counts


def _outer(page: int, rows: Sequence[Row], layer: int, *, at_top: bool) -> _Outer:
    row = rows[layer] if at_top else rows[-1 - layer]
    text = text_of(row).casefold()[:_LONGEST_CHARS]
    beside = rows[layer + 1 : layer + 2] if at_top else rows[-2 - layer : len(rows) - 1 - layer]
    size = size_of(row)
    gap = abs(beside[0][0].row - row[0].row) if beside else float("inf")
    return _Outer(
        page=page,
        height=row[0].row,
        size=size,
        text=text,
        key=_key(text),
        numbers=frozenset(_numbers(text, page)),
        bare=bool(_PAGE_NUMBER.fullmatch(text)),
        lone=gap >= _LONE_GAP * size,
    )


def _key(text: str) -> str:
    """The text without its numbers; empty if that is all there is."""
    key = " ".join("#" if _NUMBER.fullmatch(word) else word for word in _WORD.findall(text))
    return key if any(map(str.isalpha, key)) else ""


def _numbers(text: str, page: int) -> Iterator[tuple[bool, int]]:
    """The numbers in a row, less the page's index; roman ones only at its ends."""
    if names_chapter(text) or names_part(text):  # its number is a chapter's
        return
    words = _WORD.findall(text)
    for index, word in enumerate(words):
        if word.isdecimal() or (index in {0, len(words) - 1} and _NUMBER.fullmatch(word)):
            yield not word.isdecimal(), _value(word) - page


def _value(number: str) -> int:
    if number.isdecimal():
        return int(number)
    values = [_VALUES[letter] for letter in number]
    following = [*values[1:], 0]
    return sum(-one if one < other else one for one, other in zip(values, following, strict=True))


def _furnished(outer: Sequence[_Outer]) -> set[int]:
    """The pages whose row is furniture."""
    found = {row.page for row in outer if row.bare and row.lone and len(outer) <= 1}
    groups: dict[object, list[_Outer]] = defaultdict(list)
    counted: dict[object, list[_Outer]] = defaultdict(list)
    for row in outer:
        if row.key:
            groups[row.text].append(row)
        for number in row.numbers:
            groups[row.key, number].append(row)
            counted[number].append(row)
    for rows in groups.values():
        found |= _repeated(rows)
    for rows in counted.values():  # other words on every page, but its number
        found |= _repeated(rows) if len(rows) >= _FEWEST_COUNTED else set()
    return found | _in_zones(outer, found) if found else found


def _repeated(rows: Sequence[_Outer]) -> set[int]:
    """The pages of rows that are alike and have another such near them, at the same height."""
    found: set[int] = set()
    for index, row in enumerate(rows):
        for other in rows[index + 1 : index + 1 + _NEAR_PAGES]:
            if other.page - row.page > _NEAR_PAGES:
                break
            if abs(other.height - row.height) <= _SAME_HEIGHT:
                found |= {row.page, other.page}
    return found


def _in_zones(outer: Sequence[_Outer], found: set[int]) -> set[int]:
    """The pages whose row stands where those of many pages are furniture, in letters as large."""
    zones = Counter(round(row.height) for row in outer if row.page in found)
    others = Counter(round(row.height) for row in outer if row.page not in found)
    kept = {h for h, count in zones.items() if count >= max(_FEWEST_IN_ZONE, 2 * others[h])}
    size = _common_size(row.size for row in outer if row.page in found)
    return {
        row.page
        for row in outer
        if row.lone
        and {round(row.height) - 1, round(row.height), round(row.height) + 1} & kept
        and abs(row.size - size) <= _SAME_SIZE * size
    }


def _common_size(sizes: Iterable[float]) -> float:
    return Counter(round(size, 1) for size in sizes).most_common(1)[0][0]
