"""DOCX: the source is the text of the main part's runs in document order, then what is beside it.

That is every `w:t` and `m:t` of the body, tabs, soft and non-breaking hyphens and symbols between
them as characters, a line feed after each paragraph, the number of each automatic note at its
reference; then footnotes and endnotes; then headers and footers, and comments, which are listed as
skipped. Text that a tracked change deleted is none of it, nor are the instructions of fields, nor
the automatic numbers of headings and items, which are said before them (`docx_numbering`).

The parts are read with lxml. mammoth (1.13) was tried for it on a document of fifteen features: it
gave hidden text, the prompts of empty controls, page numbers and the table of contents as plain
paragraphs, lost mathematics, and told neither headings by outline level or derived style, nor
captions, quotations and verse, from paragraphs; nor does it bound what it inflates. All of that
decides here what is read. The tree that is made instead is read as any page of HTML is.

A title (style *Title*) is read with the first chapter; what little stands between it and the first
heading is the title page's, and front matter. Where nothing is styled as a heading, paragraphs
that are worded as titles of chapters are taken for headings.
"""

from collections.abc import Iterator
from dataclasses import replace

from lxml import etree

from narrator.domain.choices import DEFAULT_READING, Reading
from narrator.domain.documents import Document, Metadata, SkipReason
from narrator.ingest.archive import Archive
from narrator.ingest.contents import text_of
from narrator.ingest.docx_line import LineSetter, added
from narrator.ingest.docx_names import attribute, child
from narrator.ingest.docx_numbering import Numbering
from narrator.ingest.docx_package import Part, WordPackage, read_package
from narrator.ingest.docx_styles import Styles
from narrator.ingest.docx_tree import Setter
from narrator.ingest.headings import heading_marks
from narrator.ingest.sections import cut
from narrator.ingest.titles import names_chapter, names_part
from narrator.ingest.walk import Walker
from narrator.ingest.xhtml import Element, local_name

_LONGEST_TITLE_PAGE_CHARS = 1_500
_LONGEST_OF_TITLE_PAGE_CHARS = 300
_LONGEST_HEADING_CHARS = 60
_FEWEST_HEADINGS = 2
_HEADINGS = ("h1", "h2", "h3", "h4")


def read_docx(data: bytes, name: str, reading: Reading = DEFAULT_READING) -> Document:
    """The document; raises DocumentRefused for an archive that is no whole DOCX."""
    package = read_package(Archive(data, name), name)
    setter = Setter(LineSetter(Styles.of(package.styles)), Numbering.of(package.numbering))
    page = _page(package, setter)
    metadata = _metadata(package, setter.titles)
    beside = {_set(part, setter): reason for part, reason in _beside(package)}
    walker = Walker(reading=reading, left_out=beside, labels=setter.labels)
    for number, each in enumerate([page, *beside]):
        walker.walk(each, path=f"beside-{number}" if number else "")
    flow = walker.flow()
    chapters, skips = cut(flow, heading_marks(flow, metadata.title), reading)
    return Document(
        format="docx", source=flow.source, metadata=metadata, chapters=chapters, skips=skips
    )


def _page(package: WordPackage, setter: Setter) -> Element:
    """The body and its notes, as a page of HTML."""
    page = _set(package.main, setter)
    body = page[0]
    _use_titles(body, setter.titles)
    notes = added(body, "section", role="doc-endnotes")
    for part in package.notes:
        setter.notes(part.root, notes)
    return page


def _set(part: Part, setter: Setter) -> Element:
    page = etree.Element("html")
    body = added(page, "body")
    setter.blocks(part.root, body)
    setter.end(body)
    return page


def _beside(package: WordPackage) -> Iterator[tuple[Part, SkipReason]]:
    for part in package.margins:
        yield part, SkipReason.RUNNING_HEAD
    for part in package.comments:
        yield part, SkipReason.HIDDEN


def _metadata(package: WordPackage, titles: list[Element]) -> Metadata:
    said = package.metadata
    fonts = child(package.styles, "docDefaults", "rPrDefault", "rPr", "lang")
    return replace(
        said,
        title=said.title or next(filter(None, map(text_of, titles)), ""),
        language=said.language or attribute(fonts, "val"),
    )


# ------------------------------------------------------------------------------ titles


def _use_titles(body: Element, titles: list[Element]) -> None:
    """Make headings of titles: one names the document, several name its chapters."""
    for title in titles:
        title.tag = "h6" if len(titles) == 1 else "h1"
    if not any(local_name(each) in _HEADINGS for each in body.iter()):
        _promote(body)
    if len(titles) == 1:
        _set_title_page_apart(body, titles[0])


def _promote(body: Element) -> None:
    """Without headings: those that are worded as such."""
    lines = [each for each in body if each.tag == "p" and _is_worded_as_heading(text_of(each))]
    if len(lines) >= _FEWEST_HEADINGS:
        for line in lines:
            line.tag = "h1"


def _is_worded_as_heading(text: str) -> bool:
    short = len(text) <= _LONGEST_HEADING_CHARS and not text.endswith((",", ";", "?", "!", "…"))
    ends = text.endswith(".") and len(text.split()) > _FEWEST_HEADINGS
    return short and not ends and (names_chapter(text) or names_part(text))


def _set_title_page_apart(body: Element, title: Element) -> None:
    """What is between the title and the first heading, if it is as little as on a title page."""
    first = next((each for each in body if each.tag in _HEADINGS[:2]), None)
    before = [] if first is None else list(first.itersiblings(preceding=True))
    lines = [each for each in before if each.tag in {"p", "blockquote"}]
    sizes = [len(text_of(line)) for line in lines]
    much = sum(sizes) > _LONGEST_TITLE_PAGE_CHARS
    if title not in before or much or max(sizes, default=0) > _LONGEST_OF_TITLE_PAGE_CHARS:
        return
    for line in lines:
        section = etree.Element("section", role="titlepage")
        line.addprevious(section)
        section.append(line)
