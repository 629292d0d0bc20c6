"""Dispatching: what ran out of time becomes ready again, and the next steps are queued.

One dispatcher works at a time, and with nothing to do it only reads.
"""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Connection, exists, func, or_, select

from narrator.domain.steps import IMPLAUSIBLE_SECONDS, Queue, StepMove, StepState
from narrator.storage.choosing import anything_ready, next_steps
from narrator.storage.database import Database, now
from narrator.storage.moves import move_steps
from narrator.storage.tables import is_state, steps

LOCK = 0x64697370
"""The advisory lock of whoever dispatches, in PostgreSQL ("disp")."""


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
        waited, ran = _expired(at)
        if _any(tx, waited):
            move_steps(tx, StepMove.RETURN, waited, skip_locked=True)
        rooms = _rooms(tx, _wider(window, _returned(tx, ran))).items()
        rung = {queue: _queue(tx, queue, room, at, queued_seconds) for queue, room in rooms}
    return {queue: times for queue, times in rung.items() if times}


def _anything_due(tx: Connection, window: Mapping[Queue, int]) -> bool:
    at = now(tx)
    if any(_any(tx, expired) for expired in _expired(at)):
        return True
    return any(anything_ready(tx, queue, at) for queue in _rooms(tx, window))


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


def _returned(tx: Connection, ran: ColumnElement[bool]) -> dict[Queue, int]:
    """Return what ran and lost its lease; how many of each queue."""
    if not _any(tx, ran):
        return {}
    returned = {
        queue: move_steps(tx, StepMove.RETURN, ran & (steps.c.queue == queue), skip_locked=True)
        for queue in Queue
    }
    move_steps(tx, StepMove.RETURN, ran, skip_locked=True)  # chores, which nobody is rung for
    return returned


def _wider(window: Mapping[Queue, int], returned: Mapping[Queue, int]) -> dict[Queue, int]:
    """A window with room for what has just been returned: it is not to wait behind what is new."""
    return {queue: limit + returned.get(queue, 0) for queue, limit in window.items()}


def _any(tx: Connection, condition: ColumnElement[bool]) -> bool:
    return bool(tx.scalars(select(exists().where(condition))).one())


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


def _queue(tx: Connection, queue: Queue, room: int, at: float, queued_seconds: float) -> int:
    """Queue the next steps, but those that somebody is ending at this moment; returns how many."""
    chosen = next_steps(tx, queue, room, at)
    until = at + queued_seconds
    those = steps.c.id.in_(chosen)
    return move_steps(tx, StepMove.DISPATCH, those, skip_locked=True, queued_until=until)
