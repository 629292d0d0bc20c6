"""One gain for a whole book: what `level=book` waits for the last chapter for.

Its chapters were rendered to masters without loss, and measured. Here each is made as loud as the
book is to be, encoded, listened to and stored, a few at a time; then it is like any other.
"""

import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from narrator.domain.jobs import Job
from narrator.domain.loudness import merged
from narrator.domain.production import Level
from narrator.services.chapters import ChapterSpoilt, Part, fetched, store_files
from narrator.services.hearing import hear
from narrator.services.kit import Services
from narrator.services.ports import Commission
from narrator.services.stored import fetch_chapter
from narrator.services.timelines import ChapterObject

AT_ONCE = 2
"""Each feeds an encoder for each format, which are processes of their own."""


def levelled(services: Services, job: Job, parts: Sequence[Part], folder: Path) -> list[Part]:
    """The chapters as they are to be joined; those of a job that levels each alone are so already.

    Raises ChapterSpoilt for a master that is gone, and ToolFailed.
    """
    production = job.options.production
    if production.level is not Level.BOOK:
        return list(parts)
    gain = _gain_db(services, job, parts, folder)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(
            pool.map(
                lambda position: _levelled(services, job, parts[position], position, gain, folder),
                range(len(parts)),
            )
        )


def _gain_db(services: Services, job: Job, parts: Sequence[Part], folder: Path) -> float:
    """By how much all of them are to be louder."""
    room, spools = folder / "masters", folder / "spools"
    for each in (room, spools):
        each.mkdir()
    found = services.studio.shared_gain_db(
        fetched(services, list(map(_master, parts)), room),
        merged(part.record.measured for part in parts if part.record.measured),
        _commission(job, spools),
    )
    shutil.rmtree(spools)
    return found


def _commission(job: Job, folder: Path) -> Commission:
    options = job.options
    return Commission(production=options.production, formats=options.formats, folder=folder)


def _master(part: Part) -> ChapterObject:
    if part.master is None:
        raise ChapterSpoilt(f"chapter {part.row.number} has no master")
    return part.master


def _levelled(
    services: Services, job: Job, part: Part, position: int, gain: float, folder: Path
) -> Part:
    room = folder / f"level-{position:05d}"
    room.mkdir()
    path = room / "master"
    if not fetch_chapter(services, _master(part), path):
        raise ChapterSpoilt(f"the master of chapter {part.row.number} is gone")
    made = services.studio.level(path, part.placements, _commission(job, room), gain_db=gain)
    hear(made)
    files = store_files(services, job.id, position, made.files)
    shutil.rmtree(room)
    record = replace(
        part.record,
        placements=made.placements,
        files=files,
        gain_db=made.gain_db,
        limited_samples=made.limited_samples,
    )
    return replace(part, record=record, files=files)
