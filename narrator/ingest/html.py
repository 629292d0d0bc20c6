"""HTML: the source is every text node, in document order; headings begin chapters."""

from dataclasses import replace

from narrator.domain.choices import DEFAULT_READING, Reading
from narrator.domain.documents import Document, Metadata
from narrator.ingest import gutenberg
from narrator.ingest.contents import text_of
from narrator.ingest.headings import heading_marks
from narrator.ingest.sections import cut
from narrator.ingest.walk import Walker
from narrator.ingest.xhtml import Element, local_name, parse_html


def read_html(text: str, name: str, reading: Reading = DEFAULT_READING) -> Document:
    """The document; raises DocumentRefused if there is nothing in it, or it is nested too deep."""
    root = parse_html(text, name)
    walker = Walker(reading=reading)
    walker.walk(root)
    flow = walker.flow()
    metadata = _with_gutenberg(_metadata(root), gutenberg.metadata(flow.source))
    chapters, skips = cut(flow, heading_marks(flow, metadata.title))
    return Document(
        format="html", source=flow.source, metadata=metadata, chapters=chapters, skips=skips
    )


def _with_gutenberg(own: Metadata, header: Metadata) -> Metadata:
    return replace(
        own,
        title=header.title or own.title,
        creators=header.creators or own.creators,
        language=own.language or header.language,
        date=own.date or header.date,
    )


def _metadata(root: Element) -> Metadata:
    elements = [element for element in root.iter() if local_name(element)]
    titles = [text_of(each) for each in elements if local_name(each) in {"title", "h1"}]
    said = {
        (each.get("name") or each.get("property") or "").lower(): (
            each.get("content") or ""
        ).strip()
        for each in reversed(elements)  # so that the first counts
        if local_name(each) == "meta"
    }
    author = said.get("author") or said.get("dcterms.creator") or said.get("dc.creator")
    return Metadata(
        title=next((title for title in titles if title), ""),
        creators=(author,) if author else (),
        language=root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or "",
        publisher=said.get("og:site_name", ""),
        date=said.get("article:published_time") or said.get("date") or "",
        description=said.get("description") or said.get("og:description") or "",
    )
