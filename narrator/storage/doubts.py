"""Doubts in SQL: of takes and the chunks they answer, and how often words were sent again for them.

An utterance whose take is doubted is `late` (spoken, not kept). Its row's fence becomes its own
number, negated: so the same claim has room for a row of the same words.
"""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Connection, and_, case, func, select, update

from narrator.domain.gate import (
    CODE_PREFIX,
    Doubt,
    Tried,
    doubts_of,
    doubts_text,
    may_repeat,
)
from narrator.domain.ids import JobId, TakeKey
from narrator.domain.ledger import Outcome
from narrator.domain.steps import Claim
from narrator.storage.capping import leaves_room
from narrator.storage.database import instant
from narrator.storage.tables import KEPT, SPOKEN, chunks, is_state, jobs, takes, utterances
from narrator.storage.utterances import sums_of_job


def judged(tx: Connection, claim: Claim, found: Mapping[TakeKey, tuple[Doubt, ...]]) -> None:
    """`Takes.judged`, for whoever holds the claim."""
    for key in sorted(found):
        doubts = doubts_text(found[key])
        never = and_(takes.c.key == key, takes.c.doubts.is_(None), is_state(takes.c.state, KEPT))
        tx.execute(update(takes).where(never).values(doubts=doubts))
        answered = _spoken(claim.job_id) & (chunks.c.chapter == claim.chapter)
        mine = update(chunks).where(answered, chunks.c.take_key == key)
        tx.execute(mine.values(doubts=doubts))


def by_chapter(tx: Connection, job_id: JobId) -> dict[int, dict[int, tuple[Doubt, ...]]]:
    """The doubts of the job's spoken chunks by chapter and index, where there are any."""
    query = select(chunks.c.chapter, chunks.c.idx, chunks.c.doubts).where(
        _spoken(job_id), chunks.c.doubts > ""
    )
    found: dict[int, dict[int, tuple[Doubt, ...]]] = {}
    for chapter, index, text in tx.execute(query):
        found.setdefault(chapter, {})[index] = doubts_of(text) or ()
    return found


def doubtful() -> ColumnElement[int]:
    """1 for a spoken chunk whose take is doubted, else 0."""
    is_so = is_state(chunks.c.state, SPOKEN) & (chunks.c.doubts > "")
    return case((is_so, 1), else_=0)


def repeat(tx: Connection, claim: Claim, key: TakeKey, *, request_id: str, code: str) -> bool:
    """`Ledger.repeat`, for whoever holds the claim."""
    mine = and_(
        utterances.c.step_id == claim.step_id,
        utterances.c.fence == claim.fence,
        utterances.c.take_key == key,
    )
    row = tx.execute(select(utterances).where(mine).with_for_update()).one_or_none()
    if row is None or row.outcome != Outcome.SENT:
        return row is None  # it was made room for, and that went unheard
    if not may_repeat(_tried(tx, claim, row.idx, row.chars)) or not _within_cap(tx, claim.job_id):
        return False
    ended = {"outcome": Outcome.LATE, "code": code, "request_id": request_id}
    tx.execute(update(utterances).where(mine).values(fence=-row.id, ended_at=instant(), **ended))
    return True


def _tried(tx: Connection, claim: Claim, index: int, chars: int) -> Tried:
    times = select(func.count()).where(
        not_kept(claim.job_id), utterances.c.chapter == claim.chapter, utterances.c.idx == index
    )
    spent = select(func.coalesce(func.sum(utterances.c.chars), 0)).where(_doubted(claim.job_id))
    return Tried(
        times=1 + tx.scalars(times).one(),
        chars=chars,
        doubted_chars=int(tx.scalars(spent).one()),
        sent_chars=sums_of_job(tx, claim.job_id).sent,
    )


def not_kept(job_id: JobId) -> ColumnElement[bool]:
    """Rows since the job was begun that were sent again for doubts, or whose process died."""
    begun_at = select(func.coalesce(jobs.c.running_at, 0)).where(jobs.c.id == job_id)
    died = is_state(utterances.c.outcome, Outcome.LOST) & (utterances.c.code == "")
    return and_(
        utterances.c.job_id == job_id,
        utterances.c.sent_at >= begun_at.scalar_subquery(),
        _doubted(job_id) | died,
    )


def _doubted(job_id: JobId) -> ColumnElement[bool]:
    """Rows of the job that were sent again for doubts."""
    return and_(
        utterances.c.job_id == job_id,
        is_state(utterances.c.outcome, Outcome.LATE),
        utterances.c.code.like(f"{CODE_PREFIX}%"),
    )


def _within_cap(tx: Connection, job_id: JobId) -> bool:
    most = tx.scalars(select(jobs.c.max_chars).where(jobs.c.id == job_id)).one()
    return not most or leaves_room(tx, job_id, most)


def _spoken(job_id: JobId) -> ColumnElement[bool]:
    return (chunks.c.job_id == job_id) & is_state(chunks.c.state, SPOKEN)
