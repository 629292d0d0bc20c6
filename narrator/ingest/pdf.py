"""PDF → document, with PDFium for the letters and their places.

The source is the text of the pages in order: of each page what runs at its head, its lines in
reading order (column after column), what runs at its foot, lettering across the page, and letters
outside of it; words parted by one space, lines ended by a newline, pages by a form feed. It is made
of the file's bytes alone, so that the same bytes always give the same source. Ligatures and hyphens
stay in it as the file has them; a typesetter's hyphen is a skip, and so are running heads, page
numbers and what else is not read.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from narrator.domain.choices import DEFAULT_READING, Reading
from narrator.domain.documents import Document, Metadata, SkipReason
from narrator.ingest import pdf_notes
from narrator.ingest.flow import Matter
from narrator.ingest.pdf_chapters import outline_marks, starts
from narrator.ingest.pdf_flow import Sheet, vocabulary, write
from narrator.ingest.pdf_furniture import furniture
from narrator.ingest.pdf_hyphens import Hyphens
from narrator.ingest.pdf_layout import Line, lay_out_all, rows_of, with_initials
from narrator.ingest.pdf_pages import Page, PdfFile, open_pdf
from narrator.ingest.pdf_paragraphs import Draft, Use, paragraphs
from narrator.ingest.sections import cut

_NO_TITLE = re.compile(
    r"untitled(?: document)?|microsoft word\b.*|.*\.(?:docx?|indd|tex|dvi|pdf|odt|qxd|rtf)|\W*",
    re.IGNORECASE,
)
_NO_AUTHOR = frozenset({"", "anonymous", "unknown", "author", "user", "admin", "administrator"})
_AUTHORS = re.compile(r"\s*(?:;|\band\b|&)\s*")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_DATE = re.compile(r"D:(\d{4})(\d\d)?(\d\d)?")
_CONTENTS = re.compile(r"(?:table of )?contents\W*", re.IGNORECASE)
_PAGED = re.compile(r"(?:\d{1,4}|[ivxlc]{1,7})\W*\Z")


def read_pdf(data: bytes, name: str, reading: Reading = DEFAULT_READING) -> Document:
    """The document; raises DocumentRefused if it is encrypted, broken, a scan, or above limits."""
    file = open_pdf(data, name)
    return document_of(file, reading)


def document_of(file: PdfFile, reading: Reading = DEFAULT_READING) -> Document:
    """The document that the words of a PDF make."""
    metadata = _metadata(file)
    sheets = list(_sheets(file.pages))
    lines = [line for sheet in sheets for line in sheet.lines]
    drafts = paragraphs(lines)
    found = starts(file.bookmarks, drafts, lines)
    ends = [(one.words[-1].text, other.words[0].text) for one, other in pairwise(lines)]
    hyphens = Hyphens.of(vocabulary(lines), ends)
    written = write(_signed(sheets, drafts, lines), drafts, hyphens, reading)
    index_of = written.index_of
    matters = tuple(_contents(drafts, lines, index_of))
    flow = replace(written.flow, matters=matters)
    marks = outline_marks(flow, found, index_of, metadata.title)
    chapters, skips = cut(flow, marks, reading)
    return Document(
        format="pdf", source=flow.source, metadata=metadata, chapters=chapters, skips=skips
    )


# ------------------------------------------------------------------------------ pages


def _sheets(pages: Sequence[Page]) -> Iterator[Sheet]:
    """The pages, their rows parted from what runs at their edges, in reading order."""
    rows = [rows_of(with_initials(page.words)) for page in pages]
    edges = furniture(rows)
    inner = [
        held[edge.top : len(held) - edge.bottom] for held, edge in zip(rows, edges, strict=True)
    ]
    laid_out = lay_out_all(inner)
    for page, held, edge, lines in zip(pages, rows, edges, laid_out, strict=True):
        yield Sheet(
            head=tuple(held[: edge.top]),
            lines=tuple(lines),
            foot=tuple(held[len(held) - edge.bottom :]),
            turned=tuple(rows_of(page.turned)),
            hidden=tuple(rows_of(page.hidden)),
        )


def _signed(sheets: Sequence[Sheet], drafts: Sequence[Draft], lines: Sequence[Line]) -> list[Sheet]:
    """The sheets with the signs that their notes begin with."""
    firsts = {draft.lines[0]: draft.lines[0] for draft in drafts if draft.use is Use.NOTE}
    signs = pdf_notes.signs(lines, firsts)
    return [
        replace(sheet, signs=frozenset(signs.get(number, set())))
        for number, sheet in enumerate(sheets)
    ]


# ------------------------------------------------------------------------------ contents


def _contents(
    drafts: Sequence[Draft], lines: Sequence[Line], index_of: Mapping[int, int]
) -> Iterator[Matter]:
    """Tables of contents: under that title, what ends in the numbers of pages."""
    for number, draft in enumerate(drafts):
        if draft.use is not Use.BODY or not _CONTENTS.fullmatch(lines[draft.lines[0]].text):
            continue
        end = number + 1
        while end < len(drafts) and _is_listing(drafts[end], lines):
            end += 1
        if end > number + 1 and number in index_of:
            last = index_of.get(end, max(index_of.values()) + 1)
            yield Matter(first=index_of[number], end=last, reason=SkipReason.CONTENTS)


def _is_listing(draft: Draft, lines: Sequence[Line]) -> bool:
    paged = sum(bool(_PAGED.search(lines[index].text)) for index in draft.lines)
    return 2 * paged >= len(draft.lines)


# ------------------------------------------------------------------------------ metadata


def _metadata(file: PdfFile) -> Metadata:
    """Title, author, subject and date as the file says, unless a program made them up."""
    info = {name: " ".join(value.replace("\0", "").split()) for name, value in file.info}
    title = info.get("Title", "")
    author = info.get("Author", "")
    authors = _AUTHORS.split(author) if author.casefold() not in _NO_AUTHOR else []
    subject = info.get("Subject", "")
    date = _DATE.match(info.get("CreationDate", ""))
    return Metadata(
        title="" if _NO_TITLE.fullmatch(title) else title,
        creators=tuple(filter(None, authors)),
        language=file.language if _LANGUAGE.fullmatch(file.language) else "",
        date="-".join(filter(None, date.groups())) if date else "",
        description="" if subject.strip("()") == "unspecified" else subject,
    )
