"""The ledger's rows: how they end, and what they add up to."""

from sqlalchemy import ColumnElement, Connection, Select, func, select, update

from narrator.domain.ids import JobId, TakeKey
from narrator.domain.ledger import Outcome, Sums
from narrator.domain.steps import Claim
from narrator.storage.database import instant
from narrator.storage.tables import is_state, utterances


def end(
    tx: Connection,
    claim: Claim,
    key: TakeKey,
    outcome: Outcome,
    *,
    request_id: str = "",
    code: str = "",
) -> None:
    """End the row of the claim's utterance, unless it has ended.

    One that counts as lost was given up too early: whoever says now what became of it, lives.
    """
    tx.execute(
        update(utterances)
        .where(
            utterances.c.step_id == claim.step_id,
            utterances.c.fence == claim.fence,
            utterances.c.take_key == key,
            is_state(utterances.c.outcome, Outcome.SENT, Outcome.LOST),
        )
        .values(outcome=outcome, request_id=request_id, code=code, ended_at=instant())
    )


def lose_earlier(tx: Connection, claim: Claim) -> None:
    """Open rows of the step's earlier claims are lost: nobody can keep what is heard of them.

    For whoever claims the step: from then on no earlier claim opens a row.
    """
    earlier = (utterances.c.step_id == claim.step_id) & (utterances.c.fence < claim.fence)
    _lose(tx, earlier)


def lose_all(tx: Connection, job_id: JobId) -> None:
    """Open rows of the job are lost. For whoever has ended its steps: none is opened any more."""
    _lose(tx, utterances.c.job_id == job_id)


def _lose(tx: Connection, condition: ColumnElement[bool]) -> None:
    tx.execute(
        update(utterances)
        .where(condition, is_state(utterances.c.outcome, Outcome.SENT))
        .values(outcome=Outcome.LOST, ended_at=instant())
    )


def sums_of_job(tx: Connection, job_id: JobId) -> Sums:
    """Characters by outcome, of one job, whoever spoke."""
    return _sums(tx, sums_query(utterances.c.job_id == job_id))


def sums_of_account(tx: Connection, account: str) -> Sums:
    """Characters by outcome, of all that ever was sent through one account."""
    return _sums(tx, sums_query(utterances.c.account == account))


def sums_query(condition: ColumnElement[bool]) -> Select[tuple[str, int]]:
    """Characters by outcome. One index holds an account's answer, another finds a job's rows."""
    return (
        select(utterances.c.outcome, func.sum(utterances.c.chars).label("chars"))
        .where(condition)
        .group_by(utterances.c.outcome)
    )


def _sums(tx: Connection, query: Select[tuple[str, int]]) -> Sums:
    return Sums(chars={Outcome(row.outcome): int(row.chars) for row in tx.execute(query)})
