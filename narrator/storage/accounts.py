"""An account's row, held while a rule of the governor is applied, and the jobs it pauses."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, exists, func, select, true, update

from narrator.domain import governor
from narrator.domain.ids import JobId
from narrator.domain.jobs import FOR_ACCOUNT, Failure, JobMove, JobState, job_sources
from narrator.domain.slots import Account, SlotTerms
from narrator.domain.steps import StepKind, StepMove, step_sources
from narrator.domain.voices import Voice
from narrator.storage.casting import speaker_of, speaks
from narrator.storage.database import insert_or
from narrator.storage.moves import move_jobs
from narrator.storage.tables import accounts, is_state, jobs, steps

_LONGEST = "5s"
"""For so long one transaction may idle with the account's row, and another wait for it."""


def lock_account(tx: Connection, name: str, terms: SlotTerms) -> Account:
    """Hold the account's row until the transaction ends; its first use inserts it.

    The whole fleet renews through this row: a process that is stopped while it holds it is parted
    from it, and nobody waits so long for it that leases run out meanwhile.
    """
    if tx.dialect.name == "postgresql":
        limits = ("lock_timeout", "idle_in_transaction_session_timeout")
        tx.execute(select(*(func.set_config(name, _LONGEST, true()) for name in limits)))
    query = select(accounts).where(accounts.c.account == name).with_for_update()
    row = tx.execute(query).one_or_none()
    if row is None:
        first = {"account": name, **_columns(governor.fresh(terms))}
        tx.execute(insert_or(tx, accounts).values(first).on_conflict_do_nothing())
        row = tx.execute(query).one()
    return account_of(row)


def save_account(tx: Connection, name: str, before: Account, after: Account) -> None:
    """Write what has changed, if anything has."""
    if (columns := _columns(after)) != _columns(before):
        tx.execute(update(accounts).where(accounts.c.account == name).values(columns))


def account_of(row: Row[Any]) -> Account:
    """The account of a row; how many slots are used is not among its columns."""
    return Account(
        ceiling=row.ceiling,
        shrunk_at=row.shrunk_at,
        grown_at=row.grown_at,
        failures=row.failures,
        shut_until=row.shut_until,
        fault=_fault(row),
        paused_at=row.paused_at,
        probe_at=row.probe_at,
        probe_voice=row.probe_voice and Voice(name=row.probe_voice, speed=row.probe_speed),
    )


def pause_jobs(tx: Connection, speaker: str) -> None:
    """Pause the speaker's jobs that have open slices; what a worker has begun may be finished.

    Whether they still have is asked again once they are held: who finishes the last slice holds the
    job, and would find nothing to resume.
    """
    active = is_state(jobs.c.state, *job_sources(JobMove.PAUSE))
    mine = select(jobs.c.id).where(active, speaks(speaker), _open_slices())
    held = jobs.c.id.in_(_held(tx, mine))
    move_jobs(tx, JobMove.PAUSE, held & _open_slices(), paused_for=FOR_ACCOUNT)


def resume_jobs(tx: Connection, speaker: str) -> None:
    """Resume the jobs that were paused for the speaker's account, and no others."""
    mine = select(jobs.c.id).where(_waiting(), speaks(speaker))
    move_jobs(tx, JobMove.RESUME, jobs.c.id.in_(_held(tx, mine)), paused_for=None)


def resume_spoken(tx: Connection, job_id: JobId) -> None:
    """Resume a job that is held and waits for the account, unless it has an open slice."""
    spoken = (jobs.c.id == job_id) & _waiting() & ~_open_slices()
    move_jobs(tx, JobMove.RESUME, spoken, paused_for=None)


def needs_refused_account(tx: Connection, job_id: JobId) -> bool:
    """Whether the job has something to say, and the account for it is refused.

    The account is held, so that it is not accepted meanwhile: call this before holding the job.
    """
    job = tx.execute(
        select(jobs.c.speaker, _open_slices().label("speaks")).where(jobs.c.id == job_id)
    ).one_or_none()
    if job is None or not job.speaks:
        return False
    query = select(accounts.c.fault_code).where(accounts.c.account == speaker_of(job.speaker))
    return tx.scalars(query.with_for_update(read=True)).one_or_none() is not None


def _open_slices() -> ColumnElement[bool]:
    """Whether the job has something to say for which it needs the account."""
    return exists().where(
        steps.c.job_id == jobs.c.id,
        is_state(steps.c.kind, StepKind.SLICE),
        is_state(steps.c.state, *step_sources(StepMove.CANCEL)),
    )


def _waiting() -> ColumnElement[bool]:
    return is_state(jobs.c.state, JobState.PAUSED) & (jobs.c.paused_for == FOR_ACCOUNT)


def _held(tx: Connection, query: Any) -> Sequence[str]:  # noqa: ANN401 — a Select of one column
    """Hold these jobs, the oldest first; whoever holds a job waits for no account."""
    locked = query.order_by(jobs.c.ordinal).with_for_update(of=jobs, key_share=True)
    found: Sequence[str] = tx.scalars(locked).all()
    return found


def _fault(row: Row[Any]) -> Failure | None:
    if row.fault_code is None:
        return None
    return Failure(code=row.fault_code, reason=row.fault_reason, remedy=row.fault_remedy)


def _columns(account: Account) -> dict[str, object]:
    fault, voice = account.fault, account.probe_voice
    return {
        "ceiling": account.ceiling,
        "shrunk_at": account.shrunk_at,
        "grown_at": account.grown_at,
        "failures": account.failures,
        "shut_until": account.shut_until,
        "fault_code": fault and fault.code,
        "fault_reason": fault and fault.reason,
        "fault_remedy": fault and fault.remedy,
        "paused_at": account.paused_at,
        "probe_at": account.probe_at,
        "probe_voice": voice and voice.name,
        "probe_speed": voice and voice.speed,
    }
