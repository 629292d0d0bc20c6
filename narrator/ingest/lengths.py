"""Chapters that are longer than can be rendered in bounded space are read as several."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, takewhile

from narrator.domain.documents import Chapter, Document, Passage, PassageKind

MOST_CHAPTER_CHARS = 120_000
"""Of a chapter: two to three hours of speech, and less than six where a character is a syllable.
Rendering keeps 50 to 110 kB of each second on disk (its samples, and the chapter in one format or
in every), for which a process has 2 GB."""

_STRETCH = 0.2
"""By so much of a part's length its end may lie elsewhere for the sake of a heading or a scene."""


def bounded(document: Document) -> Document:
    """The document, each chapter above `MOST_CHAPTER_CHARS` as several of about one length.

    They end where a heading follows, else with a scene, else with a passage, and have the chapter's
    title, if any, with a number. Only a passage that is longer itself makes a chapter that is.
    """
    chapters = [part for chapter in document.chapters for part in _parts(chapter)]
    if len(chapters) == len(document.chapters):
        return document
    numbered = (replace(each, number=number) for number, each in enumerate(chapters, start=1))
    return replace(document, chapters=tuple(numbered))


def _parts(chapter: Chapter) -> list[Chapter]:
    shares = list(_shares(chapter.passages))
    if len(shares) == 1:
        return [chapter]
    return [
        replace(chapter, title=_numbered(chapter.title, number), passages=tuple(share))
        for number, share in enumerate(shares, start=1)
    ]


def _numbered(title: str, number: int) -> str:
    return title and f"{title} ({number})"


def _shares(passages: Sequence[Passage]) -> Iterator[Sequence[Passage]]:
    """The passages in as many runs as there must be. Headings at the very end go with the last."""
    body = max((end for end, each in enumerate(passages, 1) if not _is_heading(each)), default=0)
    sizes = (sum(map(len, passage.spans)) for passage in passages[:body])
    edges = list(accumulate(sizes, initial=0))
    first = 0
    while (end := _end(passages, edges, first)) < body:
        yield passages[first:end]
        first = end
    yield passages[first:]


def _end(passages: Sequence[Passage], edges: Sequence[int], first: int) -> int:
    """Where the run that begins there ends: it holds a passage at least, besides headings.

    `edges` are the characters before each passage, and behind the last that is no heading.
    """
    last = bisect_right(edges, edges[first] + MOST_CHAPTER_CHARS) - 1
    headings = sum(1 for _ in takewhile(_is_heading, passages[first:last]))
    least = first + headings + 1
    if last == len(edges) - 1 or last <= least:
        return max(last, least)
    left = edges[-1] - edges[first]
    share = left / -(-left // MOST_CHAPTER_CHARS)
    soonest, latest = (edges[first] + share * (1 + sign * _STRETCH) for sign in (-1, 1))
    lowest = max(bisect_left(edges, soonest, hi=last), least)
    ends = range(lowest, max(min(last, bisect_right(edges, latest) - 1), lowest) + 1)
    middle = edges[first] + share
    return min(ends, key=lambda end: (_suits(passages, end), abs(edges[end] - middle)))


def _suits(passages: Sequence[Passage], end: int) -> int:
    """How well a run ends before that passage: the less, the better."""
    if _is_heading(passages[end]):
        return 0
    if _is_heading(passages[end - 1]):
        return 3
    return 1 if passages[end - 1].scene_break_after else 2


def _is_heading(passage: Passage) -> bool:
    return passage.kind is PassageKind.HEADING
