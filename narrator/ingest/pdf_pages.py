"""What PDFium finds in a PDF: words with their places, the outline, what the file says of itself.

The only module that knows PDFium (pypdfium2). PDFium gives characters in the order in which the
file draws them, with the spaces and line ends that their places suggest; here they become words in
upright coordinates: to the right and *down*, in points, text that runs up or down a page turned
with its page. Reading order is for `pdf_layout` to find.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2 as pdfium
from pypdfium2 import raw

from narrator.domain.errors import DocumentRefused
from narrator.ingest import limits

_OCR = "if its pages are pictures, run text recognition (OCR) over it first"
_AGAIN = "print it to a new PDF, or hand in its text"
_LINE_HYPHEN = "\x02"  # PDFium's word for a hyphen, hard or soft, at a line's end amid a word
_UNMAPPED = "\ufffd"
_MOST_UNMAPPED = 0.3
_SAME_SIZE = 0.85
"""A smaller letter beside a larger one is a note's mark or a small capital."""

_RAISED = 0.45
"""Of its font's box: so high above the bottom, below the base of letters, no other digit begins."""

_DIGITS_BESIDE = re.compile(r"(?<=\D)\d{1,3}\Z|\A\d{1,3}(?=[^\W\d])")
_NONE = range(0)
_MOST_ENTRIES = 100_000
_DEEPEST_ENTRY = 15
_BOLD_WEIGHT = 600
_BOLD_NAMES = ("bold", "black", "heavy", "semibold", "-demi")


@dataclass(frozen=True, slots=True)
class Word:
    """Letters without a space among them, of one size.

    `top` and `bottom` are those of its font, so that `bottom - top` tells the font's size; `row` is
    the middle of the line that it stands in. A `glued` word goes on from the one before it: a
    note's mark, small capitals.
    """

    text: str
    left: float
    right: float
    top: float
    bottom: float
    row: float
    glued: bool = False
    bold: bool = False

    @property
    def size(self) -> float:
        """Height of its font, in points."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Words in the order in which they are drawn; those that nobody sees, and lettering across."""

    words: tuple[Word, ...]
    turned: tuple[Word, ...] = ()
    hidden: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    """An entry of the outline: `level` from 0; `top` is how far down its page, if it says so."""

    title: str
    level: int
    page: int
    top: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfFile:
    """All that is wanted of a PDF. `info` holds Title, Author and the like."""

    pages: tuple[Page, ...]
    bookmarks: tuple[Bookmark, ...] = ()
    info: tuple[tuple[str, str], ...] = ()
    language: str = ""


def open_pdf(data: bytes, name: str) -> PdfFile:
    """What is in the file; raises DocumentRefused: encrypted, broken, too long, only pictures."""
    try:
        with pdfium.PdfDocument(data) as file:
            _refuse_length(len(file), name)
            pages = tuple(_pages(file, name))
            bookmarks = tuple(_bookmarks(file, pages))
            info = tuple(file.get_metadata_dict(skip_empty=True).items())
            found = PdfFile(pages=pages, bookmarks=bookmarks, info=info, language=_language(file))
    except pdfium.PdfiumError as error:
        raise _refusal(name, error.err_code) from None
    _refuse_pictures(found, name)
    return found


# ------------------------------------------------------------------------------ refusals


def _refusal(name: str, code: int | None) -> DocumentRefused:
    if code in {raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY}:
        return DocumentRefused(
            f"{name} is encrypted: it opens with a password only",
            remedy="save it without the password, and hand in that file",
        )
    return DocumentRefused(f"{name} is a broken PDF", remedy=_AGAIN)


def _refuse_length(pages: int, name: str) -> None:
    if pages > limits.MOST_PAGES:
        raise DocumentRefused(
            f"{name} has more than {limits.MOST_PAGES:,} pages", remedy="split the document"
        )


def _refuse_pictures(file: PdfFile, name: str) -> None:
    """Refuse what has no letters, or letters that the file does not name."""
    words = [word.text for page in file.pages for word in page.words]
    chars = sum(map(len, words))
    if not chars:
        raise DocumentRefused(f"{name} has no text in it, only pictures of it", remedy=_OCR)
    if sum(word.count(_UNMAPPED) for word in words) > _MOST_UNMAPPED * chars:
        raise DocumentRefused(f"{name} does not say which letters its signs are", remedy=_OCR)


# ------------------------------------------------------------------------------ words


@dataclass(frozen=True, slots=True)
class _Letters:
    """A run of characters on a text page, with the box of its first and of its last."""

    first: int
    end: int
    text: str
    starts_line: bool


def _pages(file: pdfium.PdfDocument, name: str) -> Iterator[Page]:
    chars = 0
    for index in range(len(file)):
        try:
            page = file[index]
        except pdfium.PdfiumError:  # one that is broken; the others may be whole
            yield Page(words=())
            continue
        text = page.get_textpage()
        chars += text.count_chars()
        if chars > limits.MOST_SOURCE_CHARS:
            raise DocumentRefused(
                f"{name} has more than {limits.MOST_SOURCE_CHARS:,} characters", remedy="split it"
            )
        yield _page(page, text)
        text.close()
        page.close()


def _page(page: pdfium.PdfPage, text: pdfium.PdfTextPage) -> Page:
    frame = _media_box(page)
    found: list[tuple[int, bool, Word]] = []
    bold = False
    for letters in _runs(text):
        if letters.starts_line or bold:  # a line that begins in bold may go on in regular letters
            bold = _is_bold(text, letters.first)
        quarter = _quarter(raw.FPDFText_GetCharAngle(text.raw, letters.first))
        for word, box in _words(text, letters, quarter, bold=bold):
            found.append((quarter, _inside(box, frame), word))
    most = Counter({0: 0})
    for quarter, _, word in found:
        most[quarter] += len(word.text)
    upright = max(most, key=lambda quarter: (most[quarter], -quarter))
    return Page(
        words=tuple(word for quarter, seen, word in found if seen and quarter == upright),
        turned=tuple(word for quarter, seen, word in found if seen and quarter != upright),
        hidden=tuple(word for _, seen, word in found if not seen),
    )


def _runs(text: pdfium.PdfTextPage) -> Iterator[_Letters]:
    """The page's text, parted at spaces, line ends, and hyphens at line ends."""
    letters: list[str] = []
    first, starts = 0, True
    handle, unicode_of = text.raw, raw.FPDFText_GetUnicode
    for index in range(text.count_chars()):
        letter = _letter(unicode_of(handle, index))
        if letter.isspace() or not letter:
            if letters:
                yield _Letters(first, index, "".join(letters), starts)
                letters, starts = [], False
            starts = starts or letter in "\r\n"
            first = index + 1
            continue
        if not letters:
            first = index
        letters.append("-" if letter == _LINE_HYPHEN else letter)
        if letter == _LINE_HYPHEN:
            yield _Letters(first, index + 1, "".join(letters), starts)
            letters, starts = [], True
    if letters:
        yield _Letters(first, text.count_chars(), "".join(letters), starts)


def _letter(code: int) -> str:
    """The character; a control that means nothing is as good as a space."""
    if code in {0, 0xFFFE, 0xFFFF} or code > 0x10FFFF:  # noqa: PLR2004  what Unicode has none of
        return _UNMAPPED
    letter = chr(code)
    return letter if code >= ord(" ") or letter in "\t\r\n" + _LINE_HYPHEN else " "


_Box = tuple[float, float, float, float]


def _words(
    text: pdfium.PdfTextPage, letters: _Letters, quarter: int, *, bold: bool
) -> Iterator[tuple[Word, _Box]]:
    """The run as words of one size each (nearly always one), each with its box on the page."""
    boxes = [_box(text, letters.first), _last_box(text, letters)]
    first, last = (_upright(box, quarter) for box in boxes)
    raised = _NONE if quarter else _raised(text, letters)
    if _alike(first, last) and not raised:
        yield _word(letters.text, first, last, _middle(first), bold=bold), boxes[0]
        return
    uprights = [_upright(_box(text, i), quarter) for i in range(letters.first, letters.end - 1)]
    uprights.append(last)
    for index in raised:
        uprights[index - letters.first] = _upright(_tight(text, index), 0)
    host = max(uprights, key=lambda box: box[3] - box[1])
    start = 0
    for index in range(1, len(uprights) + 1):
        if index < len(uprights) and _alike(uprights[start], uprights[index]):
            continue
        part = letters.text[start:index]
        ends = uprights[start], uprights[index - 1]
        row = _middle(host if _overlap(ends[0], host) else ends[0])
        glued = start > 0 and _overlap(uprights[start], uprights[start - 1])
        yield _word(part, *ends, row, glued=glued, bold=bold), boxes[0]
        start = index


def _word(
    text: str, first: _Box, last: _Box, row: float, *, glued: bool = False, bold: bool = False
) -> Word:
    left, right = min(first[0], last[0]), max(first[2], last[2])
    return Word(text, left, right, first[1], first[3], row, glued, bold)


def _box(text: pdfium.PdfTextPage, index: int) -> _Box:
    left, bottom, right, top = text.get_charbox(index, loose=True)
    return left, bottom, right, top


def _tight(text: pdfium.PdfTextPage, index: int) -> _Box:
    left, bottom, right, top = text.get_charbox(index)
    return left, bottom, right, top


def _last_box(text: pdfium.PdfTextPage, letters: _Letters) -> _Box:
    """The box of the run's last character; of a hyphen PDFium may have no more than the stroke."""
    box = _box(text, letters.end - 1)
    if letters.text[-1] != "-" or letters.end - letters.first == 1:
        return box
    before = _box(text, letters.end - 2)
    if before[1] <= box[1] and box[3] <= before[3]:
        return box[0], before[1], box[2], before[3]
    if before[0] <= box[0] and box[2] <= before[2]:  # text that runs up or down
        return before[0], box[1], before[2], box[3]
    return box


def _raised(text: pdfium.PdfTextPage, letters: _Letters) -> range:
    """Which characters are raised digits at an end of the run, of one size by the font's box.

    Fonts have such digits of their own (OpenType's `sups`), and notes are numbered with them.
    """
    if not (found := _DIGITS_BESIDE.search(letters.text)):
        return _NONE
    digits = range(letters.first + found.start(), letters.first + found.end())
    for index in digits:
        _, bottom, _, top = _box(text, index)
        if _tight(text, index)[1] - bottom <= _RAISED * (top - bottom):
            return _NONE
    return digits


def _upright(box: _Box, quarter: int) -> _Box:
    """The box as left, top, right, bottom of a page turned so that its text is upright."""
    left, bottom, right, top = box
    match quarter:
        case 1:
            return -top, -right, -bottom, -left
        case 2:
            return -right, bottom, -left, top
        case 3:
            return bottom, left, top, right
        case _:
            return left, -top, right, -bottom


def _alike(one: _Box, other: _Box) -> bool:
    """Whether two letters are of one size, on one line."""
    sizes = sorted((one[3] - one[1], other[3] - other[1]))
    return sizes[0] >= _SAME_SIZE * sizes[1] and abs(one[3] - other[3]) <= sizes[1] / 4


def _overlap(one: _Box, other: _Box) -> bool:
    common = min(one[3], other[3]) - max(one[1], other[1])
    return common > min(one[3] - one[1], other[3] - other[1]) / 3


def _middle(box: _Box) -> float:
    return (box[1] + box[3]) / 2


def _quarter(angle: float) -> int:
    return round(angle / (math.pi / 2)) % 4 if math.isfinite(angle) else 0


def _media_box(page: pdfium.PdfPage) -> _Box:
    left, bottom, right, top = page.get_cropbox()
    return min(left, right), min(bottom, top), max(left, right), max(bottom, top)


def _inside(box: _Box, frame: _Box) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return frame[0] <= x <= frame[2] and frame[1] <= y <= frame[3]


def _is_bold(text: pdfium.PdfTextPage, index: int) -> bool:
    if raw.FPDFText_GetFontWeight(text, index) >= _BOLD_WEIGHT:
        return True
    letters = text.get_textobj(index)
    name = letters.get_font().get_base_name().lower() if letters else ""
    return any(each in name for each in _BOLD_NAMES)


# ------------------------------------------------------------------------------ the file itself


def _bookmarks(file: pdfium.PdfDocument, pages: tuple[Page, ...]) -> Iterator[Bookmark]:
    for number, entry in enumerate(file.get_toc(max_depth=_DEEPEST_ENTRY)):
        if number >= _MOST_ENTRIES:
            return
        place = entry.get_dest()
        page = place.get_index() if place else None
        if place and page is not None and page < len(pages):
            title = " ".join(entry.get_title().replace("\0", "").split())
            yield Bookmark(title=title, level=entry.level, page=page, top=_top(place))


def _top(place: pdfium.PdfDest) -> float | None:
    mode, position = place.get_view(tuple)
    if mode == raw.PDFDEST_VIEW_XYZ and len(position) > 1:
        return -float(position[1])
    if mode in {raw.PDFDEST_VIEW_FITH, raw.PDFDEST_VIEW_FITBH} and position:
        return -float(position[0])
    return None


def _language(file: pdfium.PdfDocument) -> str:
    """The catalogue's /Lang, which is a BCP 47 tag."""
    size = raw.FPDFCatalog_GetLanguage(file, None, 0)
    if size <= 2:  # noqa: PLR2004  the bytes of a closing NUL
        return ""
    buffer = (raw.FPDF_WCHAR * (size // 2))()
    raw.FPDFCatalog_GetLanguage(file, buffer, size)
    return "".join(map(chr, buffer[: size // 2 - 1])).strip()
