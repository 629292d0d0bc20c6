"""Plain text: paragraphs parted by blank lines (or one a line), chapters begun by their headings.

A heading is a line of its own that says *Chapter*, *Book*, *Letter* and the like with a number, or
*Prologue* and the like; failing these, the numbers 1, 2, 3 on lines of their own. Headings at the
start that come again further down, with no sentence between them, are a table of contents.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from narrator.domain.choices import DEFAULT_READING, Reading
from narrator.domain.documents import Document, PassageKind, SkipReason
from narrator.ingest import gutenberg
from narrator.ingest.flow import Flow, Matter, Scribe, in_order
from narrator.ingest.plaintext_notes import Notes
from narrator.ingest.roles import ANNOUNCEMENT, announcement, is_left_out
from narrator.ingest.sections import Mark, cut

_ROMAN = r"(?=[IVXLCDM])(?:C[MD]|D?C{0,3})(?:X[CL]|L?X{0,3})(?:I[XV]|V?I{0,3})"
_SPELT = (
    "(?:THE )?(?:ONE|TWO|THREE|FOUR|FIVE|SIX|SEVEN|EIGHT|NINE|TEN|ELEVEN|TWELVE|FIRST|SECOND|THIRD"
    "|FOURTH|FIFTH|SIXTH|SEVENTH|EIGHTH|NINTH|TENTH|LAST)"
)
_NUMBER = rf"(?:\d{{1,4}}|{_ROMAN}|{_SPELT})"
_WORDS = "CHAPTER|BOOK|PART|VOLUME|ACT|SCENE|CANTO|LETTER|STAVE|ADVENTURE|SECTION|LECTURE|STORY"
_HEADING = re.compile(
    rf"(?P<word>{_WORDS})\s+(?P<number>{_NUMBER})\b(?P<rest>.*)", re.DOTALL | re.IGNORECASE
)
_NAMED = re.compile(
    r"(?:THE )?(?:PROLOGUE|EPILOGUE|INTRODUCTION|PREFACE|FOREWORD|AFTERWORD|CONCLUSION|APPENDIX)"
    r"\.?",
    re.IGNORECASE,
)
_CONTENTS = re.compile(r"(?:TABLE OF )?CONTENTS\W*", re.IGNORECASE)
_BARE = re.compile(rf"(?P<number>\d{{1,3}}|{_ROMAN})\.?")
_SENTENCE_END = re.compile(r"[.!?][\"'”’)]*\Z")
_ILLUSTRATION = re.compile(r"\[Illustration[^\]]*\]", re.IGNORECASE)
_PARAGRAPH = re.compile(r"(?:[^\S\n]*\S[^\n]*(?:\n|\Z))+|(?:[^\S\n]*\n)+|\s+")
_LINE = re.compile(r"[^\n]*\S[^\n]*(?:\n|\Z)|\s+")

_LONG_LINE_CHARS = 120
"""Lines above this were not broken by hand: each is a paragraph."""

_HEADING_CHARS = 160
_HEADING_LINES = 3
_LITTLE_CHARS = 400
"""Less than this before the first heading is a title page, and between two may be no chapter."""


@dataclass(frozen=True, slots=True)
class _Heading:
    block: int
    key: str  # equal for the same heading in the table of contents and in the text


def read_plaintext(text: str, title: str, reading: Reading = DEFAULT_READING) -> Document:
    """The document; without headings it is one chapter named `title`."""
    flow = _flow(text, reading)
    headings = _headings(flow)
    metadata = gutenberg.metadata(text)
    metadata = replace(metadata, title=metadata.title or title)
    contents = _contents(flow, headings)
    flow = replace(_headed(flow, headings), matters=tuple(contents))
    listed = {index for matter in contents for index in range(matter.first, matter.end)}
    firsts = [heading.block for heading in headings if heading.block not in listed]
    chapters, skips = cut(flow, _marks(flow, firsts, metadata.title), reading)
    return Document(format="text", source=text, metadata=metadata, chapters=chapters, skips=skips)


def _flow(text: str, reading: Reading) -> Flow:
    scribe = Scribe(reading=reading)
    notes = Notes(text)
    places: dict[str, int] = {}
    for stretch in _stretches(text):
        if _ILLUSTRATION.fullmatch(stretch.strip()):
            _illustrate(scribe, stretch)
        elif _is_verse(stretch) and is_left_out(SkipReason.VERSE, reading):
            scribe.skip(stretch, SkipReason.VERSE)
        elif place := notes.place_at(scribe.length):
            scribe.open_note()
            places[place] = len(scribe.blocks)
            _write(scribe, stretch, notes)
            scribe.close_note()
        else:
            _write(scribe, stretch, notes)
    return Flow(
        source=text, blocks=tuple(scribe.blocks), skips=in_order(scribe.skips), places=places
    )


def _write(scribe: Scribe, stretch: str, notes: Notes) -> None:
    """Write a paragraph, its marks of pages and notes left out or kept apart."""
    kind = PassageKind.VERSE if _is_verse(stretch) else PassageKind.PARAGRAPH
    start, position = scribe.length, 0
    for mark in notes.marks(start, start + len(stretch)):
        scribe.text(stretch[position : mark.start - start], kind)
        written = stretch[mark.start - start : mark.end - start]
        if is_left_out(mark.reason, scribe.reading):
            scribe.skip(written, mark.reason)
        else:
            scribe.line_break()
            scribe.text(written, kind)
            scribe.line_break()
        scribe.cite(mark.place)
        position = mark.end - start
    scribe.text(stretch[position:], kind)
    scribe.close()


def _illustrate(scribe: Scribe, stretch: str) -> None:
    """A picture, of which a text file only says what it shows: `[Illustration: a map]`."""
    if is_left_out(SkipReason.FIGURE, scribe.reading):
        if said := announcement(SkipReason.FIGURE, scribe.reading):
            scribe.insert(said, ANNOUNCEMENT)
            scribe.close()
        scribe.skip(stretch, SkipReason.FIGURE)
        return
    scribe.text(stretch, PassageKind.PARAGRAPH)
    scribe.close()


def _stretches(text: str) -> Iterator[str]:
    """Paragraphs and what lies between them, all characters in order."""
    long_chars = sum(len(line) for line in text.split("\n") if len(line) > _LONG_LINE_CHARS)
    pattern = _LINE if 2 * long_chars > len(text) else _PARAGRAPH
    return (match[0] for match in pattern.finditer(text))


def _is_verse(stretch: str) -> bool:
    lines = stretch.rstrip().split("\n")
    return len(lines) > 1 and all(line.startswith(("  ", "\t")) for line in lines)


def _headed(flow: Flow, headings: list[_Heading]) -> Flow:
    indices = {heading.block for heading in headings}
    return replace(
        flow,
        blocks=tuple(
            replace(block, kind=PassageKind.HEADING, level=1) if index in indices else block
            for index, block in enumerate(flow.blocks)
        ),
    )


# ------------------------------------------------------------------------------ headings


def _headings(flow: Flow) -> list[_Heading]:
    texts = [block.spans[0].of(flow.source) for block in flow.blocks]
    found = [_Heading(i, key) for i, text in enumerate(texts) if (key := _key(text))]
    return found or _numbers(texts)


def _key(text: str) -> str:
    """What tells a heading from others; empty for what is none."""
    if len(text) > _HEADING_CHARS or text.count("\n") >= _HEADING_LINES:
        return ""
    if _NAMED.fullmatch(text) or _CONTENTS.fullmatch(text):
        return " ".join(text.upper().strip(".").split())
    match = _HEADING.fullmatch(text)
    if match and _is_title(match["word"], match["rest"]):
        return f"{match['word']} {match['number']}".upper()
    return ""


def _is_title(word: str, rest: str) -> bool:
    """Whether what follows a heading's number is a title, and not a sentence that goes on."""
    title = rest.lstrip(" \t.:;,—–-\r\n")
    if not title or "\n" in rest[: len(rest) - len(title)] or word.isupper():
        return True
    parted = rest[0] in ".:;—–-"
    return title[0].isupper() and (parted or not title.endswith((".", "!", "?", ",")))


def _numbers(texts: list[str]) -> list[_Heading]:
    """Numbers on lines of their own, if they count from 1 without a gap."""
    bare = [
        (index, _value(match["number"]))
        for index, text in enumerate(texts)
        if (match := _BARE.fullmatch(text))
    ]
    if len(bare) < 2 or [value for _, value in bare] != list(range(1, len(bare) + 1)):  # noqa: PLR2004
        return []
    return [_Heading(index, str(value)) for index, value in bare]


def _value(number: str) -> int:
    if number.isdigit():
        return int(number)
    values = [{"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}[n] for n in number]
    return sum(-one if one < other else one for one, other in pairwise([*values, 0]))


def _contents(flow: Flow, headings: list[_Heading]) -> list[Matter]:
    """Headings of a table of contents, and what little stands between them."""
    ends = [*(heading.block for heading in headings), len(flow.blocks)]
    opening: list[_Heading] = []
    for heading, end in zip(headings, ends[1:], strict=True):
        if _is_prose(flow, heading.block + 1, end):
            break
        opening.append(heading)
    keys = [heading.key for heading in headings]
    listed = [
        heading.block
        for index, heading in enumerate(opening)
        if heading.key in keys[index + 1 :] or _CONTENTS.fullmatch(heading.key)
    ]
    if not listed:
        return []
    return [Matter(first=listed[0], end=listed[-1] + 1, reason=SkipReason.CONTENTS)]


def _is_prose(flow: Flow, first: int, end: int) -> bool:
    """Whether the blocks are a chapter's: they hold much, or a sentence that ends."""
    texts = (block.text(flow.source) for block in flow.blocks[first:end])
    return _chars(flow, first, end) >= _LITTLE_CHARS or any(map(_SENTENCE_END.search, texts))


def _chars(flow: Flow, first: int, end: int) -> int:
    return sum(block.chars for block in flow.blocks[first:end])


def _marks(flow: Flow, firsts: list[int], title: str) -> list[Mark]:
    """The chapters; what precedes the first is a title page, a chapter of its own, or its start."""
    made = [Mark(first=first, title=_line(flow, first)) for first in firsts]
    if not made:
        return [Mark(first=0, title=title)]
    if gutenberg.bounds(flow.source) != (0, len(flow.source)):
        return made
    if _chars(flow, 0, firsts[0]) >= _LITTLE_CHARS:
        return [Mark(first=0, title=title), *made]
    return [replace(made[0], first=0), *made[1:]]


def _line(flow: Flow, first: int) -> str:
    return flow.blocks[first].text(flow.source)
