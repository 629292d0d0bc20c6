"""Typesets a plain text as a PDF, reads it back, and counts what went astray.

`python benchmarks/reading_pdf.py BOOK.txt`: one and two columns, running heads, page numbers,
chapters that begin with `Chapter N`, and words broken at line ends after any two letters.
"""

import difflib
import io
import re
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from narrator.domain.documents import Document
from narrator.ingest.read import read

WIDTH, HEIGHT, MARGIN = 420.0, 595.0, 50.0
FONT, SIZE, PITCH, INDENT, GUTTER = "Times-Roman", 11.0, 13.2, 14.0, 16.0
_FEWEST_LETTERS = 3


def paragraphs(text: str) -> list[str]:
    """The paragraphs from the first chapter to Project Gutenberg's licence."""
    body = text[text.index("\nChapter 1\n") : text.index("*** END")]
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


def report(texts: list[str], columns: int) -> None:
    """Print how the book comes back."""
    data = typeset(texts, columns)
    began, cpu = time.monotonic(), time.process_time()
    document = read(data, "book.pdf")
    seconds, cpu_seconds = time.monotonic() - began, time.process_time() - cpu
    found = passages(document)
    wanted = [text for text in texts if any(map(str.isalnum, text))]
    got, words = " ".join(found).split(), " ".join(wanted).split()
    same = _same_words(wanted, found)
    kept = len(set(found) & set(wanted)) / len(set(wanted))
    print(
        f"{columns} column(s): {document.source.count(chr(12))} pages, {len(document.chapters)}"
        f" chapters, {len(words):,} words: in order {same / len(words):.5f}, too many"
        f" {len(got) - same}; paragraphs exact {kept:.4f}; {seconds:.1f} s ({cpu_seconds:.1f} s of"
        f" processor), {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB at most"
    )


def main() -> None:
    """Read the book set in one column, and in two."""
    texts = paragraphs(Path(sys.argv[1]).read_text(encoding="utf-8-sig"))
    for columns in (1, 2):
        report(texts, columns)


if __name__ == "__main__":
    main()
