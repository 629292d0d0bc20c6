"""Every EPUB of a folder against an extractor that shares no code with the reader.

    python benchmarks/epub_suite.py [FOLDER] [--books]

The extractor is the standard library's zipfile and lxml: the text of all nodes of the spine's
files, in order. Said of each book: whether its source is exactly that, its chapters, and how many
characters are skipped for which reason (whitespace apart). A refusal is shown with its reason.
The books: github.com/w3c/epub-tests (tests/*) and github.com/IDPF/epub3-samples (30/*), each folder
zipped; without a FOLDER the sample book alone. `--books` prints each book, otherwise only the sums
and what is not as it should be.
"""

import argparse
import json
import posixpath
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

from lxml import etree

from narrator.domain.documents import Document, SkipReason
from narrator.domain.errors import NarratorError
from narrator.ingest.read import read

SAMPLES = Path(__file__).parent.parent / "narrator/samples"
READABLE = ("application/xhtml+xml", "image/svg+xml")


@dataclass(slots=True)
class Book:
    """What became of a book."""

    name: str
    chars: int = 0
    chapters: int = 0
    refused: str = ""
    crashed: str = ""
    differs: str = ""
    disorder: int = 0
    skipped: dict[str, int] = field(default_factory=dict)


def main() -> None:
    """Read all, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=SAMPLES)
    parser.add_argument("--books", action="store_true")
    options = parser.parse_args()
    started = time.monotonic()
    books = [judged(path) for path in sorted(options.folder.glob("*.epub"))]
    for book in books:
        if options.books or book.refused or book.crashed or book.differs or book.disorder:
            print(json.dumps({key: value for key, value in shown(book) if value}))
    print(json.dumps(sums(books) | {"seconds": round(time.monotonic() - started, 1)}, indent=2))


def shown(book: Book) -> Iterator[tuple[str, object]]:
    """A book's fields."""
    return ((name, getattr(book, name)) for name in Book.__slots__)


def sums(books: list[Book]) -> dict[str, object]:
    """All books together."""
    skipped: Counter[str] = Counter()
    for book in books:
        skipped.update(book.skipped)
    read_ones = [book for book in books if not (book.refused or book.crashed)]
    return {
        "books": len(books),
        "read": len(read_ones),
        "refused": sum(bool(book.refused) for book in books),
        "crashed": sum(bool(book.crashed) for book in books),
        "source is the extractor's": sum(not book.differs for book in read_ones),
        "in order": sum(not book.disorder for book in read_ones),
        "characters": sum(book.chars for book in read_ones),
        "skipped": dict(skipped.most_common()),
    }


def judged(path: Path) -> Book:
    """A book, read and compared."""
    book = Book(path.stem)
    data = path.read_bytes()
    try:
        document = read(data, path.name)
    except NarratorError as error:
        book.refused = str(error)
        return book
    except Exception as error:  # noqa: BLE001  a crash is what is looked for
        book.crashed = repr(error)
        return book
    book.chars, book.chapters = len(document.source), len(document.chapters)
    try:
        book.differs = difference(document.source, "".join(texts(path)))
    except (etree.XMLSyntaxError, KeyError) as error:
        book.differs = f"the extractor cannot read it: {error}"
    book.disorder = disorder(document)
    counted: Counter[str] = Counter()
    for skip in document.skips:
        if skip.reason is not SkipReason.WHITESPACE:
            counted[skip.reason] += len("".join(skip.span.of(document.source).split()))
    book.skipped = dict(counted)
    return book


def difference(source: str, other: str) -> str:
    """Where the two begin to differ; empty if they do not."""
    if source == other:
        return ""
    pairs = zip(source, other, strict=False)
    at = next((index for index, (one, two) in enumerate(pairs) if one != two), -1)
    return f"at {at} of {len(source)} and {len(other)}: {source[at : at + 40]!r}"


def disorder(document: Document) -> int:
    """Passages that come before what they follow."""
    firsts = [p.spans[0].start for chapter in document.chapters for p in chapter.passages]
    return sum(one > other for one, other in pairwise(firsts))


def texts(path: Path) -> Iterator[str]:
    """The text of the spine's files, by zipfile and lxml alone."""
    with zipfile.ZipFile(path) as archive:
        container = etree.fromstring(archive.read("META-INF/container.xml"))
        opf = str(next(container.iter("{*}rootfile")).get("full-path"))
        package = etree.fromstring(archive.read(opf))
        items = {item.get("id"): item for item in package.iter("{*}item")}
        seen = set()
        for reference in package.iter("{*}itemref"):
            item = items.get(reference.get("idref"))
            while item is not None and item.get("media-type") not in READABLE:
                item = items.get(item.get("fallback"))
            if item is None or item in seen:
                continue
            seen.add(item)
            href = unquote(str(item.get("href")))
            file = posixpath.normpath(posixpath.join(posixpath.dirname(opf), href))
            yield from (str(text) for text in etree.fromstring(archive.read(file)).itertext())


if __name__ == "__main__":
    main()
