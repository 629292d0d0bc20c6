"""The sample book, as much of it as a measure needs."""

from functools import cache
from pathlib import Path

from narrator.domain.documents import Chapter, Document
from narrator.ingest.read import read

BOOK = Path(__file__).parents[2] / "narrator/samples/the-adventures-of-sherlock-holmes.epub"
BOOK_CHARS = 556_584  # as planned
LONGEST_PARAGRAPH = 1_900


@cache
def document() -> Document:
    """The sample book, read."""
    return read(BOOK.read_bytes(), BOOK.name)


def copies_for(chars: float) -> int:
    """How many copies of the book hold so many characters."""
    return int(chars // BOOK_CHARS) + 1


def chapters(number: int) -> list[list[str]]:
    """So many chapters of the book, again and again: paragraphs of at most 1,900 characters."""
    book = [paragraphs(chapter) for chapter in document().chapters]
    return [book[index % len(book)] for index in range(number)]


def paragraphs(chapter: Chapter) -> list[str]:
    """A chapter's paragraphs; one above 1,900 characters is cut at ends of sentences."""
    source = document().source
    whole = (
        " ".join("".join(source[s.start : s.end] for s in passage.spans).split())
        for passage in chapter.passages
    )
    return [part for text in whole if text for part in cut(text)]


def cut(text: str) -> list[str]:
    """Parts of at most 1,900 characters."""
    parts = []
    while len(text) > LONGEST_PARAGRAPH:
        end = text.rfind(". ", 0, LONGEST_PARAGRAPH) + 1 or LONGEST_PARAGRAPH
        parts.append(text[:end])
        text = text[end:].lstrip()
    return [*parts, text]


def article(number: int, chars: int) -> str:
    """An article of about `chars` characters, another one for each number."""
    wanted = chapters(12)
    texts: list[str] = []
    for paragraph in wanted[number % 12]:
        texts.append(paragraph)
        if sum(map(len, texts)) >= chars:
            break
    return "\n\n".join(texts)
