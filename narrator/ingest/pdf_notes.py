"""Footnotes: the small print at the foot of a column, and what refers to it.

Small print is one from where a line begins with a mark (a number, an asterisk, a dagger); without a
mark, only if it goes on from the notes of the page before. A mark in the text is a small raised
number or sign, or a sign that a note of the page begins with.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import takewhile

from narrator.ingest.pdf_layout import Line
from narrator.ingest.pdf_measures import Measures
from narrator.ingest.pdf_pages import Word

_SMALL = 0.93
_RAISED_SIZE = 0.8
_RAISED = 0.1
_SIGNS = "*†‡§¶‖"
_MARK = re.compile(rf"(?:\[?\d{{1,3}}[\].)]?|[{_SIGNS}]{{1,3}}|[a-z][.)])(?=\Z|\s|[A-Z“‘(])")
_REFERENCE = re.compile(rf"[\d,–{_SIGNS}]+|\[\d+\]|[a-z]")
_SIGNED = re.compile(rf"[{_SIGNS}]{{1,3}}\Z")


def notes(lines: Sequence[Line], measures: Measures) -> dict[int, int]:
    """Of the lines (by index) that are a footnote's, at which line their note begins."""
    found: dict[int, int] = {}
    columns: dict[tuple[int, int], list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        columns[line.page, line.column].append(index)
    last_page, last_note = -2, -1
    for (page, _), held in columns.items():
        small = _small_print(lines, held, measures)
        marks = [index for index in small if begins_note(lines[index])]
        goes_on = page - last_page == 1 and len(small) < len(held)
        if not marks and not goes_on:
            continue
        first = small[0] if goes_on and small else marks[0] if marks else -1
        for index in small:
            if index >= first >= 0:
                last_note = index if index in marks else last_note
                found[index] = last_note
                last_page = page
    return found


def _small_print(lines: Sequence[Line], held: Sequence[int], measures: Measures) -> list[int]:
    """The lines at the end of a column that are smaller than the text."""
    most = _SMALL * measures.size
    small = list(takewhile(lambda index: lines[index].size <= most, reversed(held)))
    return small[::-1]


def begins_note(line: Line) -> bool:
    """Whether a line begins as a footnote does."""
    word = line.words[0]
    if word.size < _RAISED_SIZE * line.size:
        return bool(_REFERENCE.fullmatch(word.text))
    return bool(_MARK.match(line.text))


def is_reference(word: Word, line: Line) -> bool:
    """Whether a word is a small raised mark, which refers to a note (or begins it)."""
    if word.size >= _RAISED_SIZE * line.size or not _REFERENCE.fullmatch(word.text):
        return False
    base = max(each.bottom for each in line.words if each.size >= _RAISED_SIZE * line.size)
    return word.bottom < base - _RAISED * line.size


def signs(lines: Sequence[Line], found: Mapping[int, int]) -> dict[int, set[str]]:
    """Of each page, the signs in full size that its notes begin with."""
    by_page: dict[int, set[str]] = defaultdict(set)
    for first in set(found.values()):
        match = _MARK.match(lines[first].text)
        if match and _SIGNED.match(match[0]):
            by_page[lines[first].page].add(match[0])
    return by_page


def signed(word: Word, of_page: set[str]) -> int:
    """How many characters at the word's end are a sign that refers to a note of the page."""
    match = _SIGNED.search(word.text)
    return len(match[0]) if match and match[0] in of_page and match.start() else 0
