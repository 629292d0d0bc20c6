"""Planning: the document becomes chapters, chunks and slices."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from narrator.domain.artifacts import job_object, plan_object
from narrator.domain.cap import other_plan, plan_too_dear
from narrator.domain.choices import DEFAULT_CHOICES, TextChoices
from narrator.domain.companions import refuse_companions
from narrator.domain.documents import Cover, Document
from narrator.domain.errors import DocumentRefused
from narrator.domain.failpoints import FailPoint
from narrator.domain.ids import JobId, ObjectKey, TakeKey
from narrator.domain.jobs import Job
from narrator.domain.lexicon import NO_LEXICON, Lexicon
from narrator.domain.plan import Chunk, Plan
from narrator.domain.plan_json import plan_hash, to_json
from narrator.domain.spread import cut
from narrator.domain.steps import Claim
from narrator.domain.takes import take_key
from narrator.domain.voices import DEFAULT_VOICE
from narrator.services.kit import Services
from narrator.services.ports import PlannedChunk, PlannedJob, Reader, Slice
from narrator.services.scratch import Temporary, scratch_folder
from narrator.services.stored import fetch_lexicon, fetch_source
from narrator.text.plan import make_plan

SLICE_CHARS = 2_000
"""About a minute of one socket (Deepgram: 2,400 characters a minute)."""

COVER_NAMES = {"image/jpeg": "cover.jpg", "image/png": "cover.png"}


def preview(
    reader: Reader,
    path: Path,
    *,
    name: str,
    chapters: tuple[int, ...] = (),
    choices: TextChoices = DEFAULT_CHOICES,
    lexicon: Lexicon = NO_LEXICON,
    narrator: str = DEFAULT_VOICE,
) -> tuple[Document, Plan]:
    """A document and its plan, the one that a job of these choices has; nothing is stored or spent.

    Raises DocumentRefused or OptionRefused.
    """
    document = reader.read(path, name=name, reading=choices.reading)
    made = make_plan(
        document, chapters=chapters, choices=choices, lexicon=lexicon, narrator=narrator
    )
    return document, _speakable(made, name)


def plan(services: Services, claim: Claim) -> None:
    """Do a `plan` step: read the document, store its plan, insert what follows from it.

    Raises OptionRefused, nothing stored, for another plan than the one that the job is bound to,
    for one that its cap does not pay for, and for a voice that cannot speak at the job's speed.
    """
    job = services.jobs.get(claim.job_id)
    document, made = read_plan(services, job)
    _refuse_other(job, made)
    refuse_companions(job.options, made.format)
    rows = [_row(job, n, chunk) for n, part in enumerate(made.chapters) for chunk in part.chunks]
    answered = frozenset(services.takes.find(row.key for row in rows))
    _refuse_dear(job, rows, answered)
    plan_key = store_plan(services, job.id, made)
    if document.cover:
        _keep_cover(services, job.id, document.cover)
    services.reach(FailPoint.PLAN_STORED)
    services.steps.finish_plan(claim, _planned(made, plan_key, rows, answered))
    services.reach(FailPoint.PLAN_COMMITTED)


def read_plan(services: Services, job: Job) -> tuple[Document, Plan]:
    """A job's document, and the plan that follows from it: the same whenever this is asked.

    Raises StoredSpoilt or DocumentRefused.
    """
    with scratch_folder(services.scratch, Temporary.PLAN) as folder:
        path = folder / "source"
        fetch_source(services, job, path)
        document = services.reader.read(
            path, name=job.source_name, reading=job.options.text.reading
        )
    made = make_plan(
        document,
        chapters=job.options.chapters,
        choices=job.options.text,
        lexicon=fetch_lexicon(services, job),
        narrator=job.options.voice.name,
    )
    return document, _speakable(made, job.source_name)


def store_plan(services: Services, job_id: JobId, made: Plan) -> ObjectKey:
    """Store a plan under its own digest; its key."""
    key = plan_object(job_id, plan_hash(made))
    services.objects.put_bytes(key, to_json(made), media_type="application/json")
    return key


def _refuse_other(job: Job, made: Plan) -> None:
    wanted = job.options.plan_hash
    if wanted and wanted != (hash_ := plan_hash(made)):
        raise other_plan(wanted, hash_)


def _refuse_dear(job: Job, rows: Sequence[PlannedChunk], answered: frozenset[TakeKey]) -> None:
    """The same words are sent once, and what takes answer is not sent."""
    most = job.options.max_chars
    lengths = {row.key: len(row.text) for row in rows if row.key not in answered}
    if most and (chars := sum(lengths.values())) > most:
        raise plan_too_dear(chars, max_chars=most)


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


def _planned(
    made: Plan, plan_key: ObjectKey, rows: Sequence[PlannedChunk], answered: frozenset[TakeKey]
) -> PlannedJob:
    return PlannedJob(
        plan_key=plan_key,
        title=made.metadata.title,
        creators=made.metadata.creators,
        chapters=tuple((chapter.number, chapter.title) for chapter in made.chapters),
        chunks=tuple(rows),
        slices=tuple(slices(row for row in rows if row.key not in answered)),
        answered=answered,
    )


def _row(job: Job, chapter: int, chunk: Chunk) -> PlannedChunk:
    narrator = job.options.voice
    voice = replace(narrator, name=chunk.voice) if chunk.voice else narrator
    return PlannedChunk(
        chapter=chapter,
        index=chunk.index,
        text=chunk.text,
        key=take_key(tenant=job.tenant, speaker=job.speaker, text=chunk.text, voice=voice),
        boundary=chunk.boundary,
        voice=chunk.voice,
    )


def slices(chunks: Iterable[PlannedChunk]) -> Iterator[Slice]:
    """Cut chunks, chapter by chapter and in order, into slices of about `SLICE_CHARS` at most.

    Each is of one voice: what others say in between is in slices of their own.
    """
    for chapter, rows in groupby(chunks, key=lambda chunk: chunk.chapter):
        lengths: dict[str, list[tuple[int, int]]] = {}
        for row in rows:
            lengths.setdefault(row.voice, []).append((row.index, len(row.text)))
        for voice, own in lengths.items():
            for part in cut(own, SLICE_CHARS):
                yield Slice(chapter=chapter, chunks=part.chunks, chars=part.chars, voice=voice)
