"""EPUB 2 and 3: the source is every text node of the spine's documents, in order."""

from dataclasses import replace

from narrator.domain.choices import DEFAULT_READING, Reading
from narrator.domain.documents import Document, SkipReason
from narrator.domain.errors import DocumentRefused
from narrator.ingest.archive import Archive
from narrator.ingest.contents import nav_entries, nav_landmarks, ncx_entries, text_of
from narrator.ingest.cover import read_cover
from narrator.ingest.decoding import decode
from narrator.ingest.epub_pronunciations import lexicons, pronunciations
from narrator.ingest.flow import Flow, Matter
from narrator.ingest.outline import Entry, Outline, marks
from narrator.ingest.package import CONTENT_TYPES, Item, Package, read_package
from narrator.ingest.sections import cut
from narrator.ingest.walk import Walker
from narrator.ingest.xhtml import Element, local_name, parse_xml

TEXT_TYPES = CONTENT_TYPES | {"application/xml", "application/x-dtbook+xml", "text/xml"}
"""Files of the spine whose text nodes are (part of) the source."""


def read_epub(data: bytes, name: str, reading: Reading = DEFAULT_READING) -> Document:
    """The document; raises DocumentRefused for DRM, and for an archive that is no whole EPUB."""
    archive = Archive(data, name)
    package = read_package(archive, name)
    flow, titles, spoken = _flow(archive, package, reading)
    chapters, skips = cut(flow, marks(flow, _outline(archive, package, titles)), reading)
    return Document(
        format="epub",
        source=flow.source,
        metadata=package.metadata,
        chapters=chapters,
        skips=skips,
        cover=read_cover(archive, package.cover),
        pronunciations=pronunciations(archive, spoken, package.metadata.language),
    )


def _flow(
    archive: Archive, package: Package, reading: Reading
) -> tuple[Flow, dict[str, str], list[str]]:
    """All text of the spine, each file's `<title>`, and the lexicons that files link to."""
    walker = Walker(reading=reading)
    titles: dict[str, str] = {}
    aside: list[Matter] = []
    spoken: list[str] = []
    for item in package.spine:
        if item.media_type not in TEXT_TYPES:
            continue
        root = parse_xml(decode(archive.read(item.path), item.path), item.path)
        first = len(walker.scribe.blocks)
        walker.walk(root, path=item.path)
        titles[item.path] = _title(root)
        spoken += lexicons(root, item.path)
        reason = _aside(item, package.nav)
        if reason:
            aside.append(Matter(first=first, end=len(walker.scribe.blocks), reason=reason))
    if not titles:
        raise DocumentRefused("the EPUB holds no text", remedy="convert it anew, with its text")
    flow = walker.flow()
    return replace(flow, matters=(*aside, *flow.matters)), titles, spoken


def _aside(item: Item, nav: Item | None) -> SkipReason | None:
    """Why a file is not read: it is the table of contents, or out of the reading order."""
    if nav and item.path == nav.path:
        return SkipReason.CONTENTS
    return None if item.linear else SkipReason.NON_LINEAR


def _title(root: Element) -> str:
    return next((text_of(each) for each in root.iter() if local_name(each) == "title"), "")


def _outline(archive: Archive, package: Package, titles: dict[str, str]) -> Outline:
    entries: tuple[Entry, ...] = ()
    landmarks = dict(package.guide)
    if package.nav and package.nav.path in archive:
        root = _parsed(archive, package.nav)
        entries = nav_entries(root, package.nav.path)
        landmarks |= nav_landmarks(root, package.nav.path)
    if not entries and package.ncx and package.ncx.path in archive:
        entries = ncx_entries(_parsed(archive, package.ncx), package.ncx.path)
    return Outline(entries=entries, files=titles, landmarks=landmarks)


def _parsed(archive: Archive, item: Item) -> Element:
    return parse_xml(decode(archive.read(item.path), item.path), item.path)
