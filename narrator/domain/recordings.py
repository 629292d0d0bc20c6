"""Which files a job leaves, what they are called, and which chapters each of them holds."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from narrator.domain.artifacts import AudioFormat
from narrator.domain.production import AUDIOBOOK_MINUTES, Production, Profile, Split
from narrator.domain.voices import SAMPLE_RATE

_LONGEST_NAME = 80
_LEAST_DIGITS = 2
_MINUTE_SAMPLES = 60 * SAMPLE_RATE

Chapters = Sequence[tuple[str, int]]
"""Title and samples of each chapter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRecording:
    """A file to be made: the one of `count`, of its format, that holds the chapters `positions`.

    Positions count from 0. `title` is its own where it holds less than the whole book.
    """

    format: AudioFormat
    name: str
    positions: range
    title: str = ""
    number: int = 1
    count: int = 1


def planned_recordings(
    production: Production, main: AudioFormat, stem: str, chapters: Chapters, *, book: str
) -> list[PlannedRecording]:
    """Every file of a job whose own format is `main`, that format's first; `book` is its title."""
    return [
        planned
        for kind in production.formats(main)
        for planned in _of_format(kind, _split(production, kind), stem, chapters, book)
    ]


@dataclass(frozen=True, slots=True)
class _Cut:
    split: Split
    minutes: int


def _split(production: Production, kind: AudioFormat) -> _Cut:
    """As it is asked for; no file of an audiobook's MP3 holds several chapters beyond 2 hours."""
    cut = _Cut(production.split, production.part_minutes)
    if cut.split is Split.CHAPTERS or not _is_for_acx(production, kind):
        return cut
    most = AUDIOBOOK_MINUTES if cut.split is Split.WHOLE else min(cut.minutes, AUDIOBOOK_MINUTES)
    return _Cut(Split.PARTS, most)


def _is_for_acx(production: Production, kind: AudioFormat) -> bool:
    return production.profile is Profile.AUDIOBOOK and kind is AudioFormat.MP3


def longer_than_acx(
    production: Production, planned: PlannedRecording, chapters: Chapters
) -> int | None:
    """How many minutes a file plays that ACX would not take: of one chapter, longer than a file.

    None for a file that it would, or that is not for it.
    """
    samples = sum(chapters[position][1] for position in planned.positions)
    if (
        not _is_for_acx(production, planned.format)
        or samples <= AUDIOBOOK_MINUTES * _MINUTE_SAMPLES
    ):
        return None
    return -(-samples // _MINUTE_SAMPLES)


def _of_format(
    kind: AudioFormat, cut: _Cut, stem: str, chapters: Chapters, book: str
) -> Iterator[PlannedRecording]:
    groups = list(_groups(cut, chapters))
    for number, positions in enumerate(groups, start=1):
        whole = len(groups) == 1
        by_chapter = cut.split is Split.CHAPTERS
        title = chapters[positions.start][0] if by_chapter else f"{book}, part {number}"
        ending = _numbered(number, len(groups), title) if by_chapter else f"part-{number}"
        yield PlannedRecording(
            format=kind,
            name=f"{stem}.{kind}" if whole else f"{stem}-{ending}.{kind}",
            positions=positions,
            title="" if whole else title,
            number=number,
            count=len(groups),
        )


def _groups(cut: _Cut, chapters: Chapters) -> Iterator[range]:
    if cut.split is Split.WHOLE:
        yield range(len(chapters))
        return
    most = cut.minutes * _MINUTE_SAMPLES if cut.split is Split.PARTS else 0
    begun = filled = 0
    for position, (_, samples) in enumerate(chapters):
        if position > begun and filled + samples > most:
            yield range(begun, position)
            begun, filled = position, 0
        filled += samples
    yield range(begun, len(chapters))


def _numbered(number: int, count: int, title: str) -> str:
    """Such as `07-the-red-headed-league`, so that names sort as chapters do."""
    digits = max(_LEAST_DIGITS, len(str(count)))
    return f"{number:0{digits}}-{slug(title)}".rstrip("-")


def file_stem(title: str) -> str:
    """A title as a file name of plain letters: `Emma, Vol. I` gives `emma-vol-i`."""
    return slug(title) or "audiobook"


def slug(text: str) -> str:
    """Plain letters, digits and hyphens of a text; empty where it has none of them."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST_NAME].strip("-")
