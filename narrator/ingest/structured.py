"""Structured JSON, Narrator's own: chapters of passages of stretches, each with a voice if need be.

::

    {"narrator": 1, "title": "…", "creators": ["…"], "language": "en",
     "chapters": [{"title": "…", "voice": "aura-2-orion-en",
                   "passages": [{"text": "…"},
                                {"kind": "quotation", "voice": "aura-2-luna-en", "text": "…"},
                                {"runs": [{"text": "“Go,” "}, {"text": "he said.", "voice": "…"}]},
                                {"scene_break": true}]}]}

The JSON Schema is docs/document.schema.json. The source is the texts as they are written, in order:
each chapter's title (which is read as a heading, unless its first passage is a heading that says
the same) and its passages, two line feeds between any two, nothing between the runs of one. The
document's own title and the rest of its metadata are none of the source. A run with another voice
than the one before it begins a passage of its own. The voice of a run counts most, then that of its
passage, then that of its chapter. A line feed within a passage ends a line, which verse needs.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from narrator.domain.choices import DEFAULT_READING, Reading, Role
from narrator.domain.documents import (
    Chapter,
    Document,
    PassageKind,
    SkipReason,
)
from narrator.ingest.flow import Scribe, in_order
from narrator.ingest.structured_json import Book, Part, Stretch, parse_book

_APART = "\n\n"


def looks_structured(text: str, *, named: bool) -> bool:
    """Whether a text is an object of JSON that names chapters: ours, or meant to be.

    Of a file `named` as JSON its brackets are enough.
    """
    inner = text.strip()
    brackets = inner[:1] + inner[-1:]
    return brackets in {"{}", "[]"} if named else brackets == "{}" and '"chapters"' in inner


def read_structured(text: str, name: str, reading: Reading = DEFAULT_READING) -> Document:
    """The document; raises DocumentRefused for whatever the schema does not allow."""
    book = parse_book(text, name)
    teller = _Teller(reading=reading, scribe=Scribe(reading=reading))
    firsts = [teller.tell(part) for part in book.parts]
    teller.scribe.close()
    return Document(
        format="json",
        source=teller.scribe.source,
        metadata=book.metadata,
        chapters=tuple(_chapters(book, teller, firsts)),
        skips=in_order(teller.scribe.skips),
    )


def _chapters(book: Book, teller: "_Teller", firsts: list[int]) -> Iterator[Chapter]:
    """Chapters that hold anything to be read, numbered as they come."""
    blocks, number = teller.scribe.blocks, 0
    for part, first, end in zip(book.parts, firsts, [*firsts, len(blocks)][1:], strict=True):
        passages = tuple(
            replace(block.passage(), voice=teller.voices[index])
            for index, block in enumerate(blocks[first:end], start=first)
        )
        if passages:
            number += 1
            yield Chapter(number=number, title=part.label, passages=passages)


@dataclass(slots=True)
class _Teller:
    """Writes parts down through a scribe, and which block has which voice."""

    reading: Reading
    scribe: Scribe
    voices: list[str] = field(default_factory=list)

    def tell(self, part: Part) -> int:
        """Write a chapter down; the number of its first block."""
        first = len(self.scribe.blocks)
        for passage in part.passages:
            if passage is None:
                self.scribe.scene_break()
                self._voiced("")
                continue
            self._apart()
            for stretch in passage.stretches:
                self._stretch(stretch, passage.kind)
        return first

    def _apart(self) -> None:
        if self.scribe.length:
            self.scribe.skip(_APART, SkipReason.WHITESPACE)

    def _stretch(self, stretch: Stretch, kind: PassageKind) -> None:
        if kind is PassageKind.VERSE and not self.reading.reads(Role.VERSE):
            self.scribe.skip(stretch.text, SkipReason.VERSE)
            return
        level = 1 if kind is PassageKind.HEADING else 0
        for line in stretch.text.splitlines(keepends=True):
            self.scribe.text(line, kind, level=level)
            if line.endswith("\n"):
                self.scribe.line_break()
        self.scribe.close()
        self._voiced(stretch.voice)

    def _voiced(self, voice: str) -> None:
        """What was written since is of that voice."""
        self.voices += [voice] * (len(self.scribe.blocks) - len(self.voices))
