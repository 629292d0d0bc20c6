"""How long a plan of a very long book takes, and what each text pass costs.

    python benchmarks/planning.py [--chars 7000000] [BOOK ...]

The book is made by repeating the given ones (the sample book) until it has that many characters,
their chapters numbered on. Prints the seconds of `make_plan` (processor time and by the clock), the
peak of this process's memory in it and in all, and for each pass alone the characters a second.
Then the same of `narrator plan` with an EPUB of that length: the command and all its processes,
their memory together in samples 20 ms apart.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import psutil

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.rig.epub import repeat
from benchmarks.rig.watch import family
from narrator.domain.documents import Chapter, Document, Passage, Skip, Span
from narrator.ingest.read import read
from narrator.settings import inherited
from narrator.text.passes import ORDER
from narrator.text.passes.context import Context
from narrator.text.plan import make_plan

ROOT = Path(__file__).parent.parent
BOOK = ROOT / "narrator/samples/the-adventures-of-sherlock-holmes.epub"
BOOK_CHARS = 572_261
PASS_CHARS = 2_000_000
SAMPLE_SECONDS = 0.02


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
    print_command(args.chars)


def print_command(chars: int) -> None:
    """What `narrator plan` takes for the sample book, so many times over."""
    with tempfile.TemporaryDirectory(prefix="narrator-bench-") as folder:
        book, out = Path(folder) / "long.epub", Path(folder) / "plan.json"
        repeat(BOOK, book, -(-chars // BOOK_CHARS))
        command = [sys.executable, "-m", "narrator", "plan", book, "--json"]
        started, before = time.perf_counter(), children_seconds()
        with out.open("wb") as file:
            child = subprocess.Popen(
                command, cwd=ROOT, stdout=file, env=inherited() | {"NARRATOR_HOME": folder}
            )
            most = watched(child)
        seconds, used = time.perf_counter() - started, children_seconds() - before
        shown = json.loads(out.read_bytes())
    chunks, chapters = shown["chunks"], len(shown["chapters"])
    print(
        f"an EPUB of {shown['source_chars']:,} characters, {chapters} chapters, {chunks:,} chunks"
    )
    print(f"narrator plan: {used:.1f} s of processor time, {seconds:.1f} s by the clock")
    print(f"memory: {most / 1e6:.0f} MB at most, all processes together")


def watched(child: subprocess.Popen[bytes]) -> int:
    """The most bytes of memory that a command and its processes have at once until it ends."""
    most, pause = 0, Event()
    while child.poll() is None:
        most = max(most, sum(map(resident, family(child.pid))))
        pause.wait(SAMPLE_SECONDS)
    assert child.returncode == 0, f"narrator plan ended with {child.returncode}"
    return most


def resident(process: psutil.Process) -> int:
    """Bytes of memory that a process has; 0 once it has ended."""
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def children_seconds() -> float:
    """Processor seconds of every child that has ended and was waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


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
