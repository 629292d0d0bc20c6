"""Rendered chapters: put into the store, and brought back in their order, a few of them ahead."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from narrator.domain.artifacts import AudioFormat, job_object
from narrator.domain.ids import JobId
from narrator.domain.timeline import Placement
from narrator.services.kit import Services
from narrator.services.ports import RenderedChapterRow, RenderedFile
from narrator.services.stored import NAMED_DIGITS, chapter_record, fetch_chapter, only_file
from narrator.services.submit import file_sha256
from narrator.services.timelines import ChapterObject, ChapterRecord

FETCHERS = 4
"""So many chapters are fetched at once: a store is slow to begin and quick to go on."""

MOST_AHEAD_BYTES = 256 << 20
"""And so much of them, at the most, lies in the scratch folder besides the one that is joined."""


class ChapterSpoilt(Exception):
    """A chapter's file is gone, or is not what was stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A rendered chapter: its row, what is stored of it, and the files of its audio."""

    row: RenderedChapterRow
    record: ChapterRecord
    files: tuple[ChapterObject, ...]

    @property
    def placements(self) -> tuple[Placement, ...]:
        """Where its takes lie."""
        return self.record.placements

    @property
    def samples(self) -> int:
        """Its length."""
        return self.row.record.samples

    @property
    def master(self) -> ChapterObject | None:
        """What `level=book` goes on with, if there is such a file."""
        return next((each for each in self.files if each.format is None), None)

    def file(self, kind: AudioFormat) -> ChapterObject | None:
        """What a recording of this format is made of, if there is such a file."""
        for each in self.files:
            if each.format is kind or (
                each.format and each.format.is_lossless and kind.is_lossless
            ):
                return each
        return None


def store_files(
    services: Services, job_id: JobId, position: int, files: Sequence[RenderedFile]
) -> tuple[ChapterObject, ...]:
    """Store a chapter's files, each of them once, also where several formats share it.

    They are named by their content: repeating it stores the same again.
    """
    by_path: dict[Path, ChapterObject] = {}
    for file in files:
        if file.path not in by_path:
            by_path[file.path] = _stored(services, job_id, position, file)
    return tuple(replace(by_path[file.path], format=file.format) for file in files)


def _stored(services: Services, job_id: JobId, position: int, file: RenderedFile) -> ChapterObject:
    sha256 = file_sha256(file.path)
    key = job_object(job_id, f"{chapter_name(position, sha256)}{file.path.suffix}")
    services.objects.put_file(key, file.path, media_type=file.media_type)
    return ChapterObject(
        format=file.format,
        key=key,
        sha256=sha256,
        bytes=file.path.stat().st_size,
        decoded=file.heard.measured,
    )


def chapter_name(position: int, sha256: str) -> str:
    """What the names of a chapter's objects begin with, within its job."""
    return f"chapters/{position:05d}-{sha256[:NAMED_DIGITS]}"


def parts_of(
    services: Services, rows: Sequence[RenderedChapterRow], main: AudioFormat
) -> list[Part | None]:
    """What is known of each chapter; None for one whose timeline is gone or spoilt."""
    with ThreadPoolExecutor(FETCHERS) as pool:
        records = list(pool.map(lambda row: chapter_record(services, row.record), rows))
    return [
        _part(row, record, main) if record else None
        for row, record in zip(rows, records, strict=True)
    ]


def _part(row: RenderedChapterRow, record: ChapterRecord, main: AudioFormat) -> Part:
    return Part(row=row, record=record, files=record.files or (only_file(row.record, main),))


def fetched(services: Services, files: Sequence[ChapterObject], folder: Path) -> Iterator[Path]:
    """Each file in turn; it is removed when the next one is asked for. Raises ChapterSpoilt."""
    coming = deque(enumerate(files))
    ahead: deque[tuple[ChapterObject, Future[Path]]] = deque()
    pool = ThreadPoolExecutor(FETCHERS)
    try:
        while coming or ahead:
            while coming and _fits(coming[0][1], [each for each, _ in ahead]):
                number, file = coming.popleft()
                ahead.append((file, pool.submit(_fetch, services, file, folder, number)))
            path = ahead.popleft()[1].result()
            yield path
            path.unlink()
    finally:
        pool.shutdown(cancel_futures=True)


def _fits(file: ChapterObject, ahead: Sequence[ChapterObject]) -> bool:
    if not ahead:
        return True
    filled = file.bytes + sum(each.bytes for each in ahead)
    return len(ahead) < FETCHERS and filled <= MOST_AHEAD_BYTES


def _fetch(services: Services, file: ChapterObject, folder: Path, number: int) -> Path:
    path = folder / f"{number:05d}-{file.key.rpartition('/')[2]}"
    if not fetch_chapter(services, file, path):
        raise ChapterSpoilt(file.key)
    return path


def spoilt_chapters(services: Services, parts: Sequence[Part], folder: Path) -> list[int]:
    """The positions of all chapters of which a file is gone, or is not what was stored."""
    path = folder / "looked-at"
    return [
        position
        for position, part in enumerate(parts)
        if not all(fetch_chapter(services, file, path) for file in part.files)
    ]
