"""The plan: what will be spoken, chunk by chunk, and what will not, and why.

A plan is made of a document and options alone, so the same input always gives the same plan. Each
chunk's spoken text comes from its source spans by recorded edits, so that it can be undone:
`spoken(source, spans, edits)` gives `chunk.text`, and each edit's span gives back what it replaced.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from narrator.domain.documents import Metadata, Skip, Span

PLAN_VERSION = 1


class Boundary(StrEnum):
    """What lies between a chunk and the next one of its chapter; it decides the pause."""

    SENTENCE = "sentence"  # the same passage goes on
    PARAGRAPH = "paragraph"
    HEADING = "heading"  # after a heading
    SCENE = "scene"
    CHAPTER = "chapter"  # the chapter ends here


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """`span` of the source is spoken as `after`, by the named normalisation `rule`.

    A span of no length is an insertion.
    """

    span: Span
    after: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """What is spoken in one go. `index` counts from 0 within the chapter."""

    index: int
    spans: tuple[Span, ...]
    edits: tuple[Edit, ...]
    text: str
    boundary: Boundary
    voice: str = ""  # its name; empty for the narrator's

    @property
    def chars(self) -> int:
        """Characters as the provider is sent them (code points)."""
        return len(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedChapter:
    """A chapter that will be spoken; `number` is its body number in the document."""

    number: int
    title: str
    chunks: tuple[Chunk, ...]

    @property
    def chars(self) -> int:
        """Characters to be spoken."""
        return sum(chunk.chars for chunk in self.chunks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that will be spoken and every stretch that will not."""

    format: str
    source_sha256: str
    source_chars: int
    metadata: Metadata
    chapters: tuple[PlannedChapter, ...]
    skips: tuple[Skip, ...]

    @property
    def chars(self) -> int:
        """Characters to be spoken."""
        return sum(chapter.chars for chapter in self.chapters)

    def chunks(self) -> Iterator[Chunk]:
        """Every chunk, in the order in which they are spoken."""
        return (chunk for chapter in self.chapters for chunk in chapter.chunks)

    def spans(self) -> Iterator[Span]:
        """Every span that a chunk or a skip accounts for; together they tile the source."""
        for chapter in self.chapters:
            for chunk in chapter.chunks:
                yield from chunk.spans
        for skip in self.skips:
            yield skip.span


def chars_by_voice(chunks: Iterable[Chunk], narrator: str) -> dict[str, int]:
    """Characters by the name of the voice that speaks them, most first."""
    chars: Counter[str] = Counter()
    for chunk in chunks:
        chars[chunk.voice or narrator] += chunk.chars
    return dict(chars.most_common())


def spoken(source: str, spans: Iterable[Span], edits: Iterable[Edit]) -> str:
    """The spoken text of some spans of the source under some edits (sorted, disjoint, inside)."""
    parts: list[str] = []
    waiting = list(edits)
    for span in spans:
        position = span.start
        while waiting and waiting[0].span.end <= span.end and waiting[0].span.start >= position:
            edit = waiting.pop(0)
            parts += (source[position : edit.span.start], edit.after)
            position = edit.span.end
        parts.append(source[position : span.end])
    return "".join(parts)
