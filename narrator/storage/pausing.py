"""An operator's pause: while it lasts nobody works for the job, and nothing is sent for it.

An account's pause (`accounts`) leaves what is under way to be finished; this one does not, and
outdoes it. Locks are taken in the order account, job, steps.
"""

from sqlalchemy import ColumnElement, Connection, select, update

from narrator.domain.ids import JobId
from narrator.domain.jobs import FOR_ACCOUNT, FOR_OPERATOR, JobMove, JobState, next_job_state
from narrator.domain.steps import StepMove, StepState, step_sources
from narrator.storage.accounts import needs_refused_account
from narrator.storage.moves import NO_CHORE, lock_job, move_job, move_steps
from narrator.storage.tables import is_state, jobs, steps


def pause(tx: Connection, job_id: JobId) -> None:
    """`Jobs.pause`."""
    state = lock_job(tx, job_id)
    if state is JobState.PAUSED:
        _say_why(tx, job_id, FOR_OPERATOR)
    else:
        next_job_state(state, JobMove.PAUSE)
        move_job(tx, job_id, JobMove.PAUSE, paused_for=FOR_OPERATOR)
    _break_claims(tx, (steps.c.job_id == job_id) & NO_CHORE)


def resume(tx: Connection, job_id: JobId) -> None:
    """`Jobs.resume`."""
    refused = needs_refused_account(tx, job_id)
    state = lock_job(tx, job_id)
    if state in {JobState.QUEUED, JobState.RUNNING}:
        return
    next_job_state(state, JobMove.RESUME)
    if refused:
        _say_why(tx, job_id, FOR_ACCOUNT)
    else:
        move_job(tx, job_id, JobMove.RESUME, paused_for=None)


def _say_why(tx: Connection, job_id: JobId, why: str) -> None:
    """Who keeps a job paused that is, and is held."""
    tx.execute(update(jobs).where(jobs.c.id == job_id).values(paused_for=why))


def _break_claims(tx: Connection, work: ColumnElement[bool]) -> None:
    """Give back what is queued or under way of this work; attempts of the latter do not count.

    Whoever claimed it learns so at the next thing that they would write down. All open steps are
    held first: until the pause is committed others see a running job, and would queue and claim
    what is ready.
    """
    _hold_open(tx, work)
    under_way = work & is_state(steps.c.state, StepState.RUNNING)
    fence, attempts = steps.c.fence + 1, steps.c.attempts - 1
    move_steps(tx, StepMove.RETURN, under_way, fence=fence, attempts=attempts)
    move_steps(tx, StepMove.RETURN, work)


def _hold_open(tx: Connection, work: ColumnElement[bool]) -> None:
    """Hold every open step, those as well that a claim adds which cuts up a slice meanwhile."""
    query = (
        select(steps.c.id)
        .where(work, is_state(steps.c.state, *step_sources(StepMove.CANCEL)))
        .order_by(steps.c.id)
        .with_for_update(key_share=True)
    )
    held = -1
    while (found := len(tx.execute(query).all())) > held:
        held = found
