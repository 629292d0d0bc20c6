"""Notes and page marks of plain text: `[1]` in a sentence, `[1] The note.` further down.

A note is a paragraph that begins with its mark (or with `[Footnote 1:`), and that a mark earlier in
the text refers to. Numbers may begin anew with each chapter, so that a mark belongs to the next
note of its name. Marks of pages are `[Pg 12]` and the like.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from narrator.domain.documents import SkipReason

_NAME = r"(\d{1,4}|[A-Z]|\*{1,3})"
_NOTE = re.compile(
    rf"^[ \t]*(?:\[{_NAME}\]|\[Footnote[ ]{_NAME}:|\[Footnote:?(?=[ ]))[ \t]*(?=\S)",
    re.MULTILINE | re.IGNORECASE,
)
_HEAD = re.compile(rf"[ \t]*(\[{_NAME}\])")
_REFERENCE = re.compile(rf"(?<=\S)[ ]?\[{_NAME}\]")
_PAGE = re.compile(r"[\[{(](?:Pg|Page|P\.)[ .]*(?:\d{1,4}|[ivxlc]{1,7})[\]})]", re.IGNORECASE)


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """Characters `start` to `end` that mark a page or, with a `place`, refer to a note."""

    start: int
    end: int
    reason: SkipReason
    place: str = ""


class Notes:
    """The notes of a text and all marks in it, by their offsets."""

    def __init__(self, text: str) -> None:
        begun: dict[str, list[int]] = {}
        typed: list[int] = []
        for note in _NOTE.finditer(text):
            if _begins_paragraph(text, note.start()):
                begun.setdefault(note[1] or note[2] or "", []).append(note.start())
                typed += [note.start()] * (note[1] is None)
        marks = [*_references(text, begun), *_pages(text)]
        referred = {mark.place for mark in marks if mark.place}
        self._marks = sorted([*marks, *_heads(text, referred)])
        self._starts = [mark.start for mark in self._marks]
        self._places = {int(place): place for place in referred}
        self._places |= {start: str(start) for start in typed}

    def place_at(self, start: int) -> str:
        """The place of the note that begins at an offset; empty if none does."""
        return self._places.get(start, "")

    def marks(self, start: int, end: int) -> list[Mark]:
        """The marks between two offsets, in order."""
        return self._marks[bisect_left(self._starts, start) : bisect_left(self._starts, end)]


def _begins_paragraph(text: str, start: int) -> bool:
    before = text[max(0, start - len("\n\r\n")) : start]
    return start == 0 or before.endswith(("\n\n", "\n\r\n"))


def _references(text: str, begun: dict[str, list[int]]) -> Iterator[Mark]:
    for mark in _REFERENCE.finditer(text):
        later = begun.get(mark[1], [])
        index = bisect_right(later, mark.start())
        if index < len(later):
            yield Mark(mark.start(), mark.end(), SkipReason.NOTE_REFERENCE, str(later[index]))


def _heads(text: str, places: Iterable[str]) -> Iterator[Mark]:
    """The marks with which notes that are referred to begin; one that is spelt out is read."""
    for place in places:
        head = _HEAD.match(text, int(place))
        if head:
            yield Mark(head.start(1), head.end(1), SkipReason.NOTE_REFERENCE)


def _pages(text: str) -> Iterator[Mark]:
    for mark in _PAGE.finditer(text):
        yield Mark(mark.start(), mark.end(), SkipReason.PAGE_BREAK)
