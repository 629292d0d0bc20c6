"""How long a plan of a very long book takes, and what each text pass costs.

    python benchmarks/planning.py [--chars 7000000] [BOOK ...]

The book is made by repeating the given ones (the sample book) until it has that many characters,
their chapters numbered on. Prints the seconds of `make_plan` (processor time and by the clock), the
peak of this process's memory in it and in all, and for each pass alone the characters a second.
"""

import argparse
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from narrator.domain.documents import Chapter, Document, Passage, Skip, Span
from narrator.ingest.read import read
from narrator.text.passes import ORDER
from narrator.text.passes.context import Context
from narrator.text.plan import make_plan

BOOK = Path("narrator/samples/the-adventures-of-sherlock-holmes.epub")
PASS_CHARS = 2_000_000


def main() -> None:
    """Make the book, plan it, print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--chars", type=int, default=7_000_000)
    parser.add_argument("books", nargs="*", type=Path, default=[BOOK])
    args = parser.parse_args()
    document = repeated([read(path.read_bytes(), path.name) for path in args.books], args.chars)
    before = peak_megabytes()
    started, spent = time.perf_counter(), time.process_time()
    plan = make_plan(document)
    seconds, used = time.perf_counter() - started, time.process_time() - spent
    chunks = sum(len(chapter.chunks) for chapter in plan.chapters)
    print(f"{len(document.source):,} characters, {len(plan.chapters)} chapters, {chunks:,} chunks")
    print(f"make_plan: {used:.1f} s of processor time, {seconds:.1f} s by the clock")
    print(f"memory: {before:.0f} MB with the document, {peak_megabytes():.0f} MB at most")
    print_passes(document)


def print_passes(document: Document) -> None:
    """How fast each pass is over the book's own passages."""
    texts = []
    left = PASS_CHARS
    for passage in passages(document):
        texts.append((passage.kind, "".join(span.of(document.source) for span in passage.spans)))
        left -= len(texts[-1][1])
        if left < 0:
            break
    chars = sum(len(text) for _, text in texts)
    for name, find in ORDER.items():
        spent = time.process_time()
        for kind, text in texts:
            find(text, Context(kind=kind, format=document.format))
        used = time.process_time() - spent
        print(f"{name:12} {chars / used / 1e6:8.1f} million characters a second")


def passages(document: Document) -> Iterator[Passage]:
    """All of them."""
    return (passage for chapter in document.chapters for passage in chapter.passages)


def repeated(books: list[Document], chars: int) -> Document:
    """One document of the books' characters over and over, until there are so many."""
    sources: list[str] = []
    chapters: list[Chapter] = []
    skips: list[Skip] = []
    at = 0
    while at < chars:
        book = books[len(sources) % len(books)]
        sources.append(book.source)
        skips += (Skip(span=moved(each.span, at), reason=each.reason) for each in book.skips)
        for chapter in book.chapters:
            number = len(chapters) + 1
            there = tuple(placed(passage, at) for passage in chapter.passages)
            chapters.append(Chapter(number=number, title=chapter.title, passages=there))
        at += len(book.source)
    return replace(
        books[0], source="".join(sources), chapters=tuple(chapters), skips=tuple(skips), cover=None
    )


def placed(passage: Passage, at: int) -> Passage:
    """A passage so much further on."""
    return replace(
        passage,
        spans=tuple(moved(span, at) for span in passage.spans),
        breaks=tuple(each + at for each in passage.breaks),
        insertions=tuple(replace(each, at=each.at + at) for each in passage.insertions),
    )


def moved(span: Span, at: int) -> Span:
    """A span so much further on."""
    return Span(span.start + at, span.end + at)


def peak_megabytes() -> float:
    """The most memory that this process has had so far (KiB in Linux's count)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
