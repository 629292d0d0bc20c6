"""What a seed has narrated: a small book and some articles, cut from the sample book."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

from benchmarks.rig.books import document as sample
from benchmarks.rig.books import paragraphs
from tests.acceptance.words import text_nodes
from tests.unit.ingest.conftest import make_epub

BOOK_CHAPTERS = 3
CHAPTER_CHARS = 5_500
ARTICLES = 2
ARTICLE_CHARS = 8_000
SHARED_EVERY = 5  # every so many seeds submit one document twice, so that takes answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A document to submit, and the characters that its reader must find in it."""

    name: str
    data: bytes
    source: str


def documents(seed: int, folder: Path) -> list[Submission]:
    """Those of a seed, 30,000 characters or more in all; files are made in `folder`."""
    dice = random.Random(f"documents {seed}")  # noqa: S311 - to be run again
    made = [book(dice, folder), *(article(dice, number) for number in range(ARTICLES))]
    return [*made, made[-1]] if seed % SHARED_EVERY == 0 else made


def book(dice: random.Random, folder: Path) -> Submission:
    """An EPUB of a few chapters."""
    pages, entries = {}, ""
    for number in range(1, BOOK_CHAPTERS + 1):
        texts = "".join(f"<p>{escape(text)}</p>\n" for text in stretch(dice, CHAPTER_CHARS))
        pages[f"{number}.xhtml"] = f"<h1>Chapter {number}</h1>\n{texts}"
        entries += f'<li><a href="{number}.xhtml">Chapter {number}</a></li>'
    path = folder / "book.epub"
    path.write_bytes(make_epub(pages, contents=entries))
    return Submission(name="book.epub", data=path.read_bytes(), source=text_nodes(path))


def article(dice: random.Random, number: int) -> Submission:
    """Plain text of one chapter."""
    text = "\n\n".join(stretch(dice, ARTICLE_CHARS)) + "\n"
    return Submission(name=f"article-{number}.txt", data=text.encode(), source=text)


def stretch(dice: random.Random, chars: int) -> Iterator[str]:
    """Paragraphs in a row from anywhere in the sample, with so many characters at least."""
    texts = _texts()
    at = dice.randrange(len(texts))
    while chars > 0:
        text = texts[at % len(texts)]
        yield text
        chars -= len(text)
        at += 1


@cache
def _texts() -> list[str]:
    """The sample's paragraphs, but for what might pass for a heading."""
    every = (text for chapter in sample().chapters for text in paragraphs(chapter))
    return [text for text in every if len(text) > 60]
