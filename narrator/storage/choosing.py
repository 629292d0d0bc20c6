"""Which ready steps are dispatched next: what `domain.fairness` is asked with.

An index keeps the steps that are ready by queue, priority, job and id. It is read from job to job,
and a few steps into each: the cost is that of the jobs that wait and of the steps that are chosen,
not of those there are. Statements are built once: to build one costs as much as to run it.
"""

from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Double,
    FromClause,
    Integer,
    ScalarSelect,
    Select,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)

from narrator.domain.fairness import JobLoad, fair_order
from narrator.domain.ids import JobId, StepId, TenantId
from narrator.domain.jobs import JobState
from narrator.domain.steps import IMPLAUSIBLE_SECONDS, Queue, StepState
from narrator.storage.tables import is_state, jobs, steps

JOBS_AHEAD = 1_000
"""So many waiting jobs share in a dispatch, the first by priority and age; others wait for them."""

ALIVE = is_state(jobs.c.state, JobState.QUEUED, JobState.RUNNING)
"""The job's steps are dispatched and claimed; those of a paused one wait."""

_ONE: ColumnElement[int] = literal_column("1")

_Step = tuple[int, int]
"""A ready step's id and characters."""


@cache
def loads(queue: Queue, *states: StepState) -> Select[str, str, int, int]:
    """The jobs with steps in these states: `id`, `tenant`, `ordinal`, and `chars` of the steps.

    A step without characters weighs one, as in `fair_order`.
    """
    chars = case((steps.c.chars > 0, steps.c.chars), else_=1).label("chars")
    there = union_all(  # one SELECT for each state: each state has an index of its own
        *(
            select(steps.c.job_id, chars).where(steps.c.queue == queue, is_state(steps.c.state, s))
            for s in states
        )
    ).subquery()
    return (
        select(jobs.c.id, jobs.c.tenant, jobs.c.ordinal, func.sum(there.c.chars).label("chars"))
        .join(there, there.c.job_id == jobs.c.id)
        .group_by(jobs.c.id, jobs.c.tenant, jobs.c.ordinal)
    )


@cache
def waiting_jobs(queue: Queue) -> Select[str, str, int, int, int, int, float]:
    """The jobs with ready steps: `id`, `tenant`, `ordinal`, `priority`, and the first of those.

    Of the step there are `step` (its id), `chars` and `run_at`.
    """
    heads = _heads(queue)
    return (
        select(jobs.c.id, jobs.c.tenant, jobs.c.ordinal, steps.c.priority)
        .add_columns(steps.c.id.label("step"), steps.c.chars, steps.c.run_at)
        .select_from(heads)
        .join(steps, steps.c.id == heads.c.id)
        .join(jobs, jobs.c.id == steps.c.job_id)
        .where(ALIVE)
    )


def anything_ready(tx: Connection, queue: Queue, at: float) -> bool:
    """Whether a step of the queue may be dispatched at an instant."""
    return tx.execute(_anything_ready(queue), {"at": at}).first() is not None


def next_steps(tx: Connection, queue: Queue, room: int, at: float) -> list[StepId]:
    """The steps of a queue to dispatch at an instant, at most `room`, fairly chosen."""
    ahead = _Ahead(tx, queue, room, at)
    fair_order(ahead.loads(), room, ahead.take)
    return ahead.taken


class _Ahead:
    """The jobs that wait, and their next steps: a few are there, more are fetched when wanted."""

    def __init__(self, tx: Connection, queue: Queue, room: int, at: float) -> None:
        self._tx, self._queue, self._room, self._at = tx, queue, room, at
        self._waiting = {JobId(row.id): row for row in tx.execute(waiting_jobs(queue))}
        self._steps = self._first_steps(few=1 + room // max(1, len(self._waiting)))
        self.taken: list[StepId] = []

    def loads(self) -> list[JobLoad]:
        """What each job has under way, whether it waits or not."""
        query = loads(self._queue, StepState.QUEUED, StepState.RUNNING)
        under_way = {JobId(row.id): row for row in self._tx.execute(query)}
        return [
            JobLoad(
                job_id=job_id,
                tenant=TenantId(row.tenant),
                priority=getattr(row, "priority", 0),
                ordinal=row.ordinal,
                chars=int(under_way[job_id].chars) if job_id in under_way else 0,
                waiting=job_id in self._waiting,
            )
            for job_id, row in {**under_way, **self._waiting}.items()
        ]

    def take(self, job_id: JobId) -> int | None:
        """Take a job's next step: its characters, or None when there is none."""
        step_id, chars = next(self._steps[job_id], (None, None))
        if step_id is not None:
            self.taken.append(StepId(step_id))
        return chars

    def _first_steps(self, few: int) -> dict[JobId, Iterator[_Step]]:
        """Where jobs are more than steps are wanted, the first of each, known already, will do."""
        looked_up = {
            row.ordinal: row.step
            for row in self._waiting.values()
            if few > 1 or self._at < row.run_at <= self._at + IMPLAUSIBLE_SECONDS
        }
        found: dict[int, list[_Step]] = defaultdict(list)
        these = {"heads": list(looked_up.values()), "few": few, "at": self._at}
        rows = self._tx.execute(_few_of_each(self._queue), these) if looked_up else ()
        for step_id, ordinal, chars in rows:
            found[ordinal].append((step_id, chars))
        return {
            job_id: self._and_more(job_id, found[row.ordinal], few)
            if row.ordinal in looked_up
            else self._and_more(job_id, [(row.step, row.chars)], 1)
            for job_id, row in self._waiting.items()
        }

    def _and_more(self, job_id: JobId, there: list[_Step], few: int) -> Iterator[_Step]:
        """The steps that are there; where they are as many as asked for, there may be more."""
        yield from there
        while len(there) == few:
            few = self._room
            rows = self._tx.execute(self._behind(job_id, there[-1][0]))
            there = [(step_id, chars) for step_id, chars in rows]
            yield from there

    def _behind(self, job_id: JobId, step_id: int) -> Select[int, int]:
        job = self._waiting[job_id]
        return (
            select(steps.c.id, steps.c.chars)
            .where(
                steps.c.queue == self._queue,
                is_state(steps.c.state, StepState.READY),
                steps.c.priority == job.priority,
                steps.c.job_ordinal == job.ordinal,
                steps.c.id > step_id,
                _due(steps.c.run_at, literal(self._at)),
            )
            .order_by(steps.c.id)
            .limit(self._room)
        )


@cache
def _anything_ready(queue: Queue) -> Select[int]:
    """Some waiting job's step that may be dispatched at the instant `at`."""
    waiting, head = waiting_jobs(queue).subquery(), steps.alias()
    query = select(head.c.id).join(waiting, waiting.c.step == head.c.id)
    return query.where(_next(queue, head, head.c.id - 1).is_not(None)).limit(1)


def _heads(queue: Queue) -> CTE:
    """The first ready step of each job: from one, the next job's is a look into the index."""
    first = _first_ready(queue, steps).scalar_subquery()
    heads = select(first.label("id"), _ONE.label("n")).cte("heads", recursive=True)
    last, step = steps.alias(), steps.alias()
    same_priority = (step.c.priority == last.c.priority) & (step.c.job_ordinal > last.c.job_ordinal)
    following = func.coalesce(  # not one condition on both: SQLite would read all that lie between
        *(
            _first_ready(queue, step).where(past).correlate(last).scalar_subquery()
            for past in (same_priority, step.c.priority > last.c.priority)
        )
    )
    return heads.union_all(
        select(following, heads.c.n + 1)
        .join_from(heads, last, last.c.id == heads.c.id)
        .where(heads.c.n < JOBS_AHEAD)
    )


@cache
def _few_of_each(queue: Queue) -> Select[int, int, int]:
    """Of the job of each of the steps `heads`, the first `few` that may be dispatched `at` a time.

    Nothing is joined: PostgreSQL would think of many rows, and read all steps to hash them.
    """
    first = select(
        _next(queue, steps, steps.c.id - 1).label("id"),
        steps.c.priority,
        steps.c.job_ordinal,
        _ONE.label("n"),
    )
    those = steps.c.id.in_(bindparam("heads", expanding=True))
    found = first.where(those).cte("found", recursive=True)
    found = found.union_all(
        select(
            _next(queue, found, found.c.id), found.c.priority, found.c.job_ordinal, found.c.n + 1
        ).where(found.c.n < bindparam("few", type_=Integer), found.c.id.is_not(None))
    )
    step = steps.alias()
    chars = select(step.c.chars).where(step.c.id == found.c.id).correlate(found).scalar_subquery()
    there = select(found.c.id, found.c.job_ordinal, chars)
    return there.where(found.c.id.is_not(None)).order_by(found.c.id)


def _next(queue: Queue, last: FromClause, after: ColumnElement[int]) -> ScalarSelect[int]:
    """The next step of the job of `last`, behind a step, that may be dispatched `at` an instant."""
    step = steps.alias()
    return (
        _first_ready(queue, step)
        .where(
            step.c.priority == last.c.priority,
            step.c.job_ordinal == last.c.job_ordinal,
            step.c.id > after,
            _due(step.c.run_at, bindparam("at", type_=Double)),
        )
        .correlate(last)
        .scalar_subquery()
    )


def _due(run_at: ColumnElement[float], at: ColumnElement[float]) -> ColumnElement[bool]:
    """Whether the time for a step has come; one that lies too far ahead is of another clock."""
    return or_(run_at <= at, run_at > at + IMPLAUSIBLE_SECONDS)


def _first_ready(queue: Queue, step: FromClause) -> Select[int]:
    """The first ready step of a queue, in the order of the index."""
    ready = is_state(step.c.state, StepState.READY)
    order = (step.c.priority, step.c.job_ordinal, step.c.id)
    return select(step.c.id).where(step.c.queue == queue, ready).order_by(*order).limit(1)
