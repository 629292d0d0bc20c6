"""Reading back what was stored. Nothing is taken for what it was unless its digest says so."""

import hashlib
from pathlib import Path, PurePosixPath

from narrator.domain.artifacts import AudioFormat, lexicon_object, plan_object, source_object
from narrator.domain.errors import Missing, TakeCorrupt, VerificationFailed
from narrator.domain.ids import ObjectKey
from narrator.domain.jobs import Job
from narrator.domain.lexicon import NO_LEXICON, Lexicon, lexicon_from_json
from narrator.domain.plan import Plan
from narrator.domain.plan_json import from_json as plan_from_json
from narrator.domain.spoilt import lexicon_spoilt, plan_spoilt, source_spoilt
from narrator.domain.takes import Take
from narrator.services.kit import Services
from narrator.services.ports import ChapterTake, RenderedRecord
from narrator.services.submit import file_sha256
from narrator.services.timelines import ChapterObject, ChapterRecord, record_from_json

NAMED_DIGITS = 16
"""So many digits of its digest are in an object's name."""


def fetch_source(services: Services, job: Job, path: Path) -> None:
    """Copy the submitted document to a file; raises StoredSpoilt."""
    try:
        services.objects.get_file(job.source_key, path)
    except Missing as error:
        raise source_spoilt(job.source_key, gone=True) from error
    if source_object(file_sha256(path)) != job.source_key:
        raise source_spoilt(job.source_key, gone=False)


def fetch_lexicon(services: Services, job: Job) -> Lexicon:
    """The lexicon that a job is bound to, an empty one for none; raises StoredSpoilt."""
    sha256 = job.options.lexicon
    if not sha256:
        return NO_LEXICON
    key = lexicon_object(job.id, sha256)
    try:
        data = services.objects.get_bytes(key)
    except Missing as error:
        raise lexicon_spoilt(key, gone=True) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise lexicon_spoilt(key, gone=False)
    return lexicon_from_json(data)


def plan_of(services: Services, job: Job) -> Plan:
    """The stored plan of a planned job; raises StoredSpoilt."""
    if job.plan_key is None:
        raise VerificationFailed(f"{job} has no plan", remedy="submit the document again")
    try:
        data = services.objects.get_bytes(job.plan_key)
    except Missing as error:
        raise plan_spoilt(job.plan_key, gone=True) from error
    if plan_object(job.id, hashlib.sha256(data).hexdigest()) != job.plan_key:
        raise plan_spoilt(job.plan_key, gone=False)
    return plan_from_json(data)


def samples_of(services: Services, chunk: ChapterTake) -> bytes:
    """The samples of a chunk's take; raises TakeCorrupt when they are gone or others."""
    if chunk.take is None:
        raise TakeCorrupt(f"take {chunk.key[:16]} is not among the kept takes")
    return samples_of_take(services, chunk.take)


def samples_of_take(services: Services, take: Take) -> bytes:
    """The samples of a stored take; raises TakeCorrupt when they are gone or others."""
    try:
        pcm = services.studio.unpack(services.objects.get_bytes(take.object_key))
    except Missing as error:
        raise TakeCorrupt(f"take {take.key[:16]} is gone: {error.reason}") from error
    if hashlib.sha256(pcm).hexdigest() != take.sha256:
        raise TakeCorrupt(f"take {take.key[:16]} is not what was stored")
    return pcm


def chapter_record(services: Services, row: RenderedRecord) -> ChapterRecord | None:
    """What is stored of a rendered chapter besides its audio.

    None when it is gone, or is not what was stored.
    """
    try:
        data = services.objects.get_bytes(row.timeline_key)
    except Missing:
        return None
    if not _is_timeline(row, data):
        return None
    try:
        return record_from_json(data)
    except (ValueError, TypeError):
        return None


def fetch_chapter(services: Services, file: ChapterObject, path: Path) -> bool:
    """Copy a chapter's file; False when it is gone, or is not what was stored."""
    digest = hashlib.sha256()
    try:
        blocks = services.objects.stream(file.key)
        with path.open("wb") as copy:
            for block in blocks:
                digest.update(block)
                copy.write(block)
    except Missing:
        return False
    return digest.hexdigest().startswith(file.sha256)


def only_file(row: RenderedRecord, kind: AudioFormat) -> ChapterObject:
    """The one file of a chapter that a release before this one rendered, named by its digest."""
    digits = PurePosixPath(row.audio_key).stem.rpartition("-")[2]
    return ChapterObject(format=kind, key=row.audio_key, sha256=digits, bytes=0)


def _is_named(key: ObjectKey, sha256: str) -> bool:
    """Whether the last part of an object's name is made of that digest."""
    return PurePosixPath(key).stem.rpartition("-")[2] == sha256[:NAMED_DIGITS]


def _is_timeline(record: RenderedRecord, data: bytes) -> bool:
    """A timeline that a release before this one stored is named like its audio: it must do."""
    if PurePosixPath(record.timeline_key).stem == PurePosixPath(record.audio_key).stem:
        return True
    return _is_named(record.timeline_key, hashlib.sha256(data).hexdigest())
