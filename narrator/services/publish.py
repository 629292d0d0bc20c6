"""Publishing: rendered chapters become the finished book, proved before it is shown."""

import re
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from narrator.domain.artifacts import MANIFEST_NAME, Artifact, job_object
from narrator.domain.documents import Cover, Skip, SkipReason
from narrator.domain.errors import VerificationFailed
from narrator.domain.failpoints import FailPoint
from narrator.domain.ids import JobId, ObjectKey
from narrator.domain.jobs import Job
from narrator.domain.manifest import Manifest, ManifestChapter, ManifestChunk, Recording
from narrator.domain.manifest_json import to_json
from narrator.domain.plan import Plan
from narrator.domain.plan_json import from_json as plan_from_json
from narrator.domain.steps import Claim
from narrator.domain.timeline import chapter_starts
from narrator.services.kit import Services
from narrator.services.plan import COVER_NAMES
from narrator.services.ports import ChapterFile, RenderedChapterRow
from narrator.services.submit import file_sha256
from narrator.services.timelines import placements_from_json
from narrator.services.verify import verify

_LONGEST_NAME = 80


def publish(services: Services, claim: Claim) -> None:
    """Do a `publish` step: join, tag, verify, store; only then has the job succeeded.

    Raises VerificationFailed when the finished file does not prove every character.
    """
    job = services.jobs.get(claim.job_id)
    made = plan_of(services, job)
    rows = services.takes.of_job(claim)
    with tempfile.TemporaryDirectory(dir=services.scratch, prefix="narrator-publish-") as folder:
        path = Path(folder) / f"{file_stem(made.metadata.title)}.{job.options.format}"
        _join(services, job, made, rows, path)
        services.reach(FailPoint.CHAPTERS_JOINED)
        manifest = _manifest(services, job, made, rows, path)
        _prove(services, manifest, path)
        artifacts = _store(services, job, manifest, path)
    services.reach(FailPoint.MANIFEST_STORED)
    services.steps.finish_publish(claim, artifacts)
    services.reach(FailPoint.PUBLISH_COMMITTED)


def plan_of(services: Services, job: Job) -> Plan:
    """The stored plan of a planned job."""
    if job.plan_key is None:
        raise VerificationFailed(f"{job} has no plan", remedy="submit the document again")
    return plan_from_json(services.objects.get_bytes(job.plan_key))


def _join(
    services: Services, job: Job, made: Plan, rows: list[RenderedChapterRow], path: Path
) -> None:
    folder = path.parent / "chapters"  # of its own: a book may be called "Chapter 1"
    folder.mkdir()
    chapters = [_bring(services, row, folder / f"{row.number:05d}") for row in rows]
    services.studio.publish(
        chapters,
        format=job.options.format,
        metadata=replace(made.metadata, title=made.metadata.title or Path(job.source_name).stem),
        narrator=_narrator(job),
        cover=_cover(services, job.id),
        path=path,
    )
    shutil.rmtree(folder)


def _narrator(job: Job) -> str:
    """Who speaks, for the tags. A trial voice never passes for a paid one."""
    return job.speaker if job.speaker.startswith("offline-") else job.options.voice.name


def _bring(services: Services, row: RenderedChapterRow, stem: Path) -> ChapterFile:
    path = stem.with_suffix(Path(row.record.audio_key).suffix)
    services.objects.get_file(row.record.audio_key, path)
    return ChapterFile(path=path, samples=row.record.samples, title=row.title)


def _cover(services: Services, job_id: JobId) -> Cover | None:
    for media_type, name in COVER_NAMES.items():
        key = job_object(job_id, name)
        if services.objects.exists(key):
            return Cover(media_type=media_type, data=services.objects.get_bytes(key))
    return None


def _manifest(
    services: Services, job: Job, made: Plan, rows: list[RenderedChapterRow], path: Path
) -> Manifest:
    lengths = [row.record.samples for row in rows]
    return Manifest(
        format=made.format,
        source_sha256=made.source_sha256,
        source_chars=made.source_chars,
        metadata=made.metadata,
        speaker=job.speaker,
        voice=job.options.voice.name,
        speed=job.options.voice.speed,
        chapters=tuple(
            _chapter(services, made, position, row, start)
            for position, (row, start) in enumerate(zip(rows, chapter_starts(lengths), strict=True))
        ),
        skips=(*made.skips, *_unspoken(made, rows)),
        recording=Recording(
            name=path.name,
            format=job.options.format,
            bytes=path.stat().st_size,
            sha256=file_sha256(path),
            samples=sum(lengths),
        ),
    )


def _unspoken(made: Plan, rows: list[RenderedChapterRow]) -> Iterator[Skip]:
    """What was to be spoken and is not in the recording: the gaps that the job was to skip."""
    for chapter, row in zip(made.chapters, rows, strict=True):
        for chunk in chapter.chunks:
            if chunk.index in row.dead:
                yield from (Skip(span=span, reason=SkipReason.UNSPOKEN) for span in chunk.spans)


def _chapter(
    services: Services, made: Plan, position: int, row: RenderedChapterRow, start: int
) -> ManifestChapter:
    placements = placements_from_json(services.objects.get_bytes(row.record.timeline_key))
    chunks = [chunk for chunk in made.chapters[position].chunks if chunk.index not in row.dead]
    return ManifestChapter(
        number=row.number,
        title=row.title,
        start_samples=start,
        samples=row.record.samples,
        chunks=tuple(
            ManifestChunk(
                chunk=chunk,
                take=key,
                placement=placement.moved(start),
            )
            for chunk, key, placement in zip(chunks, row.keys, placements, strict=True)
        ),
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
