"""Which step is next: dispatching and the choice of a claim.

The order is priority (the smaller first), then the job's age, then the step's id; an index keeps it
for the steps that are ready, so that the cost is that of the steps chosen, not of those there are.
"""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Connection, Row, Select, exists, func, or_, select

from narrator.domain.jobs import JobState
from narrator.domain.steps import Queue, StepMove, StepState
from narrator.storage.database import Database, now
from narrator.storage.moves import move_steps
from narrator.storage.tables import is_state, jobs, steps

IMPLAUSIBLE_SECONDS = 86_400
"""A lease this far ahead was written under another clock: it counts as expired."""

LOCK = 0x64697370
"""The advisory lock of whoever dispatches, in PostgreSQL ("disp")."""

_ORDER = (steps.c.priority, steps.c.job_ordinal, steps.c.id)


def dispatch(
    database: Database, window: Mapping[Queue, int], *, queued_seconds: float
) -> dict[Queue, int]:
    """`Steps.dispatch`. With nothing to do it only reads, so that it may be called often."""
    with database.read() as tx:
        if not _anything_due(tx, window):
            return {}
    with database.write() as tx:
        if not _alone(tx):
            return {}
        at = now(tx)
        for expired in _expired(at):
            move_steps(tx, StepMove.RETURN, expired, skip_locked=True)
        rooms = _rooms(tx, window).items()
        rung = {queue: _queue(tx, queue, room, at, queued_seconds) for queue, room in rooms}
    return {queue: times for queue, times in rung.items() if times}


def first_queued(tx: Connection, queue: Queue) -> Row[int, str, str] | None:
    """The first queued step that nobody holds: `id`, `job_id`, `job_state`. It is now held."""
    query = (
        select(steps.c.id, steps.c.job_id, jobs.c.state.label("job_state"))
        .join(jobs, jobs.c.id == steps.c.job_id)
        .where(
            steps.c.queue == queue,
            is_state(steps.c.state, StepState.QUEUED),
            is_state(jobs.c.state, JobState.QUEUED, JobState.RUNNING),
        )
        .order_by(*_ORDER)
        .limit(1)
        .with_for_update(of=steps, key_share=True, skip_locked=True)
    )
    return tx.execute(query).one_or_none()


def _anything_due(tx: Connection, window: Mapping[Queue, int]) -> bool:
    at = now(tx)
    if any(tx.scalars(select(exists().where(expired))).one() for expired in _expired(at)):
        return True
    return any(tx.execute(next_steps(queue, 1, at)).first() for queue in _rooms(tx, window))


def _alone(tx: Connection) -> bool:
    """Whether no other dispatcher is at work; in SQLite a writer is alone anyway."""
    if tx.dialect.name != "postgresql":
        return True
    return bool(tx.scalars(select(func.pg_try_advisory_xact_lock(LOCK))).one())


def _expired(at: float) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Two conditions, not one with an OR: each has an index of its own."""
    return (
        is_state(steps.c.state, StepState.QUEUED) & _past(steps.c.queued_until, at),
        is_state(steps.c.state, StepState.RUNNING) & _past(steps.c.lease_until, at),
    )


def _past(until: ColumnElement[float | None], at: float) -> ColumnElement[bool]:
    return or_(until <= at, until > at + IMPLAUSIBLE_SECONDS)


def _rooms(tx: Connection, window: Mapping[Queue, int]) -> dict[Queue, int]:
    """How many more steps of each queue may be queued, where any may."""
    query = (
        select(steps.c.queue, func.count())
        .where(is_state(steps.c.state, StepState.QUEUED))
        .group_by(steps.c.queue)
    )
    queued = {Queue(queue): count for queue, count in tx.execute(query)}
    rooms = {queue: limit - queued.get(queue, 0) for queue, limit in window.items()}
    return {queue: room for queue, room in rooms.items() if room > 0}


def next_steps(queue: Queue, count: int, at: float) -> Select[tuple[int]]:
    """The ids of the `count` steps of a queue that are next at an instant, the first one first."""
    alive = exists().where(
        jobs.c.id == steps.c.job_id, is_state(jobs.c.state, JobState.QUEUED, JobState.RUNNING)
    )
    return (
        select(steps.c.id)
        .where(
            steps.c.queue == queue,
            is_state(steps.c.state, StepState.READY),
            steps.c.run_at <= at,
            alive,
        )
        .order_by(*_ORDER)
        .limit(count)
    )


def _queue(tx: Connection, queue: Queue, room: int, at: float, queued_seconds: float) -> int:
    query = next_steps(queue, room, at).with_for_update(of=steps, key_share=True, skip_locked=True)
    chosen = tx.scalars(query).all()
    if not chosen:
        return 0
    until = at + queued_seconds
    return move_steps(tx, StepMove.DISPATCH, steps.c.id.in_(chosen), queued_until=until)
