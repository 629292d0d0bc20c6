"""Making a finished recording of rendered chapters: joined, tagged, proved, stored."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from narrator.domain.artifacts import Artifact, AudioFormat, job_object
from narrator.domain.documents import Cover, Metadata
from narrator.domain.errors import VerificationFailed
from narrator.domain.failpoints import FailPoint
from narrator.domain.ids import JobId, ObjectKey
from narrator.domain.jobs import Job
from narrator.domain.manifest import Recording
from narrator.domain.plan import Plan
from narrator.domain.recordings import PlannedRecording
from narrator.domain.timeline import chapter_starts
from narrator.services.chapters import ChapterSpoilt, Part, fetched
from narrator.services.kit import Services
from narrator.services.plan import COVER_NAMES
from narrator.services.ports import Label
from narrator.services.proof import chapters_of
from narrator.services.submit import file_sha256
from narrator.services.timelines import ChapterObject
from narrator.services.verify import sound_problems

SHOWN_BYTES = 1 << 20
"""So much of what is streamed, at least, besides its head, is digested for its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Everything about a job that goes into its recordings; the title of `metadata` is not empty.

    `starts` are where its chapters begin, in samples of the whole.
    """

    job: Job
    plan: Plan
    parts: Sequence[Part]
    starts: Sequence[int]
    metadata: Metadata
    narrator: str
    cover: Cover | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A recording that is made and stored."""

    recording: Recording
    artifact: Artifact


def book_of(services: Services, job: Job, plan: Plan, parts: Sequence[Part]) -> Book:
    """What is known of a book whose chapters are all rendered."""
    title = plan.metadata.title or Path(job.source_name).stem
    return Book(
        job=job,
        plan=plan,
        parts=parts,
        starts=chapter_starts(part.samples for part in parts),
        metadata=replace(plan.metadata, title=title),
        narrator=_narrator(job, plan),
        cover=_cover(services, job.id),
    )


def _narrator(job: Job, plan: Plan) -> str:
    """Who speaks, for the tags: the narrator, then others in the order in which they are heard.

    A trial voice never passes for a paid one.
    """
    if job.speaker.startswith("offline-"):
        return job.speaker
    heard = (chunk.voice for chapter in plan.chapters for chunk in chapter.chunks if chunk.voice)
    return ", ".join(dict.fromkeys((job.options.voice.name, *heard)))


def _cover(services: Services, job_id: JobId) -> Cover | None:
    for media_type, name in COVER_NAMES.items():
        key = job_object(job_id, name)
        if services.objects.exists(key):
            return Cover(media_type=media_type, data=services.objects.get_bytes(key))
    return None


def make(services: Services, book: Book, planned: PlannedRecording, folder: Path) -> Made:
    """Make a recording, prove it, store it, and leave nothing in the folder.

    Raises ChapterSpoilt, VerificationFailed and ToolFailed.
    """
    parts = [book.parts[position] for position in planned.positions]
    files = [_file(part, planned.format) for part in parts]
    heard = all(part.record.heard for part in parts)
    room = folder / "chapters"  # a folder of their own: a book may be called "Chapter 1"
    room.mkdir(exist_ok=True)
    chapters = fetched(services, files, room)
    if planned.format.is_lossless and heard:
        made = _streamed(services, book, planned, files, chapters)
    else:
        made = _filed(services, book, planned, chapters, folder / planned.name, heard=heard)
    services.reach(FailPoint.RECORDING_STORED)
    return made


def _file(part: Part, kind: AudioFormat) -> ChapterObject:
    file = part.file(kind)
    if file is None:
        raise ChapterSpoilt(f"chapter {part.row.number} was not rendered as {kind}")
    return file


def _label(book: Book, planned: PlannedRecording) -> Label:
    held = (book.parts[position] for position in planned.positions)
    return Label(
        metadata=book.metadata,
        narrator=book.narrator,
        cover=book.cover,
        chapters=tuple((part.row.title, part.samples) for part in held),
        title=planned.title,
        number=planned.number,
        count=planned.count,
    )


def _filed(
    services: Services,
    book: Book,
    planned: PlannedRecording,
    chapters: Iterator[Path],
    path: Path,
    *,
    heard: bool,
) -> Made:
    """By way of a file. Chapters that nobody listened to are listened to in it."""
    services.studio.publish(chapters, format=planned.format, label=_label(book, planned), path=path)
    services.reach(FailPoint.CHAPTERS_JOINED)
    sha256 = file_sha256(path)
    key = artifact_key(book.job.id, sha256, path.name)
    made = _made(book, planned, key, bytes_=path.stat().st_size, sha256=sha256)
    if not heard:
        _listen(services, book, made.recording, path)
    services.objects.put_file(key, path, media_type=made.artifact.media_type)
    path.unlink()
    return made


def _listen(services: Services, book: Book, recording: Recording, path: Path) -> None:
    chapters = chapters_of(book.plan, book.parts)
    if problems := list(sound_problems(chapters, recording, services.studio, path)):
        raise VerificationFailed(
            f"the recording does not prove the document: {'; '.join(problems[:3])}",
            remedy="retry the job; finished takes are kept. If it happens again, report it",
        )


def _streamed(
    services: Services,
    book: Book,
    planned: PlannedRecording,
    files: Sequence[ChapterObject],
    chapters: Iterator[Path],
) -> Made:
    """Straight into the store, whatever its length."""
    label = _label(book, planned)
    blocks = services.studio.stream(chapters, format=planned.format, label=label)
    begun = _beginning(blocks)
    key = artifact_key(book.job.id, _ingredients(services, files, begun), planned.name)
    digest = hashlib.sha256()
    bytes_ = 0

    def counted() -> Iterator[bytes]:
        nonlocal bytes_
        for block in chain(begun, blocks):
            digest.update(block)
            bytes_ += len(block)
            yield block
        services.reach(FailPoint.CHAPTERS_JOINED)

    services.objects.put_stream(key, counted(), media_type=planned.format.media_type)
    return _made(book, planned, key, bytes_=bytes_, sha256=digest.hexdigest())


def _beginning(blocks: Iterator[bytes]) -> list[bytes]:
    """The first blocks: a file's head, and something of its sound."""
    begun: list[bytes] = []
    while sum(map(len, begun[1:])) < SHOWN_BYTES and (block := next(blocks, None)) is not None:
        begun.append(block)
    return begun


def _ingredients(services: Services, files: Sequence[ChapterObject], begun: Sequence[bytes]) -> str:
    """A digest of all that a recording without loss is made of: equal ones have equal bytes.

    It is made of a head and of the chapters' samples, encoded. The beginning holds the head, and
    shows how that is done.
    """
    parts = [services.studio.writer, *(file.sha256 for file in files)]
    beginning = hashlib.sha256(b"".join(begun)).hexdigest()
    return hashlib.sha256("\n".join([*parts, beginning]).encode()).hexdigest()


def _made(
    book: Book, planned: PlannedRecording, key: ObjectKey, *, bytes_: int, sha256: str
) -> Made:
    held = [book.parts[position] for position in planned.positions]
    recording = Recording(
        name=planned.name,
        format=planned.format,
        bytes=bytes_,
        sha256=sha256,
        samples=sum(part.samples for part in held),
        start_samples=book.starts[planned.positions.start],
        chapters=tuple(part.row.number for part in held),
    )
    artifact = Artifact(
        name=planned.name,
        object_key=key,
        media_type=planned.format.media_type,
        bytes=bytes_,
        sha256=sha256,
    )
    return Made(recording=recording, artifact=artifact)


def artifact_key(job_id: JobId, sha256: str, name: str) -> ObjectKey:
    """Objects are named by their content: a publisher that comes late overwrites nothing.

    What is streamed has to be named before its digest is known, and is by that of its ingredients.
    """
    return job_object(job_id, f"artifacts/{sha256[:16]}/{name}")
