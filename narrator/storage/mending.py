"""Spoilt takes and chapters in SQL: their words are spoken, or their recordings made, once more.

Nothing is removed from the object store: what is found there is left for whoever looks into it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, select, tuple_, update

from narrator.domain.errors import Missing
from narrator.domain.faults import Fault
from narrator.domain.ids import JobId, TakeKey
from narrator.domain.ledger import Outcome
from narrator.domain.spoilt import MOST_SPOILT, chapter_spoilt, takes_spoilt
from narrator.domain.spread import cut
from narrator.domain.steps import Claim, StepKind, StepMove, StepState
from narrator.domain.takes import Take
from narrator.services.plan import SLICE_CHARS
from narrator.storage.database import instant
from narrator.storage.moves import (
    NewStep,
    add_steps,
    hold_with_job,
    lock_job,
    look,
    lost,
    move_step,
)
from narrator.storage.reopening import forget_recordings, open_slices, unrender
from narrator.storage.tables import (
    KEPT,
    PENDING,
    SPOKEN,
    chapters,
    chunks,
    is_state,
    jobs,
    steps,
    takes,
    utterances,
)

# ------------------------------------------------------------------------------------- takes


def respeak(tx: Connection, claim: Claim, spoilt: Mapping[TakeKey, Take | None]) -> int:
    """`Steps.respeak`."""
    _hold_renders(tx, claim)
    keys = _forget(tx, spoilt)
    if not keys:
        move_step(tx, claim, StepMove.RETURN)
        return 0
    _refuse_endless(tx, claim.job_id, keys)
    opened = _open_again(tx, claim.job_id, keys)
    _lose(tx, claim.job_id, opened)
    unrender(tx, claim.job_id, sorted({row.chapter for row in opened}))
    add_steps(tx, claim.job_id, _slices(tx, claim.job_id, opened))
    spoilt_before = jobs.c.takes_spoilt
    mine = update(jobs).where(jobs.c.id == claim.job_id)
    tx.execute(mine.values(takes_spoilt=spoilt_before + len(keys)))
    return len(keys)


def _hold_renders(tx: Connection, claim: Claim) -> None:
    """Hold the claim's job, then all its renders by id: whoever renews leases takes them so."""
    try:
        lock_job(tx, claim.job_id)
    except Missing as error:
        raise lost(claim) from error
    renders = select(steps.c.id).where(_renders(claim.job_id)).order_by(steps.c.id)
    tx.execute(renders.with_for_update()).all()
    look(tx, claim)


def _forget(tx: Connection, spoilt: Mapping[TakeKey, Take | None]) -> list[TakeKey]:
    """Remove the rows of these takes; the keys of those that nobody has spoken again meanwhile."""
    query = select(takes).where(takes.c.key.in_(spoilt)).order_by(takes.c.key).with_for_update()
    rows = {row.key: row for row in tx.execute(query)}
    keys = sorted(key for key, seen in spoilt.items() if not _is_another(rows.get(key), seen))
    tx.execute(delete(takes).where(takes.c.key.in_(keys), is_state(takes.c.state, KEPT)))
    return keys


def _is_another(row: Row[Any] | None, seen: Take | None) -> bool:
    """Whether a take is kept that is not the one that was seen.

    The same voice may say the same words alike: only when it was kept tells the two apart.
    """
    if row is None or row.state != KEPT:
        return False
    return seen is None or row.created_at != seen.kept_at


def _refuse_endless(tx: Connection, job_id: JobId, keys: Sequence[TakeKey]) -> None:
    """Raise StoredSpoilt for words whose takes were spoilt as often as may be, this time too."""
    spoilt_each_time = (
        select(utterances.c.take_key)
        .where(
            utterances.c.job_id == job_id,
            is_state(utterances.c.outcome, Outcome.LOST),
            utterances.c.code == Fault.TAKE_CORRUPT,
            utterances.c.take_key.in_(keys),
            utterances.c.sent_at >= _begun_at(job_id),
        )
        .group_by(utterances.c.take_key)
        .having(func.count() >= MOST_SPOILT - 1)
        .order_by(utterances.c.take_key)
    )
    if found := [TakeKey(key) for key in tx.scalars(spoilt_each_time)]:
        raise takes_spoilt(found)


def _open_again(tx: Connection, job_id: JobId, keys: Sequence[TakeKey]) -> list[Row[Any]]:
    """The job's chunks of these words are pending, where their chapter is not rendered."""
    unrendered = select(chapters.c.position).where(
        chapters.c.job_id == job_id, chapters.c.audio_key.is_(None)
    )
    again = (
        update(chunks)
        .where(
            chunks.c.job_id == job_id,
            chunks.c.take_key.in_(keys),
            chunks.c.chapter.in_(unrendered),
            is_state(chunks.c.state, SPOKEN),
        )
        .values(state=PENDING, spoken_now=None, samples=0, doubts=None)
        .returning(
            chunks.c.chapter, chunks.c.idx, chunks.c.chars, chunks.c.take_key, chunks.c.voice
        )
    )
    return sorted(tx.execute(again), key=lambda row: (row.chapter, row.idx))


def _lose(tx: Connection, job_id: JobId, opened: Iterable[Row[Any]]) -> None:
    """What the job had sent for these chunks has finished nothing."""
    these = sorted({(row.chapter, row.take_key) for row in opened})
    kept = and_(
        utterances.c.job_id == job_id,
        is_state(utterances.c.outcome, Outcome.KEPT),
        tuple_(utterances.c.chapter, utterances.c.take_key).in_(these),
    )
    lost_now = {"outcome": Outcome.LOST, "code": Fault.TAKE_CORRUPT, "ended_at": instant()}
    tx.execute(update(utterances).where(kept).values(lost_now))


def _slices(tx: Connection, job_id: JobId, opened: Iterable[Row[Any]]) -> Iterator[NewStep]:
    """Slices of the chunks that are in no open one: its worker finds that they are pending."""
    there, seq = open_slices(tx, job_id)
    alone = [row for row in opened if (row.chapter, row.idx) not in there]
    alone.sort(key=_chapter_and_voice)
    for (chapter, voice), rows in groupby(alone, key=_chapter_and_voice):
        for part in cut([(row.idx, row.chars) for row in rows], SLICE_CHARS):
            yield NewStep(
                kind=StepKind.SLICE,
                seq=seq,
                chapter=chapter,
                chunks=part.chunks,
                chars=part.chars,
                voice=voice,
            )
            seq += len(part.chunks)


def _chapter_and_voice(row: Row[Any]) -> tuple[int, str]:
    return row.chapter, row.voice or ""


# ---------------------------------------------------------------------------------- chapters


def rerender(tx: Connection, claim: Claim, positions: Sequence[int]) -> None:
    """`Steps.rerender`.

    The renders that are done stay, as a record of how often; each new one has a number of its own.
    """
    hold_with_job(tx, claim)
    _refuse_endless_renders(tx, claim.job_id, positions)
    tx.execute(delete(steps).where(steps.c.id == claim.step_id))
    forget_recordings(tx, claim.job_id, positions)
    first = _free_number(tx, claim.job_id)
    add_steps(
        tx,
        claim.job_id,
        [
            NewStep(kind=StepKind.RENDER, seq=seq, chapter=position)
            for seq, position in enumerate(sorted(positions), start=first)
        ],
    )


def _refuse_endless_renders(tx: Connection, job_id: JobId, positions: Sequence[int]) -> None:
    spoilt_each_time = (
        select(steps.c.chapter)
        .where(
            _renders(job_id),
            steps.c.chapter.in_(positions),
            is_state(steps.c.state, StepState.DONE),
            steps.c.ended_at >= _begun_at(job_id),
        )
        .group_by(steps.c.chapter)
        .having(func.count() >= MOST_SPOILT)
        .order_by(steps.c.chapter)
    )
    for position in tx.scalars(spoilt_each_time):
        raise chapter_spoilt(position)


def _free_number(tx: Connection, job_id: JobId) -> int:
    """The first number behind those of all renders, and of those that slices may yet bring."""
    last_chapter = select(func.max(chapters.c.position)).where(chapters.c.job_id == job_id)
    last_render = select(func.max(steps.c.seq)).where(_renders(job_id))
    return 1 + max(tx.scalars(last_chapter).one() or 0, tx.scalars(last_render).one() or 0)


def _renders(job_id: JobId) -> ColumnElement[bool]:
    return (steps.c.job_id == job_id) & is_state(steps.c.kind, StepKind.RENDER)


def _begun_at(job_id: JobId) -> ColumnElement[float]:
    """When the job was begun, resumed or retried."""
    return (
        select(func.coalesce(jobs.c.running_at, 0.0)).where(jobs.c.id == job_id).scalar_subquery()
    )
