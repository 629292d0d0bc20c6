"""Publishing: rendered chapters become finished recordings, proved before they are shown."""

from collections.abc import Sequence
from pathlib import Path

import structlog

from narrator.domain.artifacts import MANIFEST_NAME, Artifact, plan_object
from narrator.domain.errors import (
    NarratorError,
    StoredSpoilt,
    StoreUnavailable,
    ToolFailed,
    VerificationFailed,
)
from narrator.domain.failpoints import FailPoint
from narrator.domain.jobs import Job
from narrator.domain.manifest import Manifest
from narrator.domain.manifest_json import to_json
from narrator.domain.plan import Plan
from narrator.domain.plan_json import plan_hash
from narrator.domain.production import Level
from narrator.domain.recordings import file_stem, longer_than_acx, planned_recordings
from narrator.domain.steps import Claim
from narrator.services.chapters import ChapterSpoilt, Part, parts_of, spoilt_chapters
from narrator.services.companions import companions
from narrator.services.kit import Services
from narrator.services.levelling import levelled
from narrator.services.plan import read_plan, store_plan
from narrator.services.ports import RenderedChapterRow
from narrator.services.proof import manifest_of
from narrator.services.recordings import Book, Made, artifact_key, book_of, make
from narrator.services.scratch import Temporary, scratch_folder
from narrator.services.stored import plan_of
from narrator.services.submit import file_sha256
from narrator.services.verify import verify

log = structlog.get_logger(__name__)


def publish(services: Services, claim: Claim) -> None:
    """Do a `publish` step: join, tag, prove, store; only then has the job succeeded.

    Chapters that are gone, or not what was stored, or not there in every format that is asked for,
    are rendered again first. Raises VerificationFailed when the recordings do not prove every
    character.
    """
    job = services.jobs.get(claim.job_id)
    made = _plan(services, job)
    rows = services.takes.of_job(claim)
    with scratch_folder(services.scratch, Temporary.PUBLISH) as folder:
        parts = _complete(parts_of(services, rows, job.options.format), job)
        if spoilt := [position for position, part in enumerate(parts) if part is None]:
            _render_again(services, claim, rows, spoilt)
            return
        whole = [part for part in parts if part]
        try:
            book = book_of(services, job, made, levelled(services, job, whole, folder))
            recordings = _recordings(services, book, folder)
            manifest = manifest_of(job, made, book.parts, [each.recording for each in recordings])
            besides = companions(services, book, manifest, folder)
        except StoreUnavailable:  # tells nothing of the chapters, of which there may be gigabytes
            raise
        except (ChapterSpoilt, NarratorError) as error:
            if not (spoilt := spoilt_chapters(services, whole, folder)):
                if isinstance(error, NarratorError):
                    raise
                raise _unconfirmed() from error
            _render_again(services, claim, rows, spoilt)
            return
        artifacts = [*(each.artifact for each in recordings), *besides]
        artifacts.append(_store_manifest(services, job, manifest, folder))
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


def _complete(parts: Sequence[Part | None], job: Job) -> list[Part | None]:
    """Without those that are not there in every format: an earlier release rendered but one."""
    if job.options.production.level is Level.BOOK:
        return [part if part and part.master and part.record.measured else None for part in parts]
    kinds = job.options.formats
    return [part if part and all(map(part.file, kinds)) else None for part in parts]


def _render_again(
    services: Services, claim: Claim, rows: Sequence[RenderedChapterRow], spoilt: Sequence[int]
) -> None:
    for position in spoilt:
        log.warning("chapter.spoilt", chapter=position, object=rows[position].record.audio_key)
    services.steps.rerender(claim, spoilt)


def _unconfirmed() -> ToolFailed:
    """The error for a chapter that was spoilt, and that a second look finds as it was stored."""
    return ToolFailed(
        "the object store did not give a chapter as it was stored, and then it did",
        remedy="the step is repeated; if it happens again, look at the object store",
    )


def _recordings(services: Services, book: Book, folder: Path) -> list[Made]:
    """Every recording, made, proved and stored one after another."""
    options, stem = book.job.options, file_stem(book.plan.metadata.title)
    chapters = [(part.row.title, part.samples) for part in book.parts]
    planned = planned_recordings(
        options.production, options.format, stem, chapters, book=book.metadata.title
    )
    for each in planned:
        if minutes := longer_than_acx(options.production, each, chapters):
            log.warning("recording.long", number=each.number, of=each.count, minutes=minutes)
    return [make(services, book, each, folder) for each in planned]


def _store_manifest(services: Services, job: Job, manifest: Manifest, folder: Path) -> Artifact:
    """Prove it by itself, and store it."""
    verdict = verify(manifest)
    if not verdict.ok:
        raise VerificationFailed(
            f"the recording does not prove the document: {'; '.join(verdict.problems[:3])}",
            remedy="retry the job; finished takes are kept. If it happens again, report it",
        )
    path = folder / MANIFEST_NAME
    path.write_bytes(to_json(manifest))
    sha256 = file_sha256(path)
    proof = Artifact(
        name=MANIFEST_NAME,
        object_key=artifact_key(job.id, sha256, MANIFEST_NAME),
        media_type="application/json",
        bytes=path.stat().st_size,
        sha256=sha256,
    )
    services.objects.put_file(proof.object_key, path, media_type=proof.media_type)
    return proof
