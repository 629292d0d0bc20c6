"""Claims: the fairest queued step, cut up while seats are idle. Claims never wait for one another.

A claim holds its step and nothing else that anybody waits for, and skips what is held: whoever ends
a job holds the job first and then wants its steps.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    Row,
    Select,
    Text,
    bindparam,
    delete,
    func,
    select,
    update,
)

from narrator.domain.ids import JobId, StepId
from narrator.domain.jobs import JobMove, JobState
from narrator.domain.spread import Part, cut, share
from narrator.domain.steps import Claim, Queue, StepKind, StepMove, StepState
from narrator.domain.voices import Voice
from narrator.storage.capping import excess_chars
from narrator.storage.casting import has_several, has_voice, speaks
from narrator.storage.choosing import ALIVE, loads
from narrator.storage.database import instant
from narrator.storage.moves import NewStep, add_steps, move_job, move_steps
from narrator.storage.tables import chunks, is_state, jobs, steps
from narrator.storage.utterances import lose_earlier

_Columns = tuple[int, str, str, str, str, int, int, str, int, int, str | None]

Found = Row[*_Columns]
"""A step that may be claimed: `id`, `seq`, `chunks`, `chapter`, `chars`, `voice` (null: its job's).

Of its job: `job_id`, `job_state`, `speaker` as written, `narrator` (its voice), `max_chars` (its
cap, 0 for none)."""


def claim_next(tx: Connection, queue: Queue, owner: str, lease_seconds: float) -> Claim | None:
    """Claim the fairest queued step of a queue, or None when there is none."""
    found = tx.execute(_first_queued(queue)).one_or_none()
    if found is None or not _started(tx, found):
        return None
    return _claimed(tx, found, owner, lease_seconds)


def claim_slice(
    tx: Connection,
    voice: Voice,
    *,
    speaker: str,
    owner: str,
    lease_seconds: float,
    seats: int,
    first: bool,
) -> Claim | None:
    """`Steps.claim_slice`."""
    whose = {"speaker": speaker, "voice": voice.name, "speed": voice.speed}
    found, excess = _next_slice(tx, whose)
    if found is None:
        return None
    most = share(_chars_queued(tx, speaker), seats=seats, running=_running(tx, speaker))
    if most is not None and most < found.chars and not excess:
        if not first:
            return None
        _cut_up(tx, found, most)
    claim = _claimed(tx, found, owner, lease_seconds)
    return claim and replace(claim, excess_chars=excess)


def _next_slice(tx: Connection, whose: Mapping[str, object]) -> tuple[Found | None, int]:
    """The fairest slice, and by how many characters it exceeds its job's cap, if it has one.

    A slice that does not fit beside what runs of its job is passed over, with its job; one that is
    not of one voice is parted first.
    """
    query = _first_queued_slice()
    while (found := tx.execute(query, whose).one_or_none()) is not None and _started(tx, found):
        if found.voice is None and has_several(found.speaker):
            if not _parted(tx, found):
                query = query.where(steps.c.id != found.id)
            continue
        excess = excess_chars(tx, found) if found.max_chars else 0
        if excess is not None:
            return found, excess
        query = query.where(jobs.c.id != found.job_id)
    return None, 0


@cache
def _first_queued_slice() -> Select[*_Columns]:
    """The fairest queued slice for this `speaker`, `voice` and `speed`."""
    return _first_queued(Queue.SPEECH).where(
        speaks(bindparam("speaker", type_=Text)),
        has_voice(bindparam("voice", type_=Text)),
        jobs.c.speed == bindparam("speed", type_=Double),
    )


@cache
def _first_queued(queue: Queue) -> Select[*_Columns]:
    """The fairest queued step that nobody holds; whoever reads it holds it.

    The order is that of `fair_order`, by what runs: what is queued was chosen fairly already.
    """
    of_job = loads(queue, StepState.RUNNING).cte("of_job")
    of_tenant = (
        select(of_job.c.tenant, func.sum(of_job.c.chars).label("chars"))
        .group_by(of_job.c.tenant)
        .subquery("of_tenant")
    )
    return (
        select(steps.c.id, steps.c.job_id, jobs.c.state.label("job_state"))
        .add_columns(jobs.c.speaker, jobs.c.voice.label("narrator"), jobs.c.max_chars)
        .add_columns(steps.c.seq, steps.c.chunks, steps.c.chapter, steps.c.chars, steps.c.voice)
        .join(jobs, jobs.c.id == steps.c.job_id)
        .outerjoin(of_job, of_job.c.id == jobs.c.id)
        .outerjoin(of_tenant, of_tenant.c.tenant == jobs.c.tenant)
        .where(steps.c.queue == queue, is_state(steps.c.state, StepState.QUEUED), ALIVE)
        .order_by(
            steps.c.priority,
            func.coalesce(of_tenant.c.chars, 0),
            jobs.c.tenant,
            func.coalesce(of_job.c.chars, 0),
            steps.c.job_ordinal,
            steps.c.id,
        )
        .limit(1)
        .with_for_update(of=steps, key_share=True, skip_locked=True)
    )


def _started(tx: Connection, found: Found) -> bool:
    """Whether the step's job runs, moving it there from queued.

    Whoever cancels holds the job and wants the step, which we hold: so we never wait for the job.
    """
    if JobState(found.job_state) is not JobState.QUEUED:
        return True
    free = (
        select(jobs.c.id)
        .where(jobs.c.id == found.job_id, is_state(jobs.c.state, JobState.QUEUED))
        .with_for_update(key_share=True, skip_locked=True)
    )
    if tx.execute(free).first() is None:
        return False
    move_job(tx, JobId(found.job_id), JobMove.START)
    return True


def _claimed(tx: Connection, found: Found, owner: str, lease_seconds: float) -> Claim | None:
    until = instant() + lease_seconds
    mine = steps.c.id == found.id
    if not move_steps(tx, StepMove.CLAIM, mine, owner=owner, lease_until=until):
        return None
    claim = _claim(tx.execute(select(steps).where(mine)).one())
    if claim.fence > 1:
        lose_earlier(tx, claim)
    return claim


def _claim(row: Row[Any]) -> Claim:
    return Claim(
        step_id=StepId(row.id),
        job_id=JobId(row.job_id),
        kind=StepKind(row.kind),
        fence=row.fence,
        attempts=row.attempts,
        chapter=row.chapter,
        chunks=tuple(json.loads(row.chunks)),
    )


def _chars_queued(tx: Connection, speaker: str) -> int:
    """Characters of the speaker's queued slices."""
    query = select(func.sum(steps.c.chars)).where(_slices_of(speaker, StepState.QUEUED), ALIVE)
    return int(tx.scalars(query.join(jobs, jobs.c.id == steps.c.job_id)).one() or 0)


def _running(tx: Connection, speaker: str) -> int:
    """How many of the speaker's slices run, in the whole fleet."""
    query = select(func.count()).where(_slices_of(speaker, StepState.RUNNING))
    return tx.scalars(query.join_from(steps, jobs, jobs.c.id == steps.c.job_id)).one()


def _slices_of(speaker: str, state: StepState) -> ColumnElement[bool]:
    return (steps.c.queue == Queue.SPEECH) & is_state(steps.c.state, state) & speaks(speaker)


def _cut_up(tx: Connection, found: Found, most: int) -> None:
    """Leave the slice its first part; the others become steps of their own.

    It stays whole when it is one chunk, or when its parts' numbers are taken: a release before this
    one numbered slices without gaps.
    """
    kept, *others = cut(_lengths(tx, found), most)
    parts = [_part_of(found, part, found.voice or "") for part in others]
    if parts and _added(tx, found, parts):
        remains = update(steps).where(steps.c.id == found.id)
        tx.execute(remains.values(chunks=json.dumps(kept.chunks), chars=kept.chars))


def _parted(tx: Connection, found: Found) -> bool:
    """Part a slice by its chunks' voices; False when its parts' numbers are taken.

    A release that knew one voice a job inserted it: it took up a job of several again.
    """
    rows = _chunks(tx, found)
    rows.sort(key=lambda row: row.voice or "")
    kept, *others = _by_voice(found, rows)
    if others and not _added(tx, found, others):
        return False
    alone = update(steps).where(steps.c.id == found.id)
    columns = {"chunks": json.dumps(kept.chunks), "chars": kept.chars}
    tx.execute(alone.values(voice=kept.voice or found.narrator, **columns))
    return True


def _by_voice(found: Found, rows: Sequence[Row[Any]]) -> Iterator[NewStep]:
    """Slices of these chunks, which lie together by voice."""
    before = 0
    for voice, group in groupby(rows, key=lambda row: row.voice or ""):
        mine = list(group)
        part = Part(
            offset=before,
            chunks=tuple(row.idx for row in mine),
            chars=sum(row.chars for row in mine),
        )
        yield _part_of(found, part, voice)
        before += len(mine)


def _part_of(found: Found, part: Part, voice: str) -> NewStep:
    """A part of the slice as a step; a chunk's place in the job numbers it."""
    return NewStep(
        kind=StepKind.SLICE,
        seq=found.seq + part.offset,
        chapter=found.chapter,
        chunks=part.chunks,
        chars=part.chars,
        voice=voice,
    )


def _lengths(tx: Connection, found: Found) -> list[tuple[int, int]]:
    """The slice's chunks as (index, characters), in its own order."""
    return [(row.idx, row.chars) for row in _chunks(tx, found)]


def _chunks(tx: Connection, found: Found) -> list[Row[Any]]:
    """The slice's chunks (`idx`, `chars`, `voice`) in its own order."""
    indices: list[int] = json.loads(found.chunks)
    query: Select[Any] = select(chunks.c.idx, chunks.c.chars, chunks.c.voice).where(
        chunks.c.job_id == found.job_id,
        chunks.c.chapter == found.chapter,
        chunks.c.idx.in_(indices),
    )
    rows: dict[int, Row[Any]] = {row.idx: row for row in tx.execute(query).all()}
    return [rows[index] for index in indices]


def _added(tx: Connection, found: Found, new: Sequence[NewStep]) -> bool:
    """Insert all of these parts of the slice as ready, or none."""
    added = add_steps(tx, JobId(found.job_id), new)
    if len(added) < len(new):
        tx.execute(delete(steps).where(steps.c.id.in_(added)))
        return False
    return True
