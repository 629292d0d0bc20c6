"""Lines in reading order → paragraphs, headings, list items, verse, notes, captions, tables.

A paragraph begins where a line is set in (or out), stands apart, follows one with room for its
first word, or bears an item's mark. It goes on in the next column or on the next page if its last
sentence does, past whatever notes, tables and captions lie between.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise

from narrator.domain.documents import PassageKind
from narrator.ingest.pdf_headings import headings
from narrator.ingest.pdf_layout import Line, gaps_above
from narrator.ingest.pdf_measures import Measures, ends_sentence, measure
from narrator.ingest.pdf_notes import notes

_APART = 1.3
_OTHER_SIZE = 0.08
_BULLET = re.compile(r"[•‣▪●○◦■□–—-]\s+\S|[•‣▪●○◦■□]\S")
_ITEM = re.compile(r"\(?(\d{1,3})[.)]\s+\S")
_CAPTION = re.compile(
    r"(?:Figure|Fig\.|Table|Plate|Illustration|Chart|Map)\s+[\dIVX]+(?:\.\d+)*[.:]\s"
)
_CAPTION_SIZE = 0.96
_ORNAMENT = re.compile(r"[^\w\"“”‘’'?!]{1,60}|[oO](?:\s+[oO]){2,}")
_VERSE_WIDTH = 0.85
_VERSE_CAPITALS = 0.75
_FEW_LINES = 2
_SAME_PLACE = 0.6


class Use(Enum):
    """What a block is for, where that decides whether it is read."""

    BODY = "body"
    NOTE = "note"
    TABLE = "table"
    CAPTION = "caption"
    ORNAMENT = "ornament"


@dataclass(slots=True, kw_only=True)
class Draft:
    """A block in the making: indices of its lines, in order."""

    use: Use
    kind: PassageKind = PassageKind.PARAGRAPH
    level: int = 0
    lines: list[int] = field(default_factory=list)


def paragraphs(lines: Sequence[Line]) -> list[Draft]:
    """The blocks that the lines make, by their first lines; each line belongs to one."""
    if not lines:
        return []
    measures = measure(lines)
    gatherer = _Gatherer(lines, measures)
    gatherer.gather()
    for draft in gatherer.drafts:
        _settle(draft, lines, measures)
    return gatherer.drafts


class _Gatherer:
    """Takes line after line, each to the block it belongs to."""

    def __init__(self, lines: Sequence[Line], measures: Measures) -> None:
        self._lines, self._measures = lines, measures
        self._gaps = gaps_above(lines)
        self._notes = notes(lines, measures)
        self._headings = headings(lines, self._gaps, measures)
        self._note_of: dict[int, Draft] = {}
        self._body: Draft | None = None  # the paragraph that may go on
        self.drafts: list[Draft] = []

    def gather(self) -> None:
        """Take all lines."""
        index = 0
        while index < len(self._lines):
            heading = self._headings.get(index)
            if heading and index not in self._notes:
                draft = self._begin(Use.BODY, PassageKind.HEADING, heading.level)
                draft.lines += range(index, index + heading.count)
                self._body = None
                index += heading.count
                continue
            self._take(index)
            index += 1

    def _begin(self, use: Use, kind: PassageKind = PassageKind.PARAGRAPH, level: int = 0) -> Draft:
        self.drafts.append(Draft(use=use, kind=kind, level=level))
        return self.drafts[-1]

    def _take(self, index: int) -> None:
        line = self._lines[index]
        if index in self._notes:
            self._take_note(index)
        elif line.tabular:
            self._take_row(index)
        elif _ORNAMENT.fullmatch(line.text):
            self._begin(Use.ORNAMENT).lines.append(index)
            self._body = None
        elif self._in_caption(index):
            self.drafts[-1].lines.append(index)
        elif self._begins_caption(line):
            self._begin(Use.CAPTION).lines.append(index)
        else:
            self._take_body(index)

    def _take_note(self, index: int) -> None:
        first = self._notes[index]
        if first not in self._note_of:
            self._note_of[first] = self._begin(Use.NOTE)
        self._note_of[first].lines.append(index)

    def _take_row(self, index: int) -> None:
        last = self.drafts[-1] if self.drafts else None
        if not (last and last.use is Use.TABLE and last.lines[-1] == index - 1):
            last = self._begin(Use.TABLE)
        last.lines.append(index)

    def _begins_caption(self, line: Line) -> bool:
        small = line.size <= _CAPTION_SIZE * self._measures.size or line.words[0].bold
        return small and bool(_CAPTION.match(line.text))

    def _in_caption(self, index: int) -> bool:
        last = self.drafts[-1] if self.drafts else None
        if not (last and last.use is Use.CAPTION and last.lines[-1] == index - 1):
            return False
        one, other, gap = self._lines[index - 1], self._lines[index], self._gaps[index]
        return gap is not None and gap < _APART * one.size and _alike(one, other)

    def _take_body(self, index: int) -> None:
        line = self._lines[index]
        if self._body is None or self._starts(self._body, index):
            item = _BULLET.match(line.text) or _ITEM.match(line.text)
            kind = PassageKind.LIST_ITEM if item else PassageKind.PARAGRAPH
            self._body = self._begin(Use.BODY, kind)
        self._body.lines.append(index)

    def _starts(self, body: Draft, index: int) -> bool:
        """Whether a line begins a paragraph, and does not go on with the one before."""
        last, line = self._lines[body.lines[-1]], self._lines[index]
        if _BULLET.match(line.text) and not line.text.startswith(("–", "—", "-")):
            return True
        if self._counts_on(body, line):
            return True
        gap = self._gaps[index]
        if gap is None or body.lines[-1] != index - 1:
            return not self._goes_on(last, line)
        if not _alike(last, line) or gap > _APART * self._pitch(body, line):
            return True
        return self._set_apart(body, last, line)

    def _counts_on(self, body: Draft, line: Line) -> bool:
        """Whether a line bears the number after that of the item before it, or the first."""
        item = _ITEM.match(line.text)
        if item and item[1] == "1":
            return self._measures.is_short(self._lines[body.lines[-1]], line)
        before = _ITEM.match(self._lines[body.lines[0]].text)
        return bool(before and item and int(item[1]) == int(before[1]) + 1)

    def _pitch(self, body: Draft, line: Line) -> float:
        """From line to line in this paragraph; that of the document if it has one line only."""
        gap = self._gaps[body.lines[-1]]
        if len(body.lines) > 1 and gap is not None:
            return gap
        return self._measures.pitch * max(line.size / self._measures.size, 1)

    def _goes_on(self, last: Line, line: Line) -> bool:
        """Whether a paragraph goes on in another column, or past what lies between."""
        if not _alike(last, line) or _BULLET.match(line.text):
            return False
        short, indented = self._measures.is_short(last, line), self._measures.is_indented(line)
        if not ends_sentence(last.text):
            return not (short and (indented or line.text[0].isupper()))
        return not short and not indented and self._measures.indent > 0

    def _set_apart(self, body: Draft, last: Line, line: Line) -> bool:
        """Whether a line right below another begins a paragraph, by where both begin and end."""
        measures = self._measures
        ended = measures.is_short(last, line) and ends_sentence(last.text)
        step = (line.left - last.left) / measures.size
        if step > _SAME_PLACE:  # set in: by habit, unless the first line alone hangs out
            hangs = len(body.lines) == 1 and not measures.has_indent(line)
            return not hangs or ended
        if step < -_SAME_PLACE:  # back at the margin: after a first line, unless that was all
            return len(body.lines) > 1 or ended
        both = len(body.lines) == 1 and measures.has_indent(last) and measures.has_indent(line)
        return ended or (both and (measures.is_short(last, line) or ends_sentence(last.text)))


def _alike(one: Line, other: Line) -> bool:
    return abs(one.size - other.size) <= _OTHER_SIZE * max(one.size, other.size)


def _settle(draft: Draft, lines: Sequence[Line], measures: Measures) -> None:
    """Call verse what is."""
    if draft.use is not Use.BODY or draft.kind is not PassageKind.PARAGRAPH:
        return
    if len(draft.lines) >= _FEW_LINES and _is_verse([lines[i] for i in draft.lines], measures):
        draft.kind = PassageKind.VERSE


def _is_verse(held: Sequence[Line], measures: Measures) -> bool:
    short = all(line.right - line.left < _VERSE_WIDTH * measures.width(line) for line in held[:-1])
    broken = all(measures.is_short(one, other) for one, other in pairwise(held))
    capitals = sum(line.text.lstrip("“‘\"'(")[:1].isupper() for line in held)
    return short and broken and capitals >= _VERSE_CAPITALS * len(held)
