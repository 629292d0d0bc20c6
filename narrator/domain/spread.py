"""Spreading: while seats are idle, a slice is cut up, so that a short text is spoken by many.

A seat is the right to one socket. A socket speaks 2,400 characters a minute (Deepgram), so a text
that queues on one takes minutes where idle ones would have taken seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A run of a slice's chunks. `offset` is how many of the slice's chunks come before it."""

    offset: int
    chunks: tuple[int, ...]
    chars: int


def share(queued_chars: int, *, seats: int, running: int) -> int | None:
    """Characters of the queued work for each idle seat, at least 1; None when no seat is idle.

    `running` counts slices, of which a busy seat may have more than one: then no seat is idle.
    """
    idle = seats - running
    return max(1, -(-queued_chars // idle)) if idle > 0 else None


def cut(chunks: Sequence[tuple[int, int]], most: int) -> list[Part]:
    """Cut a slice of (index, characters) into parts of at most `most` characters.

    A chunk that is longer is a part by itself. Every chunk is in one part, in order.
    """
    parts: list[Part] = []
    start = chars = 0
    for place, (_, length) in enumerate(chunks):
        if place > start and chars + length > most:
            parts.append(_part(chunks, start, place))
            start, chars = place, 0
        chars += length
    return [*parts, _part(chunks, start, len(chunks))]


def _part(chunks: Sequence[tuple[int, int]], start: int, end: int) -> Part:
    part = chunks[start:end]
    return Part(
        offset=start,
        chunks=tuple(index for index, _ in part),
        chars=sum(length for _, length in part),
    )
