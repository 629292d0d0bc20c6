"""Which ready steps are dispatched next: what `domain.fairness` is asked with.

An index keeps the steps that are ready by queue, priority, job and id. It is read from job to job,
and a few steps into each: the cost is that of the jobs that wait and of the steps that are chosen,
not of those there are.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    FromClause,
    Row,
    ScalarSelect,
    Select,
    case,
    func,
    literal_column,
    select,
    union_all,
)

from narrator.domain.fairness import JobLoad, fair_order
from narrator.domain.ids import JobId, StepId, TenantId
from narrator.domain.jobs import JobState
from narrator.domain.steps import Queue, StepState
from narrator.storage.tables import is_state, jobs, steps

JOBS_AHEAD = 1_000
"""So many waiting jobs share in a dispatch, the first by priority and age; others wait for them."""

ALIVE = is_state(jobs.c.state, JobState.QUEUED, JobState.RUNNING)
"""The job's steps are dispatched and claimed; those of a paused one wait."""

_ONE: ColumnElement[int] = literal_column("1")

_Step = Row[int, str, int]
"""A ready step: `id`, `job_id`, `chars`."""


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


def waiting_jobs(queue: Queue) -> Select[str, str, int, int, int]:
    """The jobs with ready steps: `id`, `tenant`, `ordinal`, `priority`, and `step`, the first."""
    heads = _heads(queue)
    return (
        select(jobs.c.id, jobs.c.tenant, jobs.c.ordinal, steps.c.priority, steps.c.id.label("step"))
        .select_from(heads)
        .join(steps, steps.c.id == heads.c.id)
        .join(jobs, jobs.c.id == steps.c.job_id)
        .where(ALIVE)
    )


def anything_ready(tx: Connection, queue: Queue, at: float) -> bool:
    """Whether a step of the queue may be dispatched at an instant."""
    waiting, head = waiting_jobs(queue).subquery(), steps.alias()
    query = select(head.c.id).join(waiting, waiting.c.step == head.c.id)
    found = query.where(_next(queue, head, at, head.c.id - 1).is_not(None)).limit(1)
    return tx.execute(found).first() is not None


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
        step = next(self._steps[job_id], None)
        if step is None:
            return None
        self.taken.append(StepId(step.id))
        return int(step.chars)

    def _first_steps(self, few: int) -> dict[JobId, Iterator[_Step]]:
        found: dict[JobId, list[_Step]] = {job_id: [] for job_id in self._waiting}
        heads = [row.step for row in self._waiting.values()]
        for step in self._tx.execute(_few_of_each(self._queue, heads, few, self._at)):
            found[JobId(step.job_id)].append(step)
        return {job_id: self._and_more(job_id, few, there) for job_id, there in found.items()}

    def _and_more(self, job_id: JobId, few: int, there: Sequence[_Step]) -> Iterator[_Step]:
        """The steps that are there; where they were as many as asked for, there may be more."""
        yield from there
        while len(there) == few:
            few, after = self._room, there[-1].id
            there = self._tx.execute(self._ready(job_id, after)).all()
            yield from there

    def _ready(self, job_id: JobId, after: int) -> Select[int, str, int]:
        job = self._waiting[job_id]
        return (
            select(steps.c.id, steps.c.job_id, steps.c.chars)
            .where(
                steps.c.queue == self._queue,
                is_state(steps.c.state, StepState.READY),
                steps.c.priority == job.priority,
                steps.c.job_ordinal == job.ordinal,
                steps.c.id > after,
                steps.c.run_at <= self._at,
            )
            .order_by(steps.c.id)
            .limit(self._room)
        )


def _heads(queue: Queue) -> CTE:
    """The first ready step of each job: from one, the next job's is one look into the index."""
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


def _few_of_each(queue: Queue, heads: Sequence[int], few: int, at: float) -> Select[int, str, int]:
    """Of the job of each of these steps, the first few that may be dispatched at an instant."""
    head, last = steps.alias(), steps.alias()
    first = select(_next(queue, head, at, head.c.id - 1).label("id"), _ONE.label("n"))
    found = first.where(head.c.id.in_(heads)).cte("found", recursive=True)
    found = found.union_all(
        select(_next(queue, last, at, last.c.id), found.c.n + 1)
        .join_from(found, last, last.c.id == found.c.id)
        .where(found.c.n < few)
    )
    return (
        select(steps.c.id, steps.c.job_id, steps.c.chars)
        .join(found, found.c.id == steps.c.id)
        .order_by(steps.c.id)
    )


def _next(
    queue: Queue, last: FromClause, at: float, after: ColumnElement[int]
) -> ScalarSelect[int]:
    """The next step of the job of `last`, behind a step, that may be dispatched at an instant."""
    step = steps.alias()
    return (
        _first_ready(queue, step)
        .where(
            step.c.priority == last.c.priority,
            step.c.job_ordinal == last.c.job_ordinal,
            step.c.id > after,
            step.c.run_at <= at,
        )
        .correlate(last)
        .scalar_subquery()
    )


def _first_ready(queue: Queue, step: FromClause) -> Select[int]:
    """The first ready step of a queue, in the order of the index."""
    ready = is_state(step.c.state, StepState.READY)
    order = (step.c.priority, step.c.job_ordinal, step.c.id)
    return select(step.c.id).where(step.c.queue == queue, ready).order_by(*order).limit(1)
