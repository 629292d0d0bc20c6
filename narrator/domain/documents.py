"""A document as a reader hands it over: its characters, and what each of them is.

The *source* is the reader's canonical character stream (for EPUB every text node in spine order).
All positions are offsets into it, in code points. Each character of the source belongs to exactly
one passage span or one skip: `unaccounted` proves it.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

_NAME = re.compile("[a-z]+(-[a-z]+)*")  # as reasons are named


class PassageKind(StrEnum):
    """What a passage is, which decides how it is spoken and what pause follows it."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list-item"
    QUOTATION = "quotation"
    VERSE = "verse"


class SkipReason(StrEnum):
    """Why a stretch of the source is not spoken."""

    WHITESPACE = "whitespace"  # layout between passages
    METADATA = "metadata"  # <title> and the like: names the document, is not part of it
    FRONT_MATTER = "front-matter"
    BACK_MATTER = "back-matter"
    CONTENTS = "contents"
    INDEX = "index"
    BIBLIOGRAPHY = "bibliography"
    NOT_CHOSEN = "not-chosen"  # a chapter left out by `--chapters`
    CODE = "code"
    TABLE = "table"
    FIGURE = "figure"
    CAPTION = "caption"
    EPIGRAPH = "epigraph"
    VERSE = "verse"
    FOOTNOTE = "footnote"
    NOTE_REFERENCE = "note-reference"
    PAGE_BREAK = "page-break"
    DELETED = "deleted"  # struck through by who wrote it
    SCENE_BREAK = "scene-break"
    RUNNING_HEAD = "running-head"  # printed on every page, its number included
    LINE_HYPHEN = "line-hyphen"  # the typesetter's, where a line ends amid a word
    NON_LINEAR = "non-linear"  # outside of the book's reading order
    BOILERPLATE = "boilerplate"  # what a web page has around its article
    MARKUP = "markup"  # written for a program, not for a reader
    HIDDEN = "hidden"  # script, style, hidden elements
    UNSPEAKABLE = "unspeakable"  # nothing in it can be pronounced (a row of asterisks)
    LICENCE = "licence"  # Project Gutenberg's header and footer
    UNSPOKEN = "unspoken"  # to be spoken, but no answer held; only where the job was to skip such

    @classmethod
    def named(cls, name: str) -> "SkipReason":
        """The reason of that name; one that only a later release knows is kept as it is named.

        Raises ValueError for what is no name.
        """
        if name in cls.__members__.values():
            return cls(name)
        if not _NAME.fullmatch(name):
            raise ValueError(name)
        unknown = str.__new__(cls, name)
        unknown._name_ = unknown._value_ = name
        return unknown


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters `start` (included) to `end` (excluded) of the source."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, source: str) -> str:
        """The characters themselves."""
        return source[self.start : self.end]


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """A stretch of the source that is not spoken, and why."""

    span: Span
    reason: SkipReason


INITIAL = "initial"
"""The rule of an insertion that is the first letter of the word which follows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Insertion:
    """`text` is said at offset `at` although it is none of the source's characters, by `rule`.

    A picture's alternative text, or the word that there is a table.
    """

    at: int
    text: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A paragraph, heading, list item, quotation or verse.

    `spans` are its characters in order; what lies between two of them (a note reference, say) is a
    skip of the document. `breaks` are offsets at which the markup ends a line (`<br/>`), so that
    the words on either side stay apart. `scene_break_after` marks a change of scene before the
    next passage. `voice` is the name of the voice that the document itself asks for, or empty.
    `insertions` are said besides, in order, each within a span or at an edge of one; a span of no
    length is there for the sake of its insertion. Passages come in the order in which they are
    read, which need not be that of the source (a note may be read where it is referred to).
    """

    kind: PassageKind
    spans: tuple[Span, ...]
    breaks: tuple[int, ...] = ()
    scene_break_after: bool = False
    voice: str = ""
    insertions: tuple[Insertion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A body chapter: what `narrator plan` numbers, from 1."""

    number: int
    title: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """A raster picture: JPEG or PNG bytes."""

    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What the document says of itself; every field may be empty."""

    title: str = ""
    creators: tuple[str, ...] = ()
    language: str = ""  # BCP 47
    identifier: str = ""
    publisher: str = ""
    date: str = ""
    description: str = ""
    series: str = ""
    series_position: str = ""  # such as 2 or 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Pronunciation:
    """The document's own word for how `written` is said: in IPA, or in other words."""

    written: str
    said: str
    ipa: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a reader makes of bytes.

    `format` is epub, text, markdown, html, docx, pdf or json. `pronunciations` come with it; a
    lexicon's count more.
    """

    format: str
    source: str
    metadata: Metadata
    chapters: tuple[Chapter, ...]
    skips: tuple[Skip, ...]
    cover: Cover | None = None
    pronunciations: tuple[Pronunciation, ...] = ()

    @property
    def sha256(self) -> str:
        """Digest of the source in UTF-8 (lone surrogates are kept as they are)."""
        return hashlib.sha256(self.source.encode("utf-8", "surrogatepass")).hexdigest()


def unaccounted(length: int, spans: Iterator[Span]) -> list[Span]:
    """Stretches of `[0, length)` that no span covers, or that two spans cover.

    Empty when the spans tile the whole exactly. Spans may come in any order; those of no length
    cover nothing, wherever they are.
    """
    wrong: list[Span] = []
    position = 0
    for span in sorted(span for span in spans if span.start != span.end):
        if span.start > position:
            wrong.append(Span(position, span.start))
        elif span.start < position:
            wrong.append(Span(span.start, min(position, span.end)))
        position = max(position, span.end)
    if position < length:
        wrong.append(Span(position, length))
    return wrong
