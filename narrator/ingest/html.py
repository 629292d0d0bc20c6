"""HTML: the source is every text node, in document order; headings begin chapters."""

from dataclasses import replace

from narrator.domain.choices import DEFAULT_READING, Reading
from narrator.domain.documents import Document, Metadata
from narrator.ingest import gutenberg
from narrator.ingest.article import left_out
from narrator.ingest.article_metadata import page_metadata
from narrator.ingest.headings import heading_marks
from narrator.ingest.sections import cut
from narrator.ingest.walk import Walker
from narrator.ingest.xhtml import parse_html


def read_html(text: str, name: str, reading: Reading = DEFAULT_READING) -> Document:
    """The document; raises DocumentRefused if there is nothing in it, or it is nested too deep."""
    root = parse_html(text, name)
    walker = Walker(reading=reading, left_out=left_out(root, reading))
    walker.walk(root)
    flow = walker.flow()
    metadata = _with_gutenberg(page_metadata(root), gutenberg.metadata(flow.source))
    chapters, skips = cut(flow, heading_marks(flow, metadata.title), reading)
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
