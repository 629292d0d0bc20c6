"""The flow of a document: its characters in order, and what each stretch of them is.

Every reader makes a `Flow`; `sections` cuts it into chapters. A `Scribe` writes one down from a
walk over marked-up text.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from narrator.domain.documents import Passage, PassageKind, Skip, SkipReason, Span

# A line that only ornaments: asterisks, bullets, dashes, fleurons.
_ORNAMENT = re.compile(r"[^\w\"“”‘’'?!]{1,60}|[oO](?:\s+[oO]){2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A passage to be.

    `level` is a heading's, 1 to 6; `link` says that all of it is one link to a place in the book,
    which makes it a line of a table of contents.
    """

    kind: PassageKind
    spans: tuple[Span, ...]
    breaks: tuple[int, ...] = ()
    level: int = 0
    link: bool = False
    scene_break_after: bool = False

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

    `places` tells at which block a place named in a link begins (`path` or `path#id`), `types`
    which structural types begin at a block.
    """

    source: str
    blocks: tuple[Block, ...]
    skips: tuple[Skip, ...]
    matters: tuple[Matter, ...] = ()
    places: Mapping[str, int] = field(default_factory=dict)
    types: Mapping[int, frozenset[str]] = field(default_factory=dict)

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
class Scribe:
    """Writes a flow down: text in document order, block by block.

    `text` appends characters, to the open block or to one that it opens; `skip` appends characters
    that are left out; `close` ends the block; `line_break` and `scene_break` mark where they are.
    """

    blocks: list[Block] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    length: int = 0
    _parts: list[str] = field(default_factory=list)
    _open: list[tuple[int, str]] = field(default_factory=list)
    _breaks: list[int] = field(default_factory=list)
    _kind: PassageKind = PassageKind.PARAGRAPH
    _level: int = 0
    _linked: bool = True

    @property
    def source(self) -> str:
        """All characters so far."""
        return "".join(self._parts)

    def text(self, text: str, kind: PassageKind, *, level: int = 0, linked: bool = False) -> None:
        """Append characters of a block of that kind (of `level` if it is a heading)."""
        if not self._open:
            blank = len(text) - len(text.lstrip())
            self.skip(text[:blank], SkipReason.WHITESPACE)
            text = text[blank:]
            self._kind, self._level, self._linked = kind, level, True
        if text:
            self._linked = self._linked and (linked or text.isspace())
            self._open.append((self._append(text), text))

    def skip(self, text: str, reason: SkipReason) -> None:
        """Append characters that are not spoken."""
        if text:
            start = self._append(text)
            self.skips.append(Skip(span=Span(start, self.length), reason=reason))

    def line_break(self) -> None:
        """The line ends here, and the block goes on."""
        if self._open:
            self._breaks.append(self.length)

    def scene_break(self) -> None:
        """The scene changes here."""
        self.close()
        if self.blocks:
            self.blocks[-1] = replace(self.blocks[-1], scene_break_after=True)

    def close(self) -> None:
        """End the open block, if any; its trailing whitespace is none of its characters."""
        spans = self._trimmed()
        breaks = [at for at in self._breaks if spans and at < spans[-1].end]
        written = "".join(text for _, text in self._open).strip()
        self._open, self._breaks = [], []
        if not spans:
            return
        if not any(map(str.isprintable, written)):  # a paragraph that only makes room
            self.skips += (Skip(span=span, reason=SkipReason.UNSPEAKABLE) for span in spans)
            return
        if self._kind is not PassageKind.HEADING and _ORNAMENT.fullmatch(written):
            self.skips += (Skip(span=span, reason=SkipReason.SCENE_BREAK) for span in spans)
            self.scene_break()
            return
        self.blocks.append(
            Block(
                kind=self._kind,
                spans=tuple(spans),
                breaks=tuple(breaks),
                level=self._level,
                link=self._linked,
            )
        )

    def _append(self, text: str) -> int:
        start = self.length
        self._parts.append(text)
        self.length += len(text)
        return start

    def _trimmed(self) -> list[Span]:
        while self._open:
            start, text = self._open.pop()
            kept = len(text.rstrip())
            self._skip_blank(Span(start + kept, start + len(text)))
            if kept:
                self._open.append((start, text[:kept]))
                break
        return _touching_joined(Span(start, start + len(text)) for start, text in self._open)

    def _skip_blank(self, span: Span) -> None:
        if len(span):
            self.skips.append(Skip(span=span, reason=SkipReason.WHITESPACE))


def _touching_joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for span in spans:
        if joined and joined[-1].end == span.start:
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    return joined
