"""What is kept, and what may go: sweeps' turns, takes' rows, what refers to an object."""

from collections.abc import Callable, Iterator, Sequence

from sqlalchemy import Connection, delete, func, select, update

from narrator.domain.ids import JobId, ObjectKey
from narrator.domain.jobs import FINAL_STATES, JobState
from narrator.services.ports import References, Sweep
from narrator.storage.database import Database, insert_or, instant, now
from narrator.storage.tables import (
    artifacts,
    chapters,
    chunks,
    is_state,
    jobs,
    sweeps,
    takes,
)

SOURCE_LOCK = 0x73726365
"""The first half of the advisory lock on a source, in PostgreSQL ("srce")."""

_OPEN = tuple(state for state in JobState if state not in FINAL_STATES)
_BATCH_KEYS = 500
_KEY_CHARS = 64  # with which a take's object's name begins (`take_object`)


class SqlRetention:
    """The port `Retention` over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def turn(self, sweep: Sweep, *, every_seconds: float) -> ObjectKey | None:
        """Take this sweep's turn, if it is due. With none due it only reads."""
        with self._database.read() as tx:
            query = select(sweeps.c.due_at).where(sweeps.c.name == sweep)
            due_at = tx.scalars(query).one_or_none()
            if due_at is not None and now(tx) < due_at <= now(tx) + every_seconds:
                return None
        with self._database.write() as tx:
            return _taken(tx, sweep, every_seconds)

    def stopped(self, sweep: Sweep, after: ObjectKey, *, removed: int) -> None:
        """Note where a turn stopped, and how many objects it removed since it last said so."""
        row = update(sweeps).where(sweeps.c.name == sweep)
        with self._database.write() as tx:
            tx.execute(row.values(after=after, removed=sweeps.c.removed + removed))

    def drop_takes(self, *, unused_seconds: float, limit: int) -> list[ObjectKey]:
        """Remove rows of takes, kept or put by, that nobody used for so long.

        They are held first, in the order of their keys, but those that somebody holds: whoever
        looks one up waits, and finds none. Rows go before objects: what is found has its object.
        """
        wanted = select(chunks.c.take_key).join(jobs, jobs.c.id == chunks.c.job_id)
        wanted = wanted.where(is_state(jobs.c.state, *_OPEN))
        with self._database.write() as tx:
            unused = takes.c.object_key.is_not(None) & (takes.c.used_at < now(tx) - unused_seconds)
            free = select(takes.c.key).where(unused, takes.c.key.not_in(wanted))
            held = tx.scalars(
                free.order_by(takes.c.key).limit(limit).with_for_update(skip_locked=True)
            ).all()
            gone = delete(takes).where(takes.c.key.in_(held), unused)
            return [ObjectKey(key or "") for key in tx.scalars(gone.returning(takes.c.object_key))]

    def references(self, keys: Sequence[ObjectKey]) -> References:
        """What refers to these objects, now."""
        kept: set[str | None] = set()
        living: set[JobId] = set()
        with self._database.read() as tx:
            for start in range(0, len(keys), _BATCH_KEYS):
                batch = keys[start : start + _BATCH_KEYS]
                kept.update(_kept(tx, batch))
                living.update(_living(tx, batch))
        return References(
            kept=frozenset(key for key in keys if key in kept), living=frozenset(living)
        )

    def free_source(self, key: ObjectKey, remove: Callable[[], object]) -> bool:
        """Call `remove` unless a job has this source; meanwhile no job gets it."""
        users = (jobs.c.source_key == key) & jobs.c.deleted_at.is_(None)
        with self._database.write() as tx:
            hold_source(tx, key)
            if tx.execute(select(jobs.c.id).where(users).limit(1)).first() is not None:
                return False
            remove()
        return True

    def removed(self) -> dict[Sweep, int]:
        """How many objects each sweep ever removed."""
        with self._database.read() as tx:
            rows = tx.execute(select(sweeps.c.name, sweeps.c.removed)).all()
        return {Sweep(name): number for name, number in rows}


def hold_source(tx: Connection, key: ObjectKey) -> None:
    """Keep a source from being removed, or from being submitted, until the transaction ends.

    There is no row to hold before its first job is inserted. In SQLite a writer is alone anyway.
    """
    if tx.dialect.name == "postgresql":
        tx.execute(select(func.pg_advisory_xact_lock(SOURCE_LOCK, func.hashtext(key))))


def _taken(tx: Connection, sweep: Sweep, every_seconds: float) -> ObjectKey | None:
    """Of those who ask at once, one holds the row first, and the others see what it wrote.

    A due instant further ahead than a turn lasts was written under another clock.
    """
    new = insert_or(tx, sweeps).values(name=sweep, due_at=instant())
    tx.execute(new.on_conflict_do_nothing())
    mine = sweeps.c.name == sweep
    row = tx.execute(select(sweeps.c.due_at, sweeps.c.after).where(mine).with_for_update()).one()
    at = now(tx)
    if at < row.due_at <= at + every_seconds:
        return None
    tx.execute(update(sweeps).where(mine).values(due_at=at + every_seconds))
    return ObjectKey(row.after)


def _kept(tx: Connection, keys: Sequence[ObjectKey]) -> Iterator[str | None]:
    """The objects that rows name, among them those of these keys; each is found by an index."""
    named = [key.split("/") for key in keys]
    words = [parts[-1][:_KEY_CHARS] for parts in named if parts[0] == "takes"]
    ids = {parts[1] for parts in named if parts[0] == "jobs"}
    yield from tx.scalars(select(takes.c.object_key).where(takes.c.key.in_(words)))
    yield from tx.scalars(select(jobs.c.source_key).where(jobs.c.source_key.in_(keys)))
    yield from tx.scalars(select(jobs.c.plan_key).where(jobs.c.id.in_(ids)))
    yield from tx.scalars(select(artifacts.c.object_key).where(artifacts.c.job_id.in_(ids)))
    for column in (chapters.c.audio_key, chapters.c.timeline_key):
        yield from tx.scalars(select(column).where(chapters.c.job_id.in_(ids)))


def _living(tx: Connection, keys: Sequence[ObjectKey]) -> Iterator[JobId]:
    ids = {key.split("/")[1] for key in keys if key.startswith("jobs/")}
    for job_id in tx.scalars(select(jobs.c.id).where(jobs.c.id.in_(ids))):
        yield JobId(job_id)
