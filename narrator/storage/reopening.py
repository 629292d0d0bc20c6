"""What a job has to do once more: chapters that lose their recordings, chunks that need a slice."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Select, delete, select, update

from narrator.domain.ids import JobId
from narrator.domain.steps import StepKind, StepMove, step_sources
from narrator.storage.moves import NewStep
from narrator.storage.tables import chapters, steps


def unrender(tx: Connection, job_id: JobId, positions: Sequence[int]) -> None:
    """Forget these chapters' recordings, and the steps that made them or the book."""
    made = (steps.c.kind == StepKind.RENDER) & steps.c.chapter.in_(positions)
    published = steps.c.kind == StepKind.PUBLISH
    tx.execute(delete(steps).where(steps.c.job_id == job_id, made | published))
    forget_recordings(tx, job_id, positions)


def forget_recordings(tx: Connection, job_id: JobId, positions: Sequence[int]) -> None:
    """These chapters are not rendered."""
    tx.execute(
        update(chapters)
        .where(chapters.c.job_id == job_id, chapters.c.position.in_(positions))
        .values(audio_key=None, timeline_key=None, samples=None)
    )


def speak_alone(rows: Sequence[Any], number: int) -> Iterator[NewStep]:
    """Slices of one chunk each (`chapter`, `idx`, `chars`, `voice`), numbered from `number` on."""
    for seq, row in enumerate(rows, start=number):
        yield NewStep(
            kind=StepKind.SLICE,
            seq=seq,
            chapter=row.chapter,
            chunks=(row.idx,),
            chars=row.chars,
            voice=row.voice or "",
        )


def open_slices(tx: Connection, job_id: JobId) -> tuple[set[tuple[int, int]], int]:
    """The chunks (chapter, index) in open slices, and the first number that no slice may need.

    A slice may yet be cut into as many as it has chunks, numbered from its own number on.
    """
    query: Select[Any] = select(steps.c.seq, steps.c.state, steps.c.chapter, steps.c.chunks).where(
        steps.c.job_id == job_id, steps.c.kind == StepKind.SLICE
    )
    sliced: set[tuple[int, int]] = set()
    number = 0
    for row in tx.execute(query):
        indices = json.loads(row.chunks)
        number = max(number, row.seq + len(indices))
        if row.state in step_sources(StepMove.CANCEL):
            sliced.update((row.chapter, index) for index in indices)
    return sliced, number
