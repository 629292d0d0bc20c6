"""Planning: the document becomes chapters, chunks and slices."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

from narrator.domain.artifacts import job_object
from narrator.domain.documents import Cover
from narrator.domain.errors import DocumentRefused
from narrator.domain.ids import JobId, ObjectKey
from narrator.domain.jobs import Job
from narrator.domain.plan import Chunk, Plan
from narrator.domain.plan_json import plan_hash, to_json
from narrator.domain.steps import Claim
from narrator.domain.takes import take_key
from narrator.services.kit import Services
from narrator.services.ports import PlannedChunk, PlannedJob, Reader, Slice
from narrator.text.plan import make_plan

SLICE_CHARS = 2_000
"""About a minute of one socket (Deepgram: 2,400 characters a minute)."""

COVER_NAMES = {"image/jpeg": "cover.jpg", "image/png": "cover.png"}


def preview(reader: Reader, path: Path, *, name: str, chapters: tuple[int, ...]) -> Plan:
    """The plan of a document, nothing stored and nothing spent.

    Raises DocumentRefused or OptionRefused.
    """
    return _speakable(make_plan(reader.read(path, name=name), chapters=chapters), name)


def plan(services: Services, claim: Claim) -> None:
    """Do a `plan` step: read the document, store its plan, insert what follows from it."""
    job = services.jobs.get(claim.job_id)
    with tempfile.TemporaryDirectory(dir=services.scratch, prefix="narrator-plan-") as folder:
        path = Path(folder) / "source"
        services.objects.get_file(job.source_key, path)
        document = services.reader.read(path, name=job.source_name)
    made = _speakable(make_plan(document, chapters=job.options.chapters), job.source_name)
    plan_key = job_object(job.id, f"plan-{plan_hash(made)}.json")
    services.objects.put_bytes(plan_key, to_json(made), media_type="application/json")
    if document.cover:
        _keep_cover(services, job.id, document.cover)
    services.steps.finish_plan(claim, _planned(job, made, plan_key))


def _speakable(made: Plan, name: str) -> Plan:
    if made.chars == 0:
        raise DocumentRefused(
            f"nothing in {name} can be spoken",
            remedy="see `narrator plan` for what was left out and why",
        )
    return made


def _keep_cover(services: Services, job_id: JobId, cover: Cover) -> None:
    key = job_object(job_id, COVER_NAMES[cover.media_type])
    services.objects.put_bytes(key, cover.data, media_type=cover.media_type)


def _planned(job: Job, made: Plan, plan_key: ObjectKey) -> PlannedJob:
    return PlannedJob(
        plan_key=plan_key,
        title=made.metadata.title,
        creators=made.metadata.creators,
        chapters=tuple((chapter.number, chapter.title) for chapter in made.chapters),
        chunks=tuple(
            _row(job, position, chunk)
            for position, chapter in enumerate(made.chapters)
            for chunk in chapter.chunks
        ),
        slices=tuple(
            part
            for position, chapter in enumerate(made.chapters)
            for part in slices(position, chapter.chunks)
        ),
    )


def _row(job: Job, chapter: int, chunk: Chunk) -> PlannedChunk:
    return PlannedChunk(
        chapter=chapter,
        index=chunk.index,
        text=chunk.text,
        key=take_key(
            tenant=job.tenant, speaker=job.speaker, text=chunk.text, voice=job.options.voice
        ),
        boundary=chunk.boundary,
    )


def slices(chapter: int, chunks: Iterable[Chunk]) -> list[Slice]:
    """Cut a chapter's chunks, in order, into slices of about `SLICE_CHARS` at most."""
    made: list[Slice] = []
    indices: list[int] = []
    chars = 0
    for chunk in chunks:
        if indices and chars + chunk.chars > SLICE_CHARS:
            made.append(Slice(chapter=chapter, chunks=tuple(indices), chars=chars))
            indices, chars = [], 0
        indices.append(chunk.index)
        chars += chunk.chars
    if indices:
        made.append(Slice(chapter=chapter, chunks=tuple(indices), chars=chars))
    return made
