"""Indexes and bibliographies by their headings, and where they end when nothing says so.

Each goes on to the next heading that is no lower, or to the next chapter. Text in sentences that
follows its entries before that is none of it: from the first such paragraph on after which most is
told in sentences, and from the lines and headings right above that, it is read. So is what is but
called *Index* or *References*, and has no entries.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from operator import mul

from narrator.domain.documents import PassageKind
from narrator.ingest.flow import Block, Flow, Matter
from narrator.ingest.titles import part_of

_TOLD = re.compile(
    r"\b(?:was|were|is|are|had|has|have|did|does|he|she|they|it|his|her|him|them|their|i|you|we|us|my"
    r"|that|this|these|those|but|not|said|when|who|which|would|could|there)\b",
    re.IGNORECASE,
)
"""Words of sentences that titles, names and places of print hardly have (the headings by which a
part is known are English, too)."""

_ENTRY = re.compile(
    r"^\W*[^\W\d_][\w’'-]+, (?:[^\W\d_]\.|[^\W\d_]\w+[.,]? )|\((?:1[5-9]|20)\d\d[a-z]?\)"
    r"|\d[a-z]?[.)\]]?$|https?:|\bdoi\b"
)
"""How entries begin (*Smith, John*), when they are of (*(1999)*), and by what they end."""

_WORD, _DIGIT = re.compile(r"\w+"), re.compile(r"\d")
_LEAST_TOLD, _LEAST_SHARE = 3, 0.08
_MOST_PROSE = 0.6
_NEAR = 8


def titled(flow: Flow, firsts: Sequence[int] = ()) -> Iterator[Matter]:
    """Indexes and bibliographies by their headings, heading and entries.

    None goes beyond the next of `firsts`, the blocks at which chapters begin, in order: headings of
    chapters may be lower, or pictures.
    """
    headings = [index for index, block in enumerate(flow.blocks) if block.level]
    bounds = [*firsts, len(flow.blocks)]
    for number, first in enumerate(headings):
        reason = part_of(flow.blocks[first].text(flow.source))
        if reason:
            level = flow.blocks[first].level
            following = (headings[each] for each in range(number + 1, len(headings)))
            later = (each for each in following if flow.blocks[each].level <= level)
            end = min(next(later, len(flow.blocks)), bounds[bisect_right(bounds, first)])
            end = _before_prose(flow, first, end)
            if end > first:
                yield Matter(first=first, end=end, reason=reason)


def _before_prose(flow: Flow, first: int, end: int) -> int:
    """Where the entries of a part end, if prose follows them; `first` if there are none."""
    texts = [block.text(flow.source) for block in flow.blocks[first:end]]
    entries = [bool(_ENTRY.search(text)) for text in texts]
    told = [
        not entry and _is_told(block, text)
        for block, text, entry in zip(flow.blocks[first:end], texts, entries, strict=True)
    ]
    at = _told_from(texts, entries, told)
    return _with_lines_above(flow, first, first + at) if at else end


def _told_from(texts: Sequence[str], entries: Sequence[bool], told: Sequence[bool]) -> int:
    """The first paragraph from which on most is told, and not of entries one by one; 0 for none."""
    chars, of_prose = _left(map(len, texts)), _left(map(mul, map(len, texts), told))
    entries_left, told_left = _left(entries), _left(told)
    of_entries = 0  # what is told of entries, between them
    for at, prose in enumerate(told):
        if not prose:
            continue
        if of_prose[at] >= _MOST_PROSE * chars[at] and told_left[at] > max(
            2 * entries_left[at], of_entries
        ):
            return at
        of_entries += entries_left[0] > entries_left[at]
    return 0


def _left(each: Iterable[int]) -> list[int]:
    """At each place the sum of what is from there on."""
    return list(accumulate(reversed(list(each))))[::-1]


def _is_told(block: Block, text: str) -> bool:
    """Whether it is a paragraph in sentences, rather than a line."""
    if block.kind is not PassageKind.PARAGRAPH or block.note:
        return False
    found = len(_TOLD.findall(text))
    return found >= _LEAST_TOLD and found >= _LEAST_SHARE * len(_WORD.findall(text))


def _with_lines_above(flow: Flow, first: int, prose: int) -> int:
    """Where that to which the prose belongs begins: what is between it and the last entry, too."""
    at = prose
    while at > max(first, prose - _NEAR) and _is_line(flow.blocks[at - 1], flow.source):
        at -= 1
    return at


def _is_line(block: Block, source: str) -> bool:
    if block.kind is PassageKind.HEADING:
        return True
    text = block.text(source)
    return block.kind is not PassageKind.LIST_ITEM and not (
        _ENTRY.search(text) or _DIGIT.search(text)
    )
