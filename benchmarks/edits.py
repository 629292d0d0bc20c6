"""What a small edit costs: characters sent again, against those of the chunks that contain it.

    python benchmarks/edits.py [--chapters 1] [--words 1000] [--seed 2]

The sample book is narrated whole by `narrator narrate` (embedded, the tone voice) in a new home;
then again with one word of the EPUB replaced, with a lexicon of one entry, and with that entry
edited. Sent is what the ledger of the job has. Then, by plans alone: so many words by chance, each
replaced by another word of the book, and how often more is sent than the chunk with the word.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from narrator.domain.documents import Chapter, Document, Passage, Span
from narrator.domain.manifest import Manifest
from narrator.domain.manifest_json import from_json
from narrator.domain.plan import Chunk
from narrator.ingest.read import read
from narrator.settings import inherited
from narrator.text.plan import make_plan

BOOK = Path(__file__).parent.parent / "narrator/samples/the-adventures-of-sherlock-holmes.epub"
WRITTEN, OTHER = "seldom", "rarely"  # the first of its kind is in the book's second sentence
ENTRY, AGAIN = "Adler,Addler", "Adler,Addla"
TIME_SCALE = "1000"

Contains = Callable[[Chunk], bool]


def main() -> None:
    """Narrate four times, then plan a thousand times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chapters", default="")
    parser.add_argument("--words", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="narrator-bench-") as folder:
        narrate_four_times(Path(folder), options.chapters)
    print(json.dumps(by_chance(options.words, options.seed)))


# ------------------------------------------------------------------------------ narrated


def narrate_four_times(folder: Path, chapters: str) -> None:
    """The book, one word of it, one entry, the entry edited: a line of JSON each."""
    book, edited, lexicon = folder / "book.epub", folder / "edited.epub", folder / "words.csv"
    book.write_bytes(BOOK.read_bytes())
    place = rewritten(book, edited)
    lexicon.write_text(ENTRY)
    show("whole book", narrated(folder, book, chapters), lambda _: True)
    show(f"{WRITTEN} → {OTHER}", narrated(folder, edited, chapters), holding(place))
    with_entry = ("--lexicon", str(lexicon))
    show(f"entry {ENTRY}", narrated(folder, edited, chapters, *with_entry), pronounced)
    lexicon.write_text(AGAIN)
    show(f"entry {AGAIN}", narrated(folder, edited, chapters, *with_entry), pronounced)


def narrated(
    folder: Path, book: Path, chapters: str, *more: str
) -> tuple[dict[str, object], Manifest]:
    """What the command says, and its manifest."""
    out = folder / "out.m4b"
    command = [sys.executable, "-m", "narrator", "narrate", book, "-o", out, "--json", *more]
    if chapters:
        command += ["--chapters", chapters]
    settings = {
        "NARRATOR_HOME": str(folder / "home"),
        "NARRATOR_VOICE_ENGINE": "tone",
        "NARRATOR_TRIAL_TIME_SCALE": TIME_SCALE,
    }
    done = subprocess.run(
        command, env=inherited() | settings, stdout=subprocess.PIPE, check=True, cwd=BOOK.parents[2]
    )
    manifest = out.with_name(f"{out.name}.manifest.json")
    return json.loads(done.stdout), from_json(manifest.read_bytes())


def show(what: str, made: tuple[dict[str, object], Manifest], contains: Contains) -> None:
    """Sent, and what the chunks have that contain the edit; the same words count once."""
    result, manifest = made
    chunks = [each.chunk for chapter in manifest.chapters for each in chapter.chunks]
    concerned = [chunk.text for chunk in chunks if contains(chunk)]
    line = {
        "edit": what,
        "chars": result["chars"],
        "sent": result["chars_sent"],
        "resent": result["chars_resent"],
        "chunks_with_it": len(concerned),
        "chars_of_these": sum(map(len, set(concerned))),
        "verified": result["verdict"]["ok"],
        "seconds": result["elapsed_seconds"],
    }
    print(json.dumps(line, ensure_ascii=False), flush=True)


def rewritten(book: Path, path: Path) -> int:
    """Replace a word of the EPUB's text; returns its place in the source."""
    found = False
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("a-scandal-in-bohemia.xhtml"):
                found = WRITTEN.encode() in data
                data = data.replace(WRITTEN.encode(), OTHER.encode(), 1)
            new.writestr(name, data)
    assert found, f"{WRITTEN} is not in the book"
    before, after = (read(each.read_bytes(), each.name).source for each in (book, path))
    pairs = enumerate(zip(before, after, strict=False))
    return next(at for at, (one, other) in pairs if one != other)


def holding(place: int) -> Contains:
    """Whether a chunk has the character at a place of the source."""
    return lambda chunk: any(span.start <= place < span.end for span in chunk.spans)


def pronounced(chunk: Chunk) -> bool:
    """Whether the lexicon changes anything in a chunk."""
    return any(edit.rule == "lexicon" for edit in chunk.edits)


# ------------------------------------------------------------------------------ planned


def by_chance(count: int, seed: int) -> dict[str, object]:
    """So many words, each replaced by another in a book otherwise as it was."""
    document = read(BOOK.read_bytes(), BOOK.name)
    kept = {chunk.text for chunk in chunks_of(document)}
    places = list(words(document))
    pool = sorted({span.of(document.source) for _, span in places})
    chance = random.Random(seed)  # noqa: S311  a measure, not a secret
    more: list[int] = []
    sent = concerned = 0
    for chapter, span in chance.sample(places, count):
        edited = with_word(document, span, chance.choice(pool))
        new = [chunk for chunk in chunks_of(edited, chapter) if chunk.text not in kept]
        with_it = [chunk for chunk in new if holding(span.start)(chunk)]
        sent += sum(chunk.chars for chunk in new)
        concerned += sum(chunk.chars for chunk in with_it)
        more += [len(new)] if len(new) > len(with_it) else []
    return {
        "edits": count,
        "more_than_the_chunk_with_the_word": len(more),
        "most_chunks": max(more, default=1),
        "sent": sent,
        "chars_of_the_chunks": concerned,
    }


def chunks_of(document: Document, *chapters: int) -> list[Chunk]:
    """The chunks of a document's plan."""
    plan = make_plan(document, chapters=chapters)
    return [chunk for chapter in plan.chapters for chunk in chapter.chunks]


def words(document: Document) -> Iterator[tuple[int, Span]]:
    """Every word of three letters and more, with its chapter's number."""
    for chapter in document.chapters:
        for span in (span for passage in chapter.passages for span in passage.spans):
            for match in re.finditer("[A-Za-z]{3,}", span.of(document.source)):
                yield chapter.number, Span(span.start + match.start(), span.start + match.end())


def with_word(document: Document, span: Span, word: str) -> Document:
    """The document with another word there, all that follows moved."""
    longer = len(word) - len(span)

    def moved(at: int) -> int:
        return at if at <= span.start else at + longer

    def placed(passage: Passage) -> Passage:
        return replace(
            passage,
            spans=tuple(Span(moved(s.start), moved(s.end)) for s in passage.spans),
            breaks=tuple(map(moved, passage.breaks)),
            insertions=tuple(replace(each, at=moved(each.at)) for each in passage.insertions),
        )

    def chapter_of(chapter: Chapter) -> Chapter:
        return replace(chapter, passages=tuple(map(placed, chapter.passages)))

    return replace(
        document,
        source=document.source[: span.start] + word + document.source[span.end :],
        chapters=tuple(map(chapter_of, document.chapters)),
        skips=tuple(
            replace(skip, span=Span(moved(skip.span.start), moved(skip.span.end)))
            for skip in document.skips
        ),
    )


if __name__ == "__main__":
    main()
