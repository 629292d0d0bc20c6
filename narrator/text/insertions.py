"""What is said besides a passage's characters: worded by itself, and never too long for a chunk."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from narrator.domain.documents import Insertion, Passage, Span

MOST_CHARS = 400
"""Of one insertion: what is longer is said in several, so that chunks can end between them."""

_SENTENCE = re.compile(r"[.!?][\"'”’)\]]*\s+")
_WORD = re.compile(r"\s+")

Say = Callable[[str], str]


def worded(passage: Passage, say: Say) -> Iterator[Passage]:
    """The passage with its insertions as they are spoken; several where one of them is long."""
    left = replace(passage, insertions=())
    done: list[Insertion] = []
    for insertion in passage.insertions:
        *parts, last = _parts(say(insertion.text).strip())
        for part in parts:
            head, left = _divided(left, insertion.at)
            yield replace(head, insertions=(*done, replace(insertion, text=part)))
            done = []
        if last:
            done.append(replace(insertion, text=last))
    yield replace(left, insertions=tuple(done))


def _parts(text: str) -> list[str]:
    """Pieces of at most MOST_CHARS, cut after sentences where there are any, then after words."""
    parts = []
    while len(text) > MOST_CHARS:
        end = _end(text[: MOST_CHARS + 1])
        parts.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [*parts, text]


def _end(text: str) -> int:
    for pattern in (_SENTENCE, _WORD):
        found = (match for match in pattern.finditer(text) if match.start() > MOST_CHARS // 2)
        ends = [match.end() for match in found if _outside(text, match.end()) == match.end()]
        if ends:
            return min(ends[-1], MOST_CHARS)
    return _outside(text, MOST_CHARS)


def _outside(text: str, at: int) -> int:
    """`at`, or the start of the voice's inline control (a pronunciation) that it is inside of."""
    start = text.rfind("\\{", 0, at)
    return at if start < 0 or "\\}" in text[start:at] else start


def _divided(passage: Passage, at: int) -> tuple[Passage, Passage]:
    """What of a passage comes before `at`, and what after it."""
    before = [Span(span.start, min(span.end, at)) for span in passage.spans if span.start < at]
    after = [Span(max(span.start, at), span.end) for span in passage.spans if span.end > at]
    here = (Span(at, at),)
    return (
        replace(
            passage,
            spans=tuple(before) or here,
            breaks=tuple(each for each in passage.breaks if each < at),
            scene_break_after=False,
        ),
        replace(
            passage,
            spans=tuple(after) or here,
            breaks=tuple(each for each in passage.breaks if each > at),
        ),
    )
