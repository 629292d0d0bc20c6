"""Lines and blocks → the flow: the canonical source, and what each character of it is.

Page after page: what runs at its head, its lines in reading order, what runs at its foot, lettering
across and letters that nobody sees; a newline ends a line, a form feed a page.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from narrator.domain.choices import Reading
from narrator.domain.documents import Insertion, PassageKind, Skip, SkipReason, Span
from narrator.ingest.flow import Block, Flow, in_order
from narrator.ingest.pdf_cites import cites
from narrator.ingest.pdf_hyphens import HYPHENS, Hyphens
from narrator.ingest.pdf_layout import Line, Row, text_of
from narrator.ingest.pdf_notes import is_reference, signed
from narrator.ingest.pdf_paragraphs import Draft, Use
from narrator.ingest.roles import ANNOUNCEMENT, announcement, is_left_out

_REASONS = {
    Use.TABLE: SkipReason.TABLE,
    Use.CAPTION: SkipReason.CAPTION,
    Use.ORNAMENT: SkipReason.SCENE_BREAK,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A page's rows and lines by what they are; `signs` are marks in full size that notes have."""

    head: tuple[Row, ...] = ()
    lines: tuple[Line, ...] = ()
    foot: tuple[Row, ...] = ()
    turned: tuple[Row, ...] = ()
    hidden: tuple[Row, ...] = ()
    signs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The flow, and of each draft (by number) the first block that it is or that comes after it."""

    flow: Flow
    index_of: Mapping[int, int]


@dataclass(slots=True)
class _Pen:
    """Writes the source down, and keeps the spans of blocks."""

    parts: list[str] = field(default_factory=list)
    length: int = 0
    skips: list[Skip] = field(default_factory=list)
    spans: dict[int, list[Span]] = field(default_factory=dict)

    def write(self, text: str, owner: int | SkipReason) -> None:
        """Append characters of a draft's, or that are skipped for a reason."""
        if not text:
            return
        self.parts.append(text)
        start, self.length = self.length, self.length + len(text)
        if isinstance(owner, SkipReason):
            self.skips.append(Skip(span=Span(start, self.length), reason=owner))
            return
        spans = self.spans.setdefault(owner, [])
        if spans and spans[-1].end == start:
            spans[-1] = Span(spans[-1].start, self.length)
        else:
            spans.append(Span(start, self.length))

    def row(self, row: Row, reason: SkipReason) -> None:
        """Append a row that is skipped."""
        self.write(text_of(row), reason)
        self.write("\n", SkipReason.WHITESPACE)


def write(
    sheets: Sequence[Sheet], drafts: Sequence[Draft], hyphens: Hyphens, reading: Reading
) -> Written:
    """Everything, written down. Drafts name lines by their number among all sheets' lines."""
    pen = _Pen()
    writer = _Writer(pen, sheets, drafts, hyphens, reading)
    first = 0
    for sheet in sheets:
        _skip(pen, sheet.head, SkipReason.RUNNING_HEAD)
        for index in range(first, first + len(sheet.lines)):
            writer.line(index, sheet.signs)
        first += len(sheet.lines)
        _skip(pen, sheet.foot, SkipReason.RUNNING_HEAD)
        _skip(pen, sheet.turned, SkipReason.FIGURE)
        _skip(pen, sheet.hidden, SkipReason.HIDDEN)
        pen.write("\f", SkipReason.WHITESPACE)
    return writer.written()


def _skip(pen: _Pen, rows: Iterable[Row], reason: SkipReason) -> None:
    for row in rows:
        pen.row(row, reason)


class _Writer:
    """Writes lines, each for the block that it belongs to."""

    def __init__(
        self,
        pen: _Pen,
        sheets: Sequence[Sheet],
        drafts: Sequence[Draft],
        hyphens: Hyphens,
        reading: Reading,
    ) -> None:
        self._pen, self._drafts, self._hyphens, self._reading = pen, drafts, hyphens, reading
        self._lines = [line for sheet in sheets for line in sheet.lines]
        self._draft_of = {
            index: number for number, draft in enumerate(drafts) for index in draft.lines
        }
        self._next = {one: other for draft in drafts for one, other in pairwise(draft.lines)}
        self._cites = cites(drafts, self._lines)
        self._breaks: dict[int, list[int]] = {}
        self._insertions: dict[int, list[Insertion]] = {}

    def line(self, index: int, signs: frozenset[str]) -> None:
        """Write a line and what ends it."""
        number = self._draft_of[index]
        line = self._lines[index]
        owner = self._owner(number)
        for text, whose in self._stretches(line, owner, signs):
            self._pen.write(text, whose)
        following = self._next.get(index)
        if following is None or isinstance(owner, SkipReason):
            self._pen.write("\n", SkipReason.WHITESPACE)
            return
        self._end(line, self._lines[following], owner)
        if self._drafts[number].kind is PassageKind.VERSE:
            self._breaks.setdefault(number, []).append(self._pen.length)

    def written(self) -> Written:
        """Everything that was written."""
        numbers = sorted(self._pen.spans)
        block_of = {number: index for index, number in enumerate(numbers)}
        notes = [number for number in numbers if self._drafts[number].use is Use.NOTE]
        blocks = [self._block(number) for number in numbers]
        for ornament, draft in enumerate(self._drafts):
            before = bisect_left(numbers, ornament) - 1
            if draft.use is Use.ORNAMENT and before >= 0:
                blocks[before] = replace(blocks[before], scene_break_after=True)
        flow = Flow(
            source="".join(self._pen.parts),
            blocks=tuple(blocks),
            skips=in_order(self._pen.skips),
            places={_place(number): block_of[number] for number in notes},
        )
        body = [number for number in numbers if self._drafts[number].use is not Use.NOTE]
        following = ((n, bisect_left(body, n)) for n in range(len(self._drafts)))
        index_of = {n: block_of[body[at]] for n, at in following if at < len(body)}
        return Written(flow=flow, index_of=index_of)

    def _block(self, number: int) -> Block:
        draft = self._drafts[number]
        return Block(
            kind=draft.kind,
            level=draft.level,
            spans=tuple(self._pen.spans[number]),
            breaks=tuple(self._breaks.get(number, ())),
            insertions=tuple(self._insertions.get(number, ())),
            note=number + 1 if draft.use is Use.NOTE else 0,
            cites=tuple(map(_place, self._cites.get(number, ()))),
        )

    def _owner(self, number: int) -> int | SkipReason:
        """The draft's number, or the reason to skip it."""
        draft = self._drafts[number]
        verse = draft.kind is PassageKind.VERSE
        reason = SkipReason.VERSE if verse else _REASONS.get(draft.use)
        if reason is None or not is_left_out(reason, self._reading):
            return number
        said = announcement(reason, self._reading)
        if said and number not in self._insertions:
            at = self._pen.length
            self._insertions[number] = [Insertion(at=at, text=said, rule=ANNOUNCEMENT)]
            self._pen.spans[number] = [Span(at, at)]
        return reason

    def _stretches(
        self, line: Line, owner: int | SkipReason, signs: frozenset[str]
    ) -> Iterator[tuple[str, int | SkipReason]]:
        """The line's text in order, references to notes apart."""
        refers = (
            owner
            if isinstance(owner, SkipReason)
            or not is_left_out(SkipReason.NOTE_REFERENCE, self._reading)
            else SkipReason.NOTE_REFERENCE
        )
        for index, word in enumerate(line.words):
            if index and not word.glued:
                yield " ", owner
            if is_reference(word, line):
                yield word.text, refers
                continue
            cut = len(word.text) - signed(word, set(signs))
            yield word.text[:cut], owner
            yield word.text[cut:], refers

    def _end(self, line: Line, following: Line, owner: int) -> None:
        """The end of a line that the block goes on after: a space, or nothing amid a word."""
        last, first = line.words[-1].text, following.words[0].text
        if not self._hyphens.at_end(last, first):
            self._pen.write("\n", owner)
            return
        if self._hyphens.joins(last, first):
            self._hyphenless(owner)
        self._pen.write("\n", SkipReason.LINE_HYPHEN)

    def _hyphenless(self, owner: int) -> None:
        """Take the last character, a hyphen, from the block that it was written for."""
        spans = self._pen.spans[owner]
        end = self._pen.length
        if spans[-1] != Span(end - 1, end):
            spans[-1] = Span(spans[-1].start, end - 1)
        else:
            spans.pop()
        self._pen.skips.append(Skip(span=Span(end - 1, end), reason=SkipReason.LINE_HYPHEN))


def _place(number: int) -> str:
    return f"note-{number}"


def vocabulary(lines: Iterable[Line]) -> Counter[str]:
    """The words of the text, as often as they come; none that a line's end may have cut."""
    words: Counter[str] = Counter()
    cut = False
    for line in lines:
        found = line.text.casefold().split()
        words.update(word.strip(".,;:!?\"'“”‘’()[]—–") for word in found[cut:-1])
        cut = line.text.endswith(HYPHENS)
    return words
