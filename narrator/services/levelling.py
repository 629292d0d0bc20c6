"""One gain for a whole book: what `level=book` waits for the last chapter for.

Its chapters were rendered to masters without loss, and measured. Here each is made as loud as the
book is to be, encoded, listened to and stored, a few at a time; then it is like any other.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from narrator.domain.artifacts import job_object
from narrator.domain.ids import JobId
from narrator.domain.jobs import Job
from narrator.domain.loudness import gain_db, merged
from narrator.domain.production import Level
from narrator.services.chapters import ChapterSpoilt, Part
from narrator.services.hearing import hear
from narrator.services.kit import Services
from narrator.services.ports import RenderedChapter, RenderedFile
from narrator.services.stored import NAMED_DIGITS, fetch_chapter
from narrator.services.submit import file_sha256
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
    measured = [part.record.measured for part in parts if part.record.measured]
    gain = gain_db(production.profile, merged(measured))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(
            pool.map(
                lambda position: _levelled(services, job, parts[position], position, gain, folder),
                range(len(parts)),
            )
        )


def _levelled(
    services: Services, job: Job, part: Part, position: int, gain: float, folder: Path
) -> Part:
    room = folder / f"level-{position:05d}"
    room.mkdir()
    master = part.master
    path = room / "master"
    if master is None or not fetch_chapter(services, master, path):
        raise ChapterSpoilt(f"chapter {part.row.number} has no master")
    production = job.options.production
    made = services.studio.level(
        path,
        placements=part.placements,
        gain_db=gain,
        production=production,
        formats=job.options.formats,
        folder=room,
    )
    hear(services.studio, made, production)
    files = _put(services, job.id, position, made)
    for each in room.iterdir():
        each.unlink()
    room.rmdir()
    record = replace(
        part.record,
        placements=made.placements,
        files=files,
        levelled=made.levelled,
        gain_db=made.gain_db,
        limited_samples=made.limited_samples,
    )
    return replace(part, record=record, files=files)


def _put(
    services: Services, job_id: JobId, position: int, made: RenderedChapter
) -> tuple[ChapterObject, ...]:
    """Store each file once, also where several formats share it."""
    stored = {
        path: _put_file(services, job_id, position, next(f for f in made.files if f.path == path))
        for path in dict.fromkeys(file.path for file in made.files)
    }
    return tuple(replace(stored[file.path], format=file.format) for file in made.files)


def _put_file(
    services: Services, job_id: JobId, position: int, file: RenderedFile
) -> ChapterObject:
    sha256 = file_sha256(file.path)
    name = f"chapters/{position:05d}-{sha256[:NAMED_DIGITS]}{file.path.suffix}"
    key = job_object(job_id, name)
    services.objects.put_file(key, file.path, media_type=file.media_type)
    return ChapterObject(format=file.format, key=key, sha256=sha256, bytes=file.path.stat().st_size)
