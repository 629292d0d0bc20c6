"""Chores in SQL: steps that follow a job's end, claimed without a ring."""

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, literal_column, or_, select

from narrator.domain.ids import JobId, ObjectKey, StepId
from narrator.domain.jobs import Failure, JobState
from narrator.domain.steps import CHORES, Claim, StepKind, StepMove, StepState
from narrator.domain.webhooks import Notice
from narrator.storage.database import Database, now
from narrator.storage.jobs import job_row
from narrator.storage.moves import held, hold, look, lost, move_step, move_steps
from narrator.storage.tables import is_state, jobs, steps

_CHORE = steps.c.queue == literal_column(f"'{CHORES}'")


class SqlChores:
    """The port `Chores` over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, *, owner: str, lease_seconds: float) -> Claim | None:
        """Claim a chore that is due. With none it only reads, so that it may be called often."""
        with self._database.read() as tx:
            if tx.execute(_due(now(tx))).first() is None:
                return None
        with self._database.write() as tx:
            at = now(tx)
            free = _due(at).with_for_update(of=steps, key_share=True, skip_locked=True)
            found = tx.execute(free).one_or_none()
            return found and _claimed(tx, found, owner, at + lease_seconds)

    def notice(self, claim: Claim) -> Notice:
        """What a `webhook` step is to tell, and whom."""
        with self._database.read() as tx:
            step = _held(tx, claim)
            job = job_row(tx, claim.job_id)
        return Notice(
            id=f"{claim.job_id}-{step.seq}",
            url=job.options.webhook_url,
            state=JobState(step.event),
            at=step.created_at,
            job=job,
        )

    def told(self, claim: Claim) -> None:
        """The `webhook` step is done."""
        with self._database.write() as tx:
            move_step(tx, claim, StepMove.FINISH)

    def give_up(self, claim: Claim, failure: Failure) -> None:
        """The step fails, and nothing else does."""
        with self._database.write() as tx:
            move_step(
                tx,
                claim,
                StepMove.FAIL,
                failure_code=failure.code,
                failure_reason=failure.reason,
            )

    def source(self, claim: Claim) -> ObjectKey:
        """The source of the job that a `delete` step removes."""
        with self._database.read() as tx:
            look(tx, claim)
            query = select(jobs.c.source_key).where(jobs.c.id == claim.job_id)
            return ObjectKey(tx.scalars(query).one())

    def forget_job(self, claim: Claim) -> None:
        """Remove the job's row, and by cascade all that hangs on it."""
        mine = jobs.c.id == claim.job_id
        with self._database.write() as tx:
            tx.execute(select(jobs.c.id).where(mine).with_for_update()).all()
            hold(tx, claim)
            tx.execute(delete(jobs).where(mine))


def _due(at: float) -> Select[int]:
    """The first chore whose time has come; one that nobody tried yet waits for no clock.

    What is tried again may wait for hours, so its instant cannot tell that a clock was set back.
    """
    now_or_new = or_(steps.c.run_at <= at, steps.c.fence == 0)
    ready = _CHORE & is_state(steps.c.state, StepState.READY) & now_or_new
    order = (steps.c.priority, steps.c.job_ordinal, steps.c.id)
    return select(steps.c.id).where(ready).order_by(*order).limit(1)


def _claimed(tx: Connection, found: Row[int], owner: str, until: float) -> Claim:
    """Queue it and claim it at once: whoever knows no chores never sees one that is queued."""
    mine: ColumnElement[bool] = steps.c.id == found.id
    move_steps(tx, StepMove.DISPATCH, mine, queued_until=until)
    move_steps(tx, StepMove.CLAIM, mine, owner=owner, lease_until=until)
    row = tx.execute(select(steps).where(mine)).one()
    return Claim(
        step_id=StepId(row.id),
        job_id=JobId(row.job_id),
        kind=StepKind(row.kind),
        fence=row.fence,
        attempts=row.attempts,
    )


def _held(tx: Connection, claim: Claim) -> Row[int, str, float]:
    query = select(steps.c.seq, steps.c.event, steps.c.created_at).where(held(claim))
    if (row := tx.execute(query).one_or_none()) is None:
        raise lost(claim)
    return row
