"""Publishing: rendered chapters become the finished book, proved before it is shown."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from narrator.domain.artifacts import MANIFEST_NAME, Artifact, job_object, plan_object
from narrator.domain.documents import Cover, Skip, SkipReason
from narrator.domain.errors import StoredSpoilt, VerificationFailed
from narrator.domain.failpoints import FailPoint
from narrator.domain.ids import JobId, ObjectKey
from narrator.domain.jobs import Job
from narrator.domain.manifest import Manifest, ManifestChapter, ManifestChunk, Recording
from narrator.domain.manifest_json import to_json
from narrator.domain.plan import Plan, PlannedChapter
from narrator.domain.plan_json import plan_hash
from narrator.domain.steps import Claim
from narrator.domain.timeline import Placement, chapter_starts
from narrator.services.kit import Services
from narrator.services.plan import COVER_NAMES, read_plan, store_plan
from narrator.services.ports import ChapterFile, RenderedChapterRow
from narrator.services.scratch import Temporary, scratch_folder
from narrator.services.stored import fetch_chapter, plan_of
from narrator.services.submit import file_sha256
from narrator.services.verify import verify

_LONGEST_NAME = 80

log = structlog.get_logger(__name__)


def publish(services: Services, claim: Claim) -> None:
    """Do a `publish` step: join, tag, verify, store; only then has the job succeeded.

    Chapters that are gone, or not what was stored, are rendered again first. Raises
    VerificationFailed when the finished file does not prove every character.
    """
    job = services.jobs.get(claim.job_id)
    made = _plan(services, job)
    rows = services.takes.of_job(claim)
    with scratch_folder(services.scratch, Temporary.PUBLISH) as folder:
        path = folder / f"{file_stem(made.metadata.title)}.{job.options.format}"
        parts = _brought(services, rows, path.parent / "chapters")
        if spoilt := [position for position in range(len(rows)) if position not in parts]:
            _render_again(services, claim, rows, spoilt)
            return
        _join(services, job, made, list(parts.values()), path)
        services.reach(FailPoint.CHAPTERS_JOINED)
        manifest = _manifest(job, made, list(parts.values()), path)
        _prove(services, manifest, path)
        artifacts = _store(services, job, manifest, path)
    services.reach(FailPoint.MANIFEST_STORED)
    services.steps.finish_publish(claim, artifacts)
    services.reach(FailPoint.PUBLISH_COMMITTED)


def _plan(services: Services, job: Job) -> Plan:
    """The stored plan. One that is spoilt is made anew, where the same follows from the document.

    Raises StoredSpoilt where it does not.
    """
    try:
        return plan_of(services, job)
    except StoredSpoilt as error:
        log.warning("plan.spoilt", reason=error.reason)
        _, made = read_plan(services, job)
        if plan_object(job.id, plan_hash(made)) != job.plan_key:
            raise
        store_plan(services, job.id, made)
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A rendered chapter that was brought back; `placements` are from its own start."""

    row: RenderedChapterRow
    path: Path
    placements: tuple[Placement, ...]


def _brought(
    services: Services, rows: Sequence[RenderedChapterRow], folder: Path
) -> dict[int, _Part]:
    """Of the chapters those that are what was stored, by their positions.

    The folder is their own: a book may be called "Chapter 1".
    """
    folder.mkdir()
    parts: dict[int, _Part] = {}
    for position, row in enumerate(rows):
        path = folder / f"{position:05d}{Path(row.record.audio_key).suffix}"
        placements = fetch_chapter(services, row.record, path)
        if placements is not None:
            parts[position] = _Part(row=row, path=path, placements=placements)
    return parts


def _render_again(
    services: Services, claim: Claim, rows: Sequence[RenderedChapterRow], spoilt: Sequence[int]
) -> None:
    for position in spoilt:
        log.warning("chapter.spoilt", chapter=position, object=rows[position].record.audio_key)
    services.steps.rerender(claim, spoilt)


def _join(services: Services, job: Job, made: Plan, parts: Sequence[_Part], path: Path) -> None:
    services.studio.publish(
        [
            ChapterFile(path=part.path, samples=part.row.record.samples, title=part.row.title)
            for part in parts
        ],
        format=job.options.format,
        metadata=replace(made.metadata, title=made.metadata.title or Path(job.source_name).stem),
        narrator=_narrator(job, made),
        cover=_cover(services, job.id),
        path=path,
    )
    for part in parts:
        part.path.unlink()


def _narrator(job: Job, made: Plan) -> str:
    """Who speaks, for the tags: the narrator, then others in the order in which they are heard.

    A trial voice never passes for a paid one.
    """
    if job.speaker.startswith("offline-"):
        return job.speaker
    heard = (chunk.voice for chapter in made.chapters for chunk in chapter.chunks if chunk.voice)
    return ", ".join(dict.fromkeys((job.options.voice.name, *heard)))


def _cover(services: Services, job_id: JobId) -> Cover | None:
    for media_type, name in COVER_NAMES.items():
        key = job_object(job_id, name)
        if services.objects.exists(key):
            return Cover(media_type=media_type, data=services.objects.get_bytes(key))
    return None


def _manifest(job: Job, made: Plan, parts: Sequence[_Part], path: Path) -> Manifest:
    lengths = [part.row.record.samples for part in parts]
    starts = chapter_starts(lengths)
    return Manifest(
        format=made.format,
        source_sha256=made.source_sha256,
        source_chars=made.source_chars,
        metadata=made.metadata,
        speaker=job.speaker,
        voice=job.options.voice.name,
        speed=job.options.voice.speed,
        chapters=tuple(
            _chapter(planned, part, start)
            for planned, part, start in zip(made.chapters, parts, starts, strict=True)
        ),
        skips=(*made.skips, *_unspoken(made, parts)),
        recording=Recording(
            name=path.name,
            format=job.options.format,
            bytes=path.stat().st_size,
            sha256=file_sha256(path),
            samples=sum(lengths),
        ),
        choices=job.options.text,
    )


def _unspoken(made: Plan, parts: Sequence[_Part]) -> Iterator[Skip]:
    """What was to be spoken and is not in the recording: the gaps that the job was to skip."""
    for chapter, part in zip(made.chapters, parts, strict=True):
        for chunk in chapter.chunks:
            if chunk.index in part.row.dead:
                yield from (Skip(span=span, reason=SkipReason.UNSPOKEN) for span in chunk.spans)


def _chapter(planned: PlannedChapter, part: _Part, start: int) -> ManifestChapter:
    row = part.row
    chunks = [chunk for chunk in planned.chunks if chunk.index not in row.dead]
    return ManifestChapter(
        number=row.number,
        title=row.title,
        start_samples=start,
        samples=row.record.samples,
        chunks=tuple(
            ManifestChunk(chunk=chunk, take=key, placement=placement.moved(start))
            for chunk, key, placement in zip(chunks, row.keys, part.placements, strict=True)
        ),
        unspoken=tuple(chunk.index for chunk in planned.chunks if chunk.index in row.dead),
    )


def _prove(services: Services, manifest: Manifest, path: Path) -> None:
    verdict = verify(manifest, studio=services.studio, recording=path, document=None)
    if not verdict.ok:
        raise VerificationFailed(
            f"the recording does not prove the document: {'; '.join(verdict.problems[:3])}",
            remedy="retry the job; finished takes are kept. If it happens again, report it",
        )


def _store(
    services: Services, job: Job, manifest: Manifest, path: Path
) -> tuple[Artifact, Artifact]:
    """Objects are named by their content: a publisher that comes late overwrites nothing."""
    recording = Artifact(
        name=path.name,
        object_key=_object_key(job.id, manifest.recording.sha256, path.name),
        media_type=job.options.format.media_type,
        bytes=manifest.recording.bytes,
        sha256=manifest.recording.sha256,
    )
    services.objects.put_file(recording.object_key, path, media_type=recording.media_type)
    services.reach(FailPoint.RECORDING_STORED)
    proof_path = path.with_name(MANIFEST_NAME)
    proof_path.write_bytes(to_json(manifest))
    proof_sha256 = file_sha256(proof_path)
    proof = Artifact(
        name=MANIFEST_NAME,
        object_key=_object_key(job.id, proof_sha256, MANIFEST_NAME),
        media_type="application/json",
        bytes=proof_path.stat().st_size,
        sha256=proof_sha256,
    )
    services.objects.put_file(proof.object_key, proof_path, media_type=proof.media_type)
    return recording, proof


def _object_key(job_id: JobId, sha256: str, name: str) -> ObjectKey:
    return job_object(job_id, f"artifacts/{sha256[:16]}/{name}")


def file_stem(title: str) -> str:
    """A title as a file name of plain letters: `Emma, Vol. I` gives `emma-vol-i`."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST_NAME].strip("-") or "audiobook"
