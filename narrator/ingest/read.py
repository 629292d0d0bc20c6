"""Bytes → document: the format is told by the content; the name is a hint, and a last title."""

import importlib
import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from narrator.domain.choices import DEFAULT_READING, Reading, Role
from narrator.domain.documents import Document, Span, unaccounted
from narrator.domain.errors import DocumentRefused, ToolFailed
from narrator.ingest import limits
from narrator.ingest.archive import Archive
from narrator.ingest.decoding import decode
from narrator.ingest.docx import read_docx
from narrator.ingest.docx_package import is_docx, refuse_ole
from narrator.ingest.epub import read_epub
from narrator.ingest.html import read_html
from narrator.ingest.lengths import bounded
from narrator.ingest.package import CONTAINER
from narrator.ingest.plaintext import read_plaintext
from narrator.ingest.roles import ROLES
from narrator.ingest.structured import looks_structured, read_structured

_CONVERT = "convert it to EPUB (calibre does), or hand in its text"
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"II*\0", b"MM\0*")
_MAGICS = (
    (b"{\\rtf", "a Rich Text file"),
    (b"AT&TFORM", "a DjVu file"),
    *((magic, "a picture") for magic in _PICTURES),
)
_ZIPPED = (
    ("content.xml", "an OpenDocument file"),
    ("xl/workbook.xml", "a spreadsheet"),
    ("ppt/presentation.xml", "a presentation"),
)
_PDF_WITHIN_BYTES = 1024  # a PDF's header may come this late (ISO 32000-1, annex H)
_MOBI = slice(60, 68)
_HTML = re.compile(
    r"\s*(?><\?xml[^>]*>\s*|<!--.*?-->\s*)*<(?:!DOCTYPE\s+html|html|head|body|article|main|section"
    r"|div|p|h[1-6]|meta|title)\b",
    re.DOTALL | re.IGNORECASE,
)
_XML = re.compile(r"\s*<\?xml\b")
_TAG = re.compile(r"<(?:p|div|br|h[1-6]|body|html)\b[^>]*>", re.IGNORECASE)
_MARKDOWN = re.compile(r"^#{1,6}[ \t]+\S", re.MULTILINE)


def read(data: bytes, name: str, reading: Reading = DEFAULT_READING) -> Document:
    """The document in `data`: EPUB 2 or 3, PDF, DOCX, HTML, Markdown, structured JSON or text.

    `reading` says which roles of text are to be read; the others become skips. Chapters of more
    than two or three hours are read as several (`lengths`).

    Raises DocumentRefused for anything else, and for what is empty, encrypted, without text, or
    above the limits; ToolFailed if a character went astray, which is a fault of this program.
    """
    _refuse_size(data, name)
    _, reader = _taken_for(data, name)
    document = reader(reading)
    if not document.metadata.title:
        metadata = replace(document.metadata, title=_stem(name))
        document = replace(document, metadata=metadata)
    return _proved(bounded(document), name)


def format_of(data: bytes, name: str) -> str:
    """What `read` takes a document for: `an EPUB file`; raises what `read` does if for nothing."""
    return _taken_for(data, name)[0]


def _taken_for(data: bytes, name: str) -> tuple[str, Callable[[Reading], Document]]:
    """A document's format, and what reads it."""
    if data.startswith(b"PK\x03\x04"):
        return _zipped(data, name)
    if b"%PDF-" in data[:_PDF_WITHIN_BYTES]:
        return "a PDF file", partial(_read_pdf, data, name)
    _refuse_foreign(data, name)
    text = decode(data, name)
    if "\0" in text[:4096]:
        raise DocumentRefused(f"{name} is not text", remedy=_CONVERT)
    what, reader = _of_text(text, name)
    return what, partial(reader, text, name)


def _of_text(text: str, name: str) -> tuple[str, Callable[[str, str, Reading], Document]]:
    """Which reader suits a text; the file's name decides only where the text does not."""
    ending = posixpath.splitext(name.lower())[1]
    if looks_structured(text, named=ending == ".json"):
        return "structured JSON", read_structured
    if _HTML.match(text) or (ending in {".html", ".htm", ".xhtml"} and _TAG.search(text)):
        return "an HTML page", read_html
    if _XML.match(text):
        raise DocumentRefused(f"{name} is XML, but not a page of HTML", remedy=_CONVERT)
    if ending in {".md", ".markdown"} or (ending != ".txt" and _MARKDOWN.search(text)):
        return "Markdown", _read_markdown
    return "plain text", lambda text, name, reading: read_plaintext(text, _stem(name), reading)


def _read_markdown(text: str, name: str, reading: Reading) -> Document:
    # Loaded when needed: it takes as long as all other readers together.
    module = importlib.import_module("narrator.ingest.markdown")
    document: Document = module.read_markdown(text, _stem(name), reading)
    return document


def _read_pdf(data: bytes, name: str, reading: Reading) -> Document:
    # Loaded when needed: its library is large, and other formats have no use for it.
    module = importlib.import_module("narrator.ingest.pdf")
    document: Document = module.read_pdf(data, name, reading)
    return document


def _zipped(data: bytes, name: str) -> tuple[str, Callable[[Reading], Document]]:
    archive = Archive(data, name)
    if CONTAINER in archive:
        return "an EPUB file", partial(read_epub, data, name)
    if is_docx(archive):
        return "a Word file", partial(read_docx, data, name)
    for path, other in _ZIPPED:
        if path in archive:
            raise DocumentRefused(f"{name} is {other}, which is not read yet", remedy=_CONVERT)
    raise DocumentRefused(
        f"{name} is a zip archive, but no EPUB", remedy="hand in the book that is inside it"
    )


def _refuse_size(data: bytes, name: str) -> None:
    if not data.strip():
        raise DocumentRefused(f"{name} is empty", remedy="hand in a document with text in it")
    if len(data) > limits.MOST_DOCUMENT_BYTES:
        most = limits.MOST_DOCUMENT_BYTES // limits.MEBIBYTE
        raise DocumentRefused(f"{name} is above {most} MB", remedy="split the document")


def _refuse_foreign(data: bytes, name: str) -> None:
    if data[_MOBI] == b"BOOKMOBI":
        raise DocumentRefused(f"{name} is a Kindle book, which is not read", remedy=_CONVERT)
    refuse_ole(data, name)
    for magic, what in _MAGICS:
        if data.startswith(magic):
            raise DocumentRefused(f"{name} is {what}, which is not read", remedy=_CONVERT)


def _stem(name: str) -> str:
    return posixpath.splitext(posixpath.basename(name))[0].strip("-") or "Untitled"


def _proved(document: Document, name: str) -> Document:
    if len(document.source) > limits.MOST_SOURCE_CHARS:
        most = f"{limits.MOST_SOURCE_CHARS:,}"
        raise DocumentRefused(f"{name} has more than {most} characters", remedy="split it")
    if not document.chapters:
        raise _nothing_to_read(document, name)
    wrong = unaccounted(len(document.source), _spans(document))
    if wrong:
        raise ToolFailed(
            f"the reader miscounts {len(wrong)} stretches of the source, the first at {wrong[0]}",
            remedy="report this document to the maintainers",
        )
    return document


def _nothing_to_read(document: Document, name: str) -> DocumentRefused:
    """What to say of a document that is skipped whole, or has no text at all."""
    reasons = {skip.reason for skip in document.skips if skip.reason in ROLES}
    roles = sorted({ROLES[reason] for reason in reasons} - {Role.SCENE_BREAKS})
    if roles:
        return DocumentRefused(
            f"{name} has no text to read out besides: {', '.join(roles)}",
            remedy=f"choose to have it read, such as {roles[0]}=read",
        )
    return DocumentRefused(
        f"{name} has no text to read out",
        remedy="if its pages are pictures, run text recognition (OCR) over it first",
    )


def _spans(document: Document) -> Iterator[Span]:
    for chapter in document.chapters:
        for passage in chapter.passages:
            yield from passage.spans
    for skip in document.skips:
        yield skip.span
