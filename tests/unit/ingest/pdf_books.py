"""PDFs to read: a small typesetter, which knows where it put every word."""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from narrator.ingest.pdf_pages import Page, PdfFile, Word

WIDTH, HEIGHT, MARGIN = 400.0, 600.0, 50.0
SIZE, PITCH, INDENT, GUTTER = 11.0, 13.0, 15.0, 20.0
_LETTER = 5.0

Measure = Callable[[str], float]


@dataclass(frozen=True, slots=True)
class Placed:
    """Text on one line: `y` from the bottom of its page."""

    text: str
    x: float
    y: float
    size: float = SIZE
    font: str = "Times-Roman"


@dataclass(slots=True)
class Typesetter:
    """Sets paragraphs in columns, page after page; a line ends where the next word is too wide.

    `measure` gives a text's width in points; `top` is where the first line stands.
    """

    columns: int = 1
    lines_a_column: int = 38
    measure: Measure = field(default=lambda text: stringWidth(text, "Times-Roman", SIZE))
    top: float = HEIGHT - 80
    pages: list[list[Placed]] = field(default_factory=lambda: [[]])
    _column: int = 0
    _line: int = 0

    @property
    def width(self) -> float:
        """A column's."""
        return (WIDTH - 2 * MARGIN - (self.columns - 1) * GUTTER) / self.columns

    def paragraph(self, text: str) -> None:
        """Set a paragraph; `|` in a word is where it may be broken."""
        for number, line in enumerate(self._broken(text.split())):
            self._put(line, INDENT if number == 0 else 0.0)

    def heading(self, text: str, size: float = 16.0) -> None:
        """Set a heading across the page, on a new page."""
        if self.pages[-1]:
            self.page()
        self.pages[-1].append(Placed(text, MARGIN, self.top + 4, size, "Times-Bold"))
        self._line = 3

    def page(self) -> None:
        """Go on with a new page."""
        self.pages.append([])
        self._column = self._line = 0

    def _put(self, text: str, indent: float) -> None:
        if self._line >= self.lines_a_column:
            self._line, self._column = 0, self._column + 1
        if self._column >= self.columns:
            self.page()
        x = MARGIN + self._column * (self.width + GUTTER) + indent
        self.pages[-1].append(Placed(text, x, self.top - self._line * PITCH))
        self._line += 1

    def _broken(self, words: Sequence[str]) -> Iterator[str]:
        line, room = "", self.width - INDENT
        for word in words:
            whole = word.replace("|", "")
            longer = f"{line} {whole}".strip()
            if self.measure(longer) <= room:
                line = longer
                continue
            start, bar, end = word.partition("|")
            if bar and self.measure(f"{line} {start}-") <= room:
                yield f"{line} {start}-".strip()
                line = end
            else:
                yield line
                line = whole
            room = self.width
        yield line


def with_heads(
    pages: Iterable[Sequence[Placed]], head: Callable[[int], str], foot: Callable[[int], str]
) -> list[list[Placed]]:
    """The pages, each (counted from 0) with what runs at its head and at its foot."""
    return [
        [Placed(head(n), MARGIN, HEIGHT - 40, 9.0), *page, Placed(foot(n), WIDTH / 2, 30.0, 9.0)]
        for n, page in enumerate(pages)
    ]


def pdf(
    pages: Iterable[Sequence[Placed]],
    *,
    outline: Iterable[tuple[str, int, int]] = (),
    title: str = "",
    author: str = "",
    rotation: int = 0,
    stamp: str = "",
    **options: object,
) -> bytes:
    """A PDF of these pages; the outline has titles, levels, and pages counted from 0.

    A stamp is set up the left margin of every page.
    """
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(WIDTH, HEIGHT), invariant=1, **options)
    canvas.setTitle(title)
    canvas.setAuthor(author)
    entries = list(outline)
    for number, page in enumerate(pages):
        canvas.setPageRotation(rotation)
        canvas.bookmarkPage(str(number))
        for placed in page:
            canvas.setFont(placed.font, placed.size)
            canvas.drawString(placed.x, placed.y, placed.text)
        if stamp:
            canvas.rotate(90)
            canvas.drawString(200, -20, stamp)
        canvas.showPage()
    for text, level, page_number in entries:
        canvas.addOutlineEntry(text, str(page_number), level)
    canvas.save()
    return buffer.getvalue()


def as_words(pages: Iterable[Sequence[Placed]]) -> PdfFile:
    """The pages as a PDF's words, every letter as wide as the others; no PDF is made."""
    return PdfFile(pages=tuple(Page(words=tuple(_words(page))) for page in pages))


def letters_wide(text: str) -> float:
    """The width of text in such letters."""
    return len(text) * _LETTER


def _words(page: Sequence[Placed]) -> Iterator[Word]:
    for placed in page:
        x = placed.x
        for text in placed.text.split(" "):
            right = x + letters_wide(text)
            bottom = -placed.y + placed.size / 4
            yield Word(text, x, right, bottom - placed.size, bottom, bottom - placed.size / 2)
            x = right + _LETTER
