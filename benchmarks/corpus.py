"""What becomes of documents: a row of a table for each.

    python benchmarks/corpus.py [PATH]...

PATHs are files, or folders of them; without any, the book that comes with the package and the
documents that the tests make. *Contents* is how many chapters the document itself says that it has,
counted by a few lines that share no code with the readers: entries of the top level of an EPUB's
navigation (those whose files it types as front or back matter are named beside them), links of a
page's contents, else its first-level headings; numbers in lines such as *Chapter 3*; headings of
level 1; titles in a PDF's outline. *Coverage* is whether each character of the source is in the
plan once, in a chunk or in a skip; *extractor* says whether the source is what an extractor finds
that shares no code with the reader (of EPUB: that of epub_suite.py). Skips are in characters,
whitespace apart.
"""

import argparse
import json
import posixpath
import re
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree, html

sys.path.insert(0, str(Path(__file__).parent.parent))

import narrator
from benchmarks.epub_suite import difference, texts
from narrator.domain.documents import Document, SkipReason, unaccounted
from narrator.domain.errors import DocumentRefused
from narrator.ingest.read import read
from narrator.text.plan import make_plan
from tests.unit.ingest.seeds import SEEDS

CHAPTERS = {
    "text": re.compile(r"^\s*(chapter (?:[ivxlc]+|\d+))\b", re.MULTILINE | re.IGNORECASE),
    "markdown": re.compile(r"^# |^=+$", re.MULTILINE),
    "docx": re.compile('w:pStyle w:val="H1"'),
    "pdf": re.compile(r"/Title \(.+?\) /(?:Parent|Dest|Next|Prev)|/Parent .{0,80}/Title"),
}
HEAD = ("document", "format", "chapters", "contents", "characters", "coverage", "extractor",
        "chunks", "skipped")  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("paths", type=Path, nargs="*")
    paths = parser.parse_args().paths
    print(f"| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}")
    with tempfile.TemporaryDirectory() as folder:
        for path in files(paths) if paths else own(Path(folder)):
            print(f"| {' | '.join(row(path))} |", flush=True)


def files(paths: list[Path]) -> Iterator[Path]:
    """The files that are meant."""
    for path in paths:
        yield from sorted(path.iterdir()) if path.is_dir() else [path]


def own(folder: Path) -> Iterator[Path]:
    """What there is without any other corpus."""
    yield from sorted((Path(narrator.__file__).parent / "samples").glob("*.epub"))
    for name, made in SEEDS.values():
        for number, data in enumerate(made(), start=1):
            path = folder / f"made-{number}{Path(name).suffix}"
            path.write_bytes(data)
            yield path


def row(path: Path) -> list[str]:
    """What became of a document."""
    data = path.read_bytes()
    try:
        document = read(data, path.name)
    except DocumentRefused as refusal:
        return [path.name, "refused", *[""] * 6, refusal.reason]
    plan = make_plan(document)
    lost = unaccounted(len(document.source), plan.spans())
    return [
        path.name,
        document.format,
        str(len(document.chapters)),
        contents(path, document.format),
        f"{len(document.source):,}",
        "each once" if not lost else f"{len(lost)} stretches wrong",
        extracted(document, path) if document.format == "epub" else "",
        f"{sum(len(chapter.chunks) for chapter in plan.chapters):,}",
        skipped(document),
    ]


def extracted(document: Document, path: Path) -> str:
    """Whether an independent extractor finds the same source."""
    try:
        return "differs" if difference(document.source, "".join(texts(path))) else "same"
    except etree.XMLSyntaxError:  # HTML's entities, for one, which XML by itself does not know
        return "cannot read it"


def contents(path: Path, form: str) -> str:
    """How many chapters a document says that it has; nothing where it says nothing of that."""
    if form == "epub":
        return of_navigation(path)
    data = path.read_bytes()
    if form == "html":
        root: Any = html.document_fromstring(data)
        found = len(set(root.xpath("//a[starts-with(@href, '#')][not(ancestor::sup)]/@href")))
        several = [each for each in (found, len(root.xpath("//h1"))) if each > 1]
        return str(several[0]) if several else ""
    if form == "docx":
        with zipfile.ZipFile(path) as archive:
            data = archive.read("word/document.xml")
    if form == "json":
        return str(len(json.loads(data)["chapters"]))
    codec = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "latin-1"
    lines = CHAPTERS[form].finditer(data.decode(codec))
    if form == "text":  # a book may list its chapters first
        return str(len({line[0].strip().lower() for line in lines}))
    return str(sum(1 for _ in lines))


def of_navigation(path: Path) -> str:
    """Entries of the top level of an EPUB's navigation, as zipfile and lxml find them."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not name.endswith(("html", "ncx")):
                continue
            root: Any = etree.fromstring(archive.read(name), etree.XMLParser(recover=True))
            links = root.xpath(
                "//*[local-name()='nav'][contains(@*, 'toc')]/*[local-name()='ol']/*/*[1]/@href"
                "|//*[local-name()='navMap']/*[local-name()='navPoint']/*[local-name()='content']/@src"
            )
            if links:
                files = (posixpath.join(posixpath.dirname(name), link) for link in links)
                beside = sum(is_beside(archive.read(each.partition("#")[0])) for each in files)
                return f"{len(links) - beside}" + (f" and {beside} beside" if beside else "")
    return "0"


def is_beside(page: bytes) -> bool:
    """Whether a page types itself as front or back matter."""
    return bool(re.search(rb"<(?:body|section)[^>]*\b(?:front|back)matter", page))


def skipped(document: Document) -> str:
    """Characters by reason, the most first."""
    counted: Counter[str] = Counter()
    for skip in document.skips:
        if skip.reason is not SkipReason.WHITESPACE:
            counted[skip.reason] += len("".join(skip.span.of(document.source).split()))
    return ", ".join(f"{reason} {chars:,}" for reason, chars in counted.most_common() if chars)


if __name__ == "__main__":
    main()
