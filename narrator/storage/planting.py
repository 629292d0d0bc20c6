"""What a finished plan puts into the tables: chapters, chunks and the first steps."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from sqlalchemy import Connection, Table, delete, insert, select, update

from narrator.domain.errors import DocumentRefused
from narrator.domain.ids import JobId, TakeKey
from narrator.domain.steps import StepKind
from narrator.services.ports import PlannedChunk, PlannedJob, Slice
from narrator.storage.casting import mark
from narrator.storage.moves import NO_CHORE, NewStep, add_steps
from narrator.storage.tables import (
    KEPT,
    PENDING,
    SPOKEN,
    chapters,
    chunks,
    is_state,
    jobs,
    steps,
    takes,
)

BATCH_ROWS = 1_000
"""Rows sent with one INSERT: enough to be quick, few enough for little memory."""


def plant(tx: Connection, job_id: JobId, planned: PlannedJob) -> int:
    """Insert the plan's rows in the place of what an earlier try inserted.

    Chunks that kept takes answer are spoken already; returns how many characters those have. A
    chapter with none to speak is ready to be rendered at once. Raises DocumentRefused for text that
    SQL cannot hold, ValueError unless each chunk is answered or in exactly one slice, of its voice:
    the job would never end.
    """
    _refuse_gaps(planned)
    _refuse_unstorable(planned.chunks)
    _uproot(tx, job_id)
    kept = _kept(tx, sorted(planned.answered))
    mark(tx, job_id, several=any(chunk.voice for chunk in planned.chunks))
    _insert(tx, chapters, _chapter_rows(job_id, planned))
    _insert(tx, chunks, (_chunk_row(job_id, chunk, kept) for chunk in planned.chunks))
    add_steps(tx, job_id, _first_steps(planned, kept.keys()))
    tx.execute(
        update(jobs)
        .where(jobs.c.id == job_id)
        .values(
            plan_key=planned.plan_key,
            title=storable(planned.title),
            creators=json.dumps([storable(name) for name in planned.creators]),
        )
    )
    return sum(len(chunk.text) for chunk in planned.chunks if chunk.key in kept)


def storable(words: str) -> str:
    """Words for people, without what SQL cannot hold: NUL, and halves of surrogate pairs."""
    return words.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def _refuse_gaps(planned: PlannedJob) -> None:
    open_chunks = [chunk for chunk in planned.chunks if chunk.key not in planned.answered]
    there = Counter((chunk.chapter, chunk.index, chunk.voice) for chunk in open_chunks)
    sliced = Counter(
        (part.chapter, index, part.voice) for part in planned.slices for index in part.chunks
    )
    positions = {chunk.chapter for chunk in planned.chunks}
    if (
        not planned.chapters
        or there != sliced
        or not positions <= set(range(len(planned.chapters)))
    ):
        raise ValueError(
            "a plan has chapters, and each chunk is answered or in a slice of its voice"
        )


def _refuse_unstorable(planned: tuple[PlannedChunk, ...]) -> None:
    for chunk in planned:
        if chunk.text != storable(chunk.text):
            raise DocumentRefused(
                f"chunk {chunk.index} of chapter {chunk.chapter + 1} of the plan holds U+0000 or"
                " half of a surrogate pair, which is no character",
                remedy="remove it from the document",
            )


def _uproot(tx: Connection, job_id: JobId) -> None:
    after = steps.c.kind != StepKind.PLAN
    tx.execute(delete(steps).where(steps.c.job_id == job_id, after, NO_CHORE))
    tx.execute(delete(chapters).where(chapters.c.job_id == job_id))  # and, by cascade, their chunks


def _insert(tx: Connection, table: Table, rows: Iterator[dict[str, object]]) -> None:
    batch: list[dict[str, object]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH_ROWS:
            tx.execute(insert(table), batch)
            batch = []
    if batch:
        tx.execute(insert(table), batch)


def _chapter_rows(job_id: JobId, planned: PlannedJob) -> Iterator[dict[str, object]]:
    for position, (number, title) in enumerate(planned.chapters):
        yield {
            "job_id": job_id,
            "position": position,
            "number": number,
            "title": storable(title),
        }


def _kept(tx: Connection, keys: Sequence[TakeKey]) -> dict[TakeKey, tuple[int, str | None]]:
    """The samples of those of these takes that are kept, and what is doubted of them."""
    found: dict[TakeKey, tuple[int, str | None]] = {}
    for start in range(0, len(keys), BATCH_ROWS):
        these = takes.c.key.in_(keys[start : start + BATCH_ROWS])
        columns = select(takes.c.key, takes.c.samples, takes.c.doubts)
        rows = tx.execute(columns.where(these, is_state(takes.c.state, KEPT)))
        found |= {TakeKey(row.key): (row.samples, row.doubts) for row in rows}
    return found


def _chunk_row(
    job_id: JobId, chunk: PlannedChunk, kept: Mapping[TakeKey, tuple[int, str | None]]
) -> dict[str, object]:
    answered = chunk.key in kept
    samples, doubts = kept.get(chunk.key, (0, None))
    return {
        "job_id": job_id,
        "chapter": chunk.chapter,
        "idx": chunk.index,
        "text": chunk.text,
        "chars": len(chunk.text),
        "take_key": chunk.key,
        "boundary": chunk.boundary,
        "state": SPOKEN if answered else PENDING,
        "spoken_now": False if answered else None,
        "samples": samples,
        "doubts": doubts,
        "voice": chunk.voice or None,
    }


def _first_steps(planned: PlannedJob, kept: AbstractSet[TakeKey]) -> Iterator[NewStep]:
    """A slice is numbered by the chunks before it: each part of it then has a number of its own."""
    before = 0
    slices = [*planned.slices, *_of_lost_takes(planned, kept)]
    for part in slices:
        yield NewStep(
            kind=StepKind.SLICE,
            seq=before,
            chapter=part.chapter,
            chunks=part.chunks,
            chars=part.chars,
            voice=part.voice,
        )
        before += len(part.chunks)
    unspoken = {part.chapter for part in slices}
    for position in range(len(planned.chapters)):
        if position not in unspoken:
            yield NewStep(kind=StepKind.RENDER, seq=position, chapter=position)


def _of_lost_takes(planned: PlannedJob, kept: AbstractSet[TakeKey]) -> Iterator[Slice]:
    """Chunks whose take answered when it was looked for, and is gone: each is spoken by itself."""
    for chunk in planned.chunks:
        if chunk.key in planned.answered and chunk.key not in kept:
            yield Slice(
                chapter=chunk.chapter,
                chunks=(chunk.index,),
                chars=len(chunk.text),
                voice=chunk.voice,
            )
