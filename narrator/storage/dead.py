"""Dead chunks in SQL: when a chunk is given up, what its job makes of it, and how it comes back."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, case, exists, func, select, update

from narrator.domain.faults import Fault
from narrator.domain.ids import JobId, TakeKey
from narrator.domain.jobs import JobMove, OnDead
from narrator.domain.ledger import Outcome
from narrator.domain.poison import (
    OWN_FAULTS,
    SUSPICIONS,
    DeadChunk,
    Evidence,
    chunks_dead,
    is_poison,
)
from narrator.domain.steps import Claim, StepKind, StepMove, step_sources
from narrator.storage.moves import add_steps, hold, move_job
from narrator.storage.reopening import open_slices, speak_alone, unrender
from narrator.storage.tables import (
    DEAD,
    PENDING,
    SPOKEN,
    chapters,
    chunks,
    is_state,
    jobs,
    steps,
    utterances,
)
from narrator.storage.utterances import lose_all

WORK = (StepKind.PLAN, StepKind.SLICE, StepKind.RENDER, StepKind.PUBLISH)
"""Steps that bring a job nearer to its recording."""

# ------------------------------------------------------------------------------ giving up


def failures(tx: Connection, claim: Claim) -> dict[int, int]:
    """How often each suspect among the slice's chunks failed for its own sake.

    All since the job was begun; 0 for one that only may have failed.
    """
    own = case((utterances.c.code.in_(OWN_FAULTS), 1), else_=0)
    query = (
        select(utterances.c.idx, func.sum(own).label("times"))
        .where(
            _failed(claim.job_id, SUSPICIONS),
            utterances.c.chapter == claim.chapter,
            utterances.c.idx.in_(claim.chunks),
        )
        .group_by(utterances.c.idx)
    )
    return {row.idx: row.times for row in tx.execute(query)}


def bury(tx: Connection, claim: Claim, key: TakeKey, fault: Fault, reason: str) -> bool:
    """Give the slice's chunks of that key up; False when they may not be to blame.

    Raises LeaseLost.
    """
    hold(tx, claim)
    if not is_poison(fault, _evidence(tx, claim.job_id, key)):
        return False
    tx.execute(
        update(chunks)
        .where(
            chunks.c.job_id == claim.job_id,
            chunks.c.chapter == claim.chapter,
            chunks.c.idx.in_(claim.chunks),
            chunks.c.take_key == key,
            is_state(chunks.c.state, PENDING),
        )
        .values(state=DEAD, failure_code=fault, failure_reason=reason)
    )
    return True


def _failed(job_id: JobId, faults: Collection[Fault] = OWN_FAULTS) -> ColumnElement[bool]:
    """Rows of the job's chunks that failed with one of these since it was last set going."""
    begun_at = select(func.coalesce(jobs.c.running_at, 0)).where(jobs.c.id == job_id)
    return (
        (utterances.c.job_id == job_id)
        & is_state(utterances.c.outcome, Outcome.CUT)
        & utterances.c.code.in_(faults)
        & (utterances.c.sent_at >= begun_at.scalar_subquery())
    )


def _evidence(tx: Connection, job_id: JobId, key: TakeKey) -> Evidence:
    kept = is_state(utterances.c.outcome, Outcome.KEPT)
    since = (
        select(func.coalesce(func.max(utterances.c.id), 0))
        .where(utterances.c.job_id == job_id, kept)
        .scalar_subquery()
    )
    suspects = (
        select(utterances.c.chapter, utterances.c.idx)
        .where(_failed(job_id), utterances.c.id > since)
        .distinct()
        .subquery()
    )
    first = select(utterances).where(_failed(job_id), utterances.c.take_key == key)
    first_row = first.order_by(utterances.c.id).limit(1).subquery()
    others = exists().where(
        kept,
        utterances.c.id > first_row.c.id,
        utterances.c.account == first_row.c.account,
        utterances.c.take_key != key,
    )
    return Evidence(
        suspects=tx.scalars(select(func.count()).select_from(suspects)).one(),
        others_spoken=tx.scalars(select(others).select_from(first_row)).one_or_none() or False,
    )


# ---------------------------------------------------------------------- what a job makes of it


def may_render(tx: Connection, claim: Claim) -> bool:
    """Whether the claim's chapter may be rendered although chunks of it may be dead."""
    there = exists().where(
        chunks.c.job_id == claim.job_id,
        chunks.c.chapter == claim.chapter,
        is_state(chunks.c.state, DEAD),
    )
    return tx.scalars(select(_skips(claim.job_id) | ~there)).one()


def may_publish(tx: Connection, job_id: JobId) -> bool:
    """Whether not all of the job is dead: nothing at all is no recording, whoever asks."""
    return _any(tx, job_id, SPOKEN) or not _any(tx, job_id, DEAD)


def fail_for_dead(tx: Connection, job_id: JobId) -> None:
    """Fail a job whose row is held, if chunks of it are dead and nothing else is left to do."""
    is_open = is_state(steps.c.state, *step_sources(StepMove.CANCEL)) & steps.c.kind.in_(WORK)
    if tx.scalars(select(exists().where(steps.c.job_id == job_id, is_open))).one():
        return
    if found := dead_chunks(tx, job_id, limit=None):
        failure = chunks_dead(len(found), found, spoken=_any(tx, job_id, SPOKEN))
        move_job(
            tx,
            job_id,
            JobMove.FAIL,
            failure_code=failure.code,
            failure_reason=failure.reason,
            failure_remedy=failure.remedy,
        )
        lose_all(tx, job_id)


def dead_chunks(tx: Connection, job_id: JobId, *, limit: int | None) -> list[DeadChunk]:
    """The job's dead chunks in order, the first so many of them."""
    query = (
        select(chapters.c.number, chunks.c.idx, chunks.c.failure_code, chunks.c.failure_reason)
        .join_from(
            chunks,
            chapters,
            (chapters.c.job_id == chunks.c.job_id) & (chapters.c.position == chunks.c.chapter),
        )
        .where(_dead(job_id))
        .order_by(chunks.c.chapter, chunks.c.idx)
        .limit(limit)
    )
    return [
        DeadChunk(chapter=number, index=index, code=code or "", reason=reason or "")
        for number, index, code, reason in tx.execute(query)
    ]


def dead_by_chapter(tx: Connection, job_id: JobId) -> dict[int, frozenset[int]]:
    """Indices of the job's dead chunks, by their chapter's position."""
    found: dict[int, set[int]] = {}
    for chapter, index in tx.execute(select(chunks.c.chapter, chunks.c.idx).where(_dead(job_id))):
        found.setdefault(chapter, set()).add(index)
    return {chapter: frozenset(indices) for chapter, indices in found.items()}


def _dead(job_id: JobId) -> ColumnElement[bool]:
    return (chunks.c.job_id == job_id) & is_state(chunks.c.state, DEAD)


def _any(tx: Connection, job_id: JobId, state: str) -> bool:
    there = exists().where(chunks.c.job_id == job_id, is_state(chunks.c.state, state))
    return tx.scalars(select(there)).one()


def _skips(job_id: JobId) -> ColumnElement[bool]:
    return exists().where(jobs.c.id == job_id, jobs.c.on_dead == OnDead.SKIP)


# ----------------------------------------------------------------------------- coming back


def revive(tx: Connection, job_id: JobId) -> None:
    """Dead chunks are pending again, each in a slice of its own, so that it cuts nobody else.

    For whoever holds the job and has revived its steps. Chapters that were rendered without them
    are rendered again, and the book is published again.
    """
    found = tx.execute(
        select(chunks.c.chapter, chunks.c.idx, chunks.c.chars, chunks.c.voice)
        .where(_dead(job_id))
        .order_by(chunks.c.chapter, chunks.c.idx)
    ).all()
    if not found:
        return
    back = update(chunks).where(_dead(job_id))
    tx.execute(back.values(state=PENDING, failure_code=None, failure_reason=None))
    unrender(tx, job_id, sorted({row.chapter for row in found}))
    sliced, number = open_slices(tx, job_id)
    alone = [row for row in found if (row.chapter, row.idx) not in sliced]
    add_steps(tx, job_id, speak_alone(alone, number))
