"""The flow of a document: its characters in order, and what each stretch of them is.

Every reader makes a `Flow`; `sections` cuts it into chapters. A `Scribe` writes one down from a
walk over marked-up text.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from narrator.domain.choices import DEFAULT_READING, Reading
from narrator.domain.documents import Insertion, Passage, PassageKind, Skip, SkipReason, Span
from narrator.ingest.roles import ANNOUNCEMENT, CELL, announcement

# A line that only ornaments: asterisks, bullets, dashes, fleurons.
_ORNAMENT = re.compile(r"[^\w\"“”‘’'?!]{1,60}|[oO](?:\s+[oO]){2,}")
_CLOSING = frozenset(".,;:!?)]}”’»…")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A passage to be.

    `level` is a heading's, 1 to 6; `link` says that all of it is one link to a place in the book,
    which makes it a line of a table of contents. `note` numbers the note that it is (a part) of,
    from 1; `cites` are the places (as in `Flow.places`) of the notes that it refers to, in order.
    """

    kind: PassageKind
    spans: tuple[Span, ...]
    breaks: tuple[int, ...] = ()
    level: int = 0
    link: bool = False
    scene_break_after: bool = False
    voice: str = ""
    insertions: tuple[Insertion, ...] = ()
    note: int = 0
    cites: tuple[str, ...] = ()

    @property
    def start(self) -> int:
        """Offset of its first character."""
        return self.spans[0].start

    @property
    def end(self) -> int:
        """Offset past its last character."""
        return self.spans[-1].end

    @property
    def chars(self) -> int:
        """Characters of the source that it holds."""
        return sum(map(len, self.spans))

    def text(self, source: str) -> str:
        """Its characters, on one line."""
        return " ".join("".join(span.of(source) for span in self.spans).split())

    def passage(self) -> Passage:
        """The passage that it becomes in a chapter."""
        return Passage(
            kind=self.kind,
            spans=self.spans,
            breaks=self.breaks,
            scene_break_after=self.scene_break_after,
            voice=self.voice,
            insertions=self.insertions,
        )

    def skipped(self, reason: SkipReason) -> list[Skip]:
        """The skips that it becomes outside of chapters."""
        return [Skip(span=span, reason=reason) for span in self.spans]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """Blocks `first` to `end` (excluded) are to be skipped, says the book itself.

    Without a reason: they are body matter, says the book itself.
    """

    first: int
    end: int
    reason: SkipReason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Blocks and skips, which together tile `source`.

    `places` tells at which block a place named in a link begins (`path` or `path#id`), `ends`
    before which it ends if it is of whole blocks, `types` which structural types begin at a block.
    `guessed` has the places of notes that no type vouches for, each with the mark that leads there;
    `links` tells to which places links lead that are in a block or beside it.
    """

    source: str
    blocks: tuple[Block, ...]
    skips: tuple[Skip, ...]
    matters: tuple[Matter, ...] = ()
    places: Mapping[str, int] = field(default_factory=dict)
    ends: Mapping[str, int] = field(default_factory=dict)
    types: Mapping[int, frozenset[str]] = field(default_factory=dict)
    guessed: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[int, Sequence[str]] = field(default_factory=dict)

    def said(self, first: int, end: int) -> int:
        """Characters of blocks `first` to `end` (excluded) that are not headings."""
        return sum(b.chars for b in self.blocks[first:end] if b.kind is not PassageKind.HEADING)


def in_order(skips: Iterable[Skip]) -> tuple[Skip, ...]:
    """The skips sorted, those that touch and agree joined."""
    joined: list[Skip] = []
    for skip in sorted(skips, key=lambda skip: skip.span):
        last = joined[-1] if joined else None
        if last and last.reason is skip.reason and last.span.end == skip.span.start:
            joined[-1] = Skip(span=Span(last.span.start, skip.span.end), reason=skip.reason)
        elif len(skip.span):
            joined.append(skip)
    return tuple(joined)


@dataclass(slots=True)
class _Draft:
    """The block being written: its texts and where they begin, and what goes with them.

    `slot` is the number of the block that it is to be, if one is kept for it.
    """

    kind: PassageKind = PassageKind.PARAGRAPH
    level: int = 0
    linked: bool = True
    note: int = 0
    slot: int | None = None
    texts: list[tuple[int, str]] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)
    insertions: list[Insertion] = field(default_factory=list)
    cites: dict[str, None] = field(default_factory=dict)  # a set in order

    @property
    def written(self) -> str:
        """Its characters."""
        return "".join(text for _, text in self.texts)

    def follows(self, at: int) -> bool:
        """Whether a word follows at an offset, and not the end, or what closes a sentence."""
        index = bisect_right(self.texts, at, key=lambda each: each[0] + len(each[1]))
        if index == len(self.texts):
            return False
        start, text = self.texts[index]
        return text[max(0, at - start)] not in _CLOSING

    def last_word_end(self, otherwise: int) -> int:
        """Where the last character ends that is not blank, or the last insertion."""
        words = ((start, text.rstrip()) for start, text in reversed(self.texts))
        end = next((start + len(text) for start, text in words if text), otherwise)
        return max(end, self.insertions[-1].at) if self.insertions else end

    def fitting(self, spans: list[Span]) -> tuple[Insertion, ...]:
        """The insertions, each moved to the nearest of the spans' characters before it."""
        return tuple(replace(each, at=_within(spans, each.at)) for each in self.insertions)


_KEPT = Block(kind=PassageKind.PARAGRAPH, spans=())


@dataclass(slots=True)
class Scribe:
    """Writes a flow down: text in document order, block by block.

    `text` appends characters, to the open block or to one that it opens; `skip` appends characters
    that are left out; `insert` has something said that is none of the characters; `close` ends the
    block; `line_break` and `scene_break` mark where they are; `cite` says that a note is referred
    to here; `open_note` and `close_note` stand around a note, which may be inside of a block.
    """

    reading: Reading = DEFAULT_READING
    blocks: list[Block] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    length: int = 0
    _parts: list[str] = field(default_factory=list)
    _draft: _Draft = field(default_factory=_Draft)
    _around: list[_Draft] = field(default_factory=list)
    _notes: int = 0

    @property
    def source(self) -> str:
        """All characters so far."""
        return "".join(self._parts)

    @property
    def within_block(self) -> bool:
        """Whether a block is open that holds something to be said."""
        return bool(self._draft.texts or self._draft.insertions)

    @property
    def last_said(self) -> str:
        """The last character of the open block that is not blank, or nothing."""
        words = (text.rstrip() for _, text in reversed(self._draft.texts))
        return next((text[-1] for text in words if text), "")

    def text(self, text: str, kind: PassageKind, *, level: int = 0, linked: bool = False) -> None:
        """Append characters of a block of that kind (of `level` if it is a heading)."""
        draft = self._draft
        if not draft.texts:
            blank = len(text) - len(text.lstrip())
            self.skip(text[:blank], SkipReason.WHITESPACE)
            text = text[blank:]
            draft.kind, draft.level = kind, level
        if text:
            draft.linked = draft.linked and (linked or text.isspace())
            draft.texts.append((self._append(text), text))

    def skip(self, text: str, reason: SkipReason) -> None:
        """Append characters that are not spoken."""
        if text:
            start = self._append(text)
            self.skips.append(Skip(span=Span(start, self.length), reason=reason))

    def insert(self, text: str, rule: str, *, after_blank: bool = True) -> None:
        """Have `text` said here, in the open block or in one that it opens.

        Without `after_blank` it comes right after the last word, before the blanks that follow it.
        """
        draft = self._draft
        draft.linked = False
        at = self.length if after_blank else draft.last_word_end(self.length)
        draft.insertions.append(Insertion(at=at, text=text, rule=rule))

    def punctuate(self, mark: str) -> None:
        """End a cell or a row of a table by a mark, unless it ends by one."""
        if self.last_said.isalnum():
            self.insert(mark, CELL, after_blank=False)

    def line_break(self) -> None:
        """The line ends here, and the block goes on."""
        if self._draft.texts:
            self._draft.breaks.append(self.length)

    def scene_break(self) -> None:
        """The scene changes here."""
        self.close()
        if self.blocks:
            self.blocks[-1] = replace(self.blocks[-1], scene_break_after=True)
        said = announcement(SkipReason.SCENE_BREAK, self.reading)
        if said:
            self.insert(said, ANNOUNCEMENT)
            self.close()

    def cite(self, place: str) -> None:
        """The note at that place is referred to here."""
        if place:
            self._draft.cites[place] = None

    def open_note(self) -> None:
        """A note begins here; the block around it, if one is open, goes on after `close_note`."""
        if self._draft.texts and self._draft.slot is None:
            self._draft.slot = len(self.blocks)
            self.blocks.append(_KEPT)
        self._notes += 1
        self._around.append(self._draft)
        self._draft = _Draft(note=self._notes)

    def close_note(self) -> None:
        """The note ends here."""
        self.close()
        self._draft = self._around.pop()

    def close(self) -> None:
        """End the open block, if any; its trailing whitespace is none of its characters."""
        draft, self._draft = self._draft, _Draft(note=self._draft.note)
        spans = self._trimmed(draft)
        if not spans and draft.insertions:
            at = draft.insertions[0].at
            spans = [Span(at, at)]
        if not spans:
            self._cite_before(draft)
        elif not (draft.insertions or draft.slot is not None) and self._is_dumb(draft, spans):
            return
        else:
            self._write(draft, spans)

    def _write(self, draft: _Draft, spans: list[Span]) -> None:
        inserted = {each.at for each in draft.insertions}  # they keep words apart themselves
        breaks = (at for at in draft.breaks if at not in inserted and draft.follows(at))
        block = Block(
            kind=draft.kind,
            spans=tuple(spans),
            breaks=tuple(breaks),
            level=draft.level,
            link=draft.linked,
            insertions=draft.fitting(spans),
            note=draft.note,
            cites=tuple(draft.cites),
        )
        if draft.slot is None:
            self.blocks.append(block)
        else:
            self.blocks[draft.slot] = block

    def _is_dumb(self, draft: _Draft, spans: list[Span]) -> bool:
        """Skip what is but room or ornament, the latter a change of scene."""
        written = draft.written.strip()
        if not any(map(str.isprintable, written)):  # a paragraph that only makes room
            self.skips += (Skip(span=span, reason=SkipReason.UNSPEAKABLE) for span in spans)
            return True
        if draft.kind is PassageKind.HEADING or not _ORNAMENT.fullmatch(written):
            return False
        self.skips += (Skip(span=span, reason=SkipReason.SCENE_BREAK) for span in spans)
        self.scene_break()
        return True

    def _cite_before(self, draft: _Draft) -> None:
        """A reference that stands alone belongs to what is before it."""
        if draft.cites and self.blocks:
            cites = (*self.blocks[-1].cites, *draft.cites)
            self.blocks[-1] = replace(self.blocks[-1], cites=cites)

    def _append(self, text: str) -> int:
        start = self.length
        self._parts.append(text)
        self.length += len(text)
        return start

    def _trimmed(self, draft: _Draft) -> list[Span]:
        texts = draft.texts
        while texts:
            start, text = texts.pop()
            kept = len(text.rstrip())
            self._skip_blank(Span(start + kept, start + len(text)))
            if kept:
                texts.append((start, text[:kept]))
                break
        return _touching_joined(Span(start, start + len(text)) for start, text in texts)

    def _skip_blank(self, span: Span) -> None:
        if len(span):
            self.skips.append(Skip(span=span, reason=SkipReason.WHITESPACE))


def _within(spans: list[Span], at: int) -> int:
    """`at`, or the end of the last span before it, or where the first one begins."""
    index = bisect_right(spans, at, key=lambda span: span.start) - 1
    return min(at, spans[index].end) if index >= 0 else spans[0].start


def _touching_joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for span in spans:
        if joined and joined[-1].end == span.start:
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    return joined
