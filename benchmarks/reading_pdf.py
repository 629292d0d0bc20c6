"""Typesets a plain text as a PDF, reads it back, and counts what went astray.

`python benchmarks/reading_pdf.py BOOK.txt [--chapters N]`: one and two columns, running heads, page
numbers, chapters that begin with `Chapter N`. Set by ReportLab, words broken at line ends after any
two letters; and with a footnote in every tenth paragraph by Typst, WeasyPrint and Chromium, as far
as they are here (Chromium: without notes), hyphenated by their dictionaries.
"""

import argparse
import difflib
import io
import re
import resource
import time
from collections.abc import Iterator
from pathlib import Path

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from benchmarks.rig.pdfs import Piece, producers
from narrator.domain.documents import Document, SkipReason
from narrator.ingest.read import read

WIDTH, HEIGHT, MARGIN = 420.0, 595.0, 50.0
FONT, SIZE, PITCH, INDENT, GUTTER = "Times-Roman", 11.0, 13.2, 14.0, 16.0
_FEWEST_LETTERS = 3
_FEWEST_NOTED = 100
_NOTE_WORDS = 20
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl"})


def paragraphs(text: str) -> list[str]:
    """The paragraphs from the first chapter to Project Gutenberg's licence."""
    body = text[text.index("\nChapter 1\n") : text.index("*** END")]
    body = body.replace("--", "—").replace("_", "")
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", body) if part.strip()]


def lines(text: str, width: float) -> Iterator[str]:
    """The paragraph in lines, words broken where that fills them."""
    line, room = "", width - INDENT
    for word in text.split():
        rest = word
        while stringWidth(f"{line} {rest}".strip(), FONT, SIZE) > room:
            head = _head(line, rest, room)
            yield f"{line} {head}".strip()
            line, rest, room = "", rest[len(head) - 1 :] if head else rest, width
        line = f"{line} {rest}".strip()
    yield line


def _head(line: str, word: str, room: float) -> str:
    """As much of a word as fits the line, with a hyphen; nothing if it may not be broken."""
    if not word.isalpha() or not word.islower():
        return ""
    for end in range(len(word) - _FEWEST_LETTERS, _FEWEST_LETTERS - 1, -1):
        if stringWidth(f"{line} {word[:end]}-".strip(), FONT, SIZE) <= room:
            return f"{word[:end]}-"
    return ""


def typeset(texts: list[str], columns: int) -> bytes:
    """The PDF."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(WIDTH, HEIGHT), invariant=1)
    width = (WIDTH - 2 * MARGIN - (columns - 1) * GUTTER) / columns
    column, y, page = columns, 0.0, 0
    for text in texts:
        heading = re.fullmatch(r"Chapter \d+", text)
        if heading:
            column, y = columns, 0.0
        for number, line in enumerate(lines(text, width)):
            if y < MARGIN:
                column, y = column + 1, HEIGHT - 80
            if column >= columns:
                page += 1
                column, y = 0, HEIGHT - 80
                _new_page(canvas, page)
            x = MARGIN + column * (width + GUTTER)
            if heading:
                canvas.setFont("Times-Bold", 16)
                canvas.bookmarkPage(text)
                canvas.addOutlineEntry(text, text, 0)
                canvas.drawString(x, y, line)
                y -= 30
                canvas.setFont(FONT, SIZE)
                continue
            canvas.drawString(x + (0 if number else INDENT), y, line)
            y -= PITCH
    canvas.save()
    return buffer.getvalue()


def _new_page(canvas: Canvas, page: int) -> None:
    if page > 1:
        canvas.showPage()
    canvas.setFont("Times-Italic", 9)
    canvas.drawString(MARGIN, HEIGHT - 45, f"{page} Pride and Prejudice" if page % 2 else "Austen")
    canvas.drawString(WIDTH / 2, 28, str(page))
    canvas.setFont(FONT, SIZE)


def passages(document: Document) -> list[str]:
    """What is read, a passage each."""
    return [
        " ".join("".join(span.of(document.source) for span in passage.spans).split())
        for chapter in document.chapters
        for passage in chapter.passages
    ]


def _opcodes(one: list[str], other: list[str]) -> list[tuple[str, int, int, int, int]]:
    return difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes()


def _same_words(wanted: list[str], found: list[str]) -> int:
    """How many words come back in their order, paragraph by paragraph."""
    same = 0
    for what, a, b, c, d in _opcodes(wanted, found):
        words, got = " ".join(wanted[a:b]).split(), " ".join(found[c:d]).split()
        if what == "equal":
            same += len(words)
            continue
        blocks = difflib.SequenceMatcher(None, words, got, autojunk=False).get_matching_blocks()
        same += sum(block.size for block in blocks)
    return same


def report(name: str, data: bytes, texts: list[str], notes: list[str]) -> None:
    """Print how the book comes back."""
    began, cpu = time.monotonic(), time.process_time()
    document = read(data, "book.pdf")
    seconds, cpu_seconds = time.monotonic() - began, time.process_time() - cpu
    found = [text.translate(_LIGATURES) for text in passages(document)]
    wanted = [text for text in texts if any(map(str.isalnum, text))]
    got, words = " ".join(found).split(), " ".join(wanted).split()
    same = _same_words(wanted, found)
    kept = len(set(found) & set(wanted)) / len(set(wanted))
    left_out = "".join(
        skip.span.of(document.source)
        for skip in document.skips
        if skip.reason is SkipReason.FOOTNOTE
    )
    of_notes = sum(note.split()[-1].rstrip(".") in left_out for note in notes)
    print(
        f"{name}: {document.source.count(chr(12))} pages, {len(document.chapters)}"
        f" chapters, {len(words):,} words: in order {same / len(words):.5f}, too many"
        f" {len(got) - same}; paragraphs exact {kept:.4f}; notes told {of_notes} of {len(notes)};"
        f" {seconds:.1f} s ({cpu_seconds:.1f} s of"
        f" processor), {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB at most"
    )


def pieces(texts: list[str]) -> list[Piece]:
    """The paragraphs, every tenth with a note that ends in a word of its own."""
    return [
        Piece(
            text=text,
            heading=bool(re.fullmatch(r"Chapter \d+", text)),
            note=f"{' '.join(text.split()[3:_NOTE_WORDS])}, as it is told in note{n}."
            if n % 10 == 5 and len(text) > _FEWEST_NOTED  # noqa: PLR2004
            else "",
        )
        for n, text in enumerate(texts)
    ]


def main() -> None:
    """Read the book set in one column, and in two, by each producer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("book", type=Path)
    parser.add_argument("--chapters", type=int, default=0, help="only so many (0: all)")
    asked = parser.parse_args()
    texts = paragraphs(asked.book.read_text(encoding="utf-8-sig"))
    if asked.chapters:
        texts = texts[: texts.index(f"Chapter {asked.chapters + 1}")]
    for columns in (1, 2):
        report(f"reportlab, {columns} column(s)", typeset(texts, columns), texts, [])
    noted = pieces(texts)
    for name, make in producers().items():
        notes = [piece.note for piece in noted if piece.note and name != "chromium"]
        for columns in (1, 2):
            report(f"{name}, {columns} column(s)", make(noted, columns), texts, notes)


if __name__ == "__main__":
    main()
