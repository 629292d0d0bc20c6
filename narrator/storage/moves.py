"""Every change of a job's or a step's state: one guarded statement, derived from the tables.

The states in each WHERE come from `job_sources` and `step_sources`. No row means that somebody was
quicker: `InvalidTransition` for a job, `LeaseLost` for a claimed step.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, literal_column, select, update

from narrator.domain.errors import InvalidTransition, LeaseLost, Missing
from narrator.domain.ids import JobId, StepId
from narrator.domain.jobs import FINAL_STATES, JobMove, JobState, job_sources, job_target
from narrator.domain.steps import (
    CHORES,
    Claim,
    StepKind,
    StepMove,
    StepState,
    step_sources,
    step_target,
)
from narrator.storage.casting import has_several
from narrator.storage.database import insert_or, instant, now
from narrator.storage.tables import is_state, jobs, steps
from narrator.storage.utterances import lose_all

NO_CHORE = steps.c.queue != literal_column(f"'{CHORES}'")
"""Steps that make the recording: they end with their job, and are taken up with it."""

_FREED: dict[str, object] = {
    "queued_until": None,
    "lease_until": None,
}  # what no step has but a queued or running one

# What each move writes besides the state. A fence grows with a claim, and where a claim is broken.
_WRITES: dict[StepMove, dict[str, object]] = {
    StepMove.DISPATCH: {},
    StepMove.CLAIM: {
        "queued_until": None,
        "fence": steps.c.fence + 1,
        "attempts": steps.c.attempts + 1,
        "started_at": instant(),
    },
    StepMove.RETURN: _FREED,
    StepMove.FINISH: {**_FREED, "ended_at": instant()},
    StepMove.FAIL: {**_FREED, "ended_at": instant()},
    StepMove.CANCEL: {**_FREED, "ended_at": instant(), "fence": steps.c.fence + 1},
    StepMove.REVIVE: {
        "attempts": 0,
        "run_at": instant(),
        "ended_at": None,
        "failure_code": None,
        "failure_reason": None,
    },
}


def lock_job(tx: Connection, job_id: JobId) -> JobState:
    """Hold the job's row until the transaction ends and tell its state; raises Missing.

    Inserting rows that refer to the job stays possible for others (`FOR NO KEY UPDATE`). A deleted
    job is missing although its row is there still.
    """
    there = (jobs.c.id == job_id) & jobs.c.deleted_at.is_(None)
    statement = select(jobs.c.state).where(there).with_for_update(key_share=True)
    state = tx.scalars(statement).one_or_none()
    if state is None:
        raise unknown_job(job_id)
    return JobState(state)


def unknown_job(job_id: JobId) -> Missing:
    """The error for an id that no job has."""
    return Missing(f"there is no job {job_id}", remedy="list the jobs there are")


def move_job(tx: Connection, job_id: JobId, move: JobMove, **columns: object) -> None:
    """Make the move, writing `columns` as well; raises InvalidTransition.

    Where it ends a job that somebody wants to hear of, a step that tells them is inserted.
    """
    if not move_jobs(tx, move, jobs.c.id == job_id, **columns):
        raise InvalidTransition(f"job {job_id} cannot {move} now", remedy="look at its state")
    state = job_target(move)
    if state in FINAL_STATES and _listens(tx, job_id):
        add_steps(tx, job_id, [_telling(tx, job_id, state)])


def _listens(tx: Connection, job_id: JobId) -> bool:
    """Whether somebody wants to hear of the job's end."""
    listener = (jobs.c.id == job_id) & jobs.c.webhook_url.is_not(None)
    return tx.execute(select(jobs.c.id).where(listener)).first() is not None


def _telling(tx: Connection, job_id: JobId, state: JobState) -> "NewStep":
    """The step that tells of this end; a job that was retried ends more than once."""
    ends = (steps.c.job_id == job_id) & (steps.c.kind == StepKind.WEBHOOK)
    seq = tx.scalars(select(func.count()).where(ends)).one()
    return NewStep(kind=StepKind.WEBHOOK, seq=seq, event=state)


def move_jobs(
    tx: Connection, move: JobMove, condition: ColumnElement[bool], **columns: object
) -> int:
    """Make the move with every job that may and that meets the condition; returns how many."""
    target = job_target(move)
    statement = (
        update(jobs)
        .where(condition, is_state(jobs.c.state, *job_sources(move)))
        .values({"state": target, f"{target}_at": instant(), **columns})
    )
    return tx.execute(statement).rowcount


def held(claim: Claim) -> ColumnElement[bool]:
    """The condition under which the claim still holds its step."""
    return (
        (steps.c.id == claim.step_id)
        & (steps.c.fence == claim.fence)
        & is_state(steps.c.state, StepState.RUNNING)
    )


def look(tx: Connection, claim: Claim) -> None:
    """Raise LeaseLost unless the claim holds its step; for reading."""
    if tx.execute(select(steps.c.id).where(held(claim))).first() is None:
        raise lost(claim)


def hold(tx: Connection, claim: Claim) -> None:
    """Keep the claim's step from everybody else until the transaction ends; raises LeaseLost."""
    statement = select(steps.c.id).where(held(claim)).with_for_update(key_share=True)
    if tx.execute(statement).first() is None:
        raise lost(claim)


def hold_with_job(tx: Connection, claim: Claim) -> JobState:
    """Hold the claim's job, then its step: for what changes both. Raises LeaseLost."""
    try:
        state = lock_job(tx, claim.job_id)
    except Missing as error:
        raise lost(claim) from error
    hold(tx, claim)
    return state


def lost(claim: Claim) -> LeaseLost:
    """The error for a claim whose step is not its own any more."""
    return LeaseLost(f"the {claim} belongs to somebody else by now")


def move_step(tx: Connection, claim: Claim, move: StepMove, **columns: object) -> None:
    """Make the move under the claim's fence, writing `columns` as well; raises LeaseLost."""
    statement = update(steps).where(held(claim), _may(move)).values(_values(move, columns))
    if tx.execute(statement).rowcount != 1:
        raise lost(claim)


def move_steps(
    tx: Connection,
    move: StepMove,
    condition: ColumnElement[bool],
    *,
    skip_locked: bool = False,
    **columns: object,
) -> int:
    """Make the move with every step that may and that meets the condition; returns how many.

    Rows are locked in the order of their ids, as everywhere. `skip_locked` leaves out the rows that
    some transaction is writing at this moment.
    """
    guard = condition & _may(move)
    ids = (
        select(steps.c.id)
        .where(guard)
        .order_by(steps.c.id)
        .with_for_update(key_share=True, skip_locked=skip_locked)
    )
    statement = update(steps).where(guard, steps.c.id.in_(ids)).values(_values(move, columns))
    return tx.execute(statement).rowcount


def end_steps(tx: Connection, job_id: JobId) -> None:
    """Cancel every open step of a job whose row is held, but its chores: nothing else adds to them.

    A claim that was cutting a slice up meanwhile may have added parts: whoever holds the slice is
    waited for, and its parts are seen by the next statement. When nothing is left, nobody holds a
    slice to cut. Nor does anybody send for it: what is open in the ledger is lost, unless whoever
    sent it still says what became of it.
    """
    while move_steps(tx, StepMove.CANCEL, (steps.c.job_id == job_id) & NO_CHORE):
        pass
    lose_all(tx, job_id)


def _may(move: StepMove) -> ColumnElement[bool]:
    return is_state(steps.c.state, *step_sources(move))


def _values(move: StepMove, columns: dict[str, object]) -> dict[str, object]:
    return {"state": step_target(move), **_WRITES[move], **columns}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStep:
    """A step to insert; `seq` tells steps of one kind apart within their job."""

    kind: StepKind
    seq: int
    chapter: int = -1
    chunks: tuple[int, ...] = ()
    chars: int = 0
    event: JobState | None = None  # which a webhook tells of
    voice: str = ""  # of a slice; empty for the job's


def add_steps(tx: Connection, job_id: JobId, new: Iterable[NewStep]) -> list[StepId]:
    """Insert ready steps, leaving alone those that the job has already; the ids of the new ones.

    In a job of several voices each slice has the name of its own, the narrator's too: one without
    was inserted by a release that knew of none.
    """
    at = now(tx)
    wanted = (jobs.c.ordinal, jobs.c.priority, jobs.c.speaker, jobs.c.voice)
    job = tx.execute(select(*wanted).where(jobs.c.id == job_id)).one()
    common = {
        "job_id": job_id,
        "job_ordinal": job.ordinal,
        "priority": job.priority,
        "run_at": at,
        "created_at": at,
    }
    narrator = job.voice if has_several(job.speaker) else None
    rows = [{**common, **_columns(step, narrator)} for step in new]
    if not rows:
        return []
    insert = insert_or(tx, steps).on_conflict_do_nothing().returning(steps.c.id)
    return [StepId(step_id) for step_id in tx.scalars(insert, rows)]


def _columns(step: NewStep, narrator: str | None) -> dict[str, object]:
    return {
        "kind": step.kind,
        "queue": step.kind.queue or CHORES,
        "seq": step.seq,
        "chapter": step.chapter,
        "chunks": json.dumps(step.chunks),
        "chars": step.chars,
        "event": step.event,
        "voice": (step.voice or narrator) if step.kind is StepKind.SLICE else None,
    }
