"""Takes in SQL: kept by content, leased by the step that is speaking them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, or_, select, update

from narrator.domain.errors import LeaseLost
from narrator.domain.faults import Fault
from narrator.domain.gate import Doubt, doubts_of, doubts_text
from narrator.domain.ids import ObjectKey, TakeKey
from narrator.domain.ledger import Outcome
from narrator.domain.plan import Boundary
from narrator.domain.steps import IMPLAUSIBLE_SECONDS, Claim, StepState
from narrator.domain.takes import Take
from narrator.services.ports import (
    ChapterTake,
    PlannedChunk,
    PutBy,
    RenderedChapterRow,
    RenderedRecord,
)
from narrator.storage import attempts
from narrator.storage.database import Database, insert_or, instant, now
from narrator.storage.dead import bury, dead_by_chapter, failures
from narrator.storage.doubts import by_chapter, judged
from narrator.storage.moves import hold, look, lost
from narrator.storage.tables import (
    KEPT,
    LEASED,
    PENDING,
    SPOKEN,
    chapters,
    chunks,
    is_state,
    jobs,
    steps,
    takes,
)
from narrator.storage.utterances import end

FRESH_SECONDS = 3_600
"""A take used less than this ago counts as used now: most look-ups then write nothing."""

_BATCH_KEYS = 500

_CHUNK_COLUMNS = (
    chunks.c.idx,
    chunks.c.boundary,
    chunks.c.take_key,
    chunks.c.text,
    chunks.c.voice,
    chunks.c.doubts.label("chunk_doubts"),
    chunks.c.spoken_now,
)


class SqlTakes:
    """The port `Takes` over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pending(self, claim: Claim) -> list[PlannedChunk]:
        """The slice's chunks that have no take yet, in order."""
        query = select(chunks).where(_pending(claim)).order_by(chunks.c.idx)
        with self._database.read() as tx:
            look(tx, claim)
            failed = failures(tx, claim)
            return [_planned(row, failed.get(row.idx)) for row in tx.execute(query)]

    def find(self, keys: Iterable[TakeKey]) -> dict[TakeKey, Take]:
        """The finished takes among `keys`; marks them as used, to the hour."""
        found: dict[TakeKey, Take] = {}
        for batch in _batches(sorted(set(keys))):
            fresh, stale = self._look_up(batch)
            found |= fresh | self._used_now(stale)
        return found

    def _look_up(self, keys: list[TakeKey]) -> tuple[dict[TakeKey, Take], list[TakeKey]]:
        query = select(takes).where(takes.c.key.in_(keys), is_state(takes.c.state, KEPT))
        with self._database.read() as tx:
            recently = now(tx) - FRESH_SECONDS
            rows = tx.execute(query.order_by(takes.c.key)).all()
        fresh = {TakeKey(row.key): _take(row) for row in rows if row.used_at >= recently}
        return fresh, [TakeKey(row.key) for row in rows if row.used_at < recently]

    def _used_now(self, keys: list[TakeKey]) -> dict[TakeKey, Take]:
        """Mark takes as used; one that was removed since the look-up is not among the answers."""
        if not keys:
            return {}
        condition = and_(takes.c.key.in_(keys), is_state(takes.c.state, KEPT))
        with self._database.write() as tx:
            rows = tx.execute(
                select(takes).where(condition).order_by(takes.c.key).with_for_update()
            ).all()
            tx.execute(update(takes).where(condition).values(used_at=instant()))
        return {TakeKey(row.key): _take(row) for row in rows}

    def lease(self, claim: Claim, keys: Iterable[TakeKey]) -> set[TakeKey]:
        """Reserve the right to speak these words; returns those that are now the claim's."""
        wanted = sorted(set(keys))
        with self._database.write() as tx:
            hold(tx, claim)
            if not wanted:
                return set()
            new = _insert_leases(tx, claim, wanted)
            return new | _take_over(tx, claim, [key for key in wanted if key not in new])

    def keep(self, claim: Claim, take: Take, *, spoken_now: bool, request_id: str = "") -> bool:
        """Record the take, unless one of its key is kept already, and answer the slice's chunks.

        What was spoken now ends its row of the ledger: kept, or late where a take was there. It is
        paid for: although the claim is lost it is kept, as long as nobody else leased these words.
        An earlier take is not recorded again: somebody may be speaking its words anew by now.
        """
        with self._database.write() as tx:
            is_lost = not _holds(tx, claim)
            if is_lost and not (spoken_now and _leases(tx, claim, take.key)):
                raise lost(claim)
            if not spoken_now and not _is_kept(tx, take.key):
                return False
            recorded = spoken_now and _record(tx, claim, take)
            if spoken_now:
                outcome = Outcome.KEPT if recorded else Outcome.LATE
                end(tx, claim, take.key, outcome, request_id=request_id)
            _answer(tx, claim, take, spoken_now=recorded)
        if is_lost:
            raise lost(claim)
        return True

    def put_by(self, claim: Claim, take: Take) -> None:
        """Note the best take so far of words that are said again, where they are the claim's."""
        with self._database.write() as tx:
            hold(tx, claim)
            attempts.put_by(tx, claim, take)

    def put_by_before(self, claim: Claim, keys: Iterable[TakeKey]) -> dict[TakeKey, PutBy]:
        """What earlier claims put by of these words."""
        there = is_state(takes.c.state, LEASED) & takes.c.object_key.is_not(None)
        with self._database.read() as tx:
            rows = tx.execute(select(takes).where(takes.c.key.in_(set(keys)), there)).all()
            found = [_take(row) for row in rows]
            times = attempts.times(tx, claim, [each.key for each in found]) if found else {}
        return {each.key: PutBy(take=each, times=times.get(each.key, 0)) for each in found}

    def keep_put_by(self, claim: Claim, take: Take) -> None:
        """Record what was put by, and that it answers the slice's chunks."""
        with self._database.write() as tx:
            hold(tx, claim)
            _record(tx, claim, take)
            _answer(tx, claim, take, spoken_now=False)

    def bury(self, claim: Claim, key: TakeKey, *, fault: Fault, reason: str) -> bool:
        """The slice's chunks of that key are dead; False when they may not be to blame."""
        with self._database.write() as tx:
            return bury(tx, claim, key, fault, reason)

    def of_chapter(self, claim: Claim) -> list[ChapterTake]:
        """The takes of the claim's chapter in chunk order."""
        query = (
            select(*_CHUNK_COLUMNS, takes)
            .select_from(chunks)
            .outerjoin(takes, and_(takes.c.key == chunks.c.take_key, is_state(takes.c.state, KEPT)))
            .where(
                chunks.c.job_id == claim.job_id,
                chunks.c.chapter == claim.chapter,
                is_state(chunks.c.state, SPOKEN),
            )
            .order_by(chunks.c.idx)
        )
        with self._database.read() as tx:
            look(tx, claim)
            return [_chapter_take(row) for row in tx.execute(query)]

    def judged(self, claim: Claim, found: Mapping[TakeKey, tuple[Doubt, ...]]) -> None:
        """Write down what is doubted of takes of the claim's chapter."""
        with self._database.write() as tx:
            hold(tx, claim)
            judged(tx, claim, found)

    def of_job(self, claim: Claim) -> list[RenderedChapterRow]:
        """The rendered chapters in order, each with its chunks' keys."""
        rendered = (
            select(chapters)
            .where(chapters.c.job_id == claim.job_id, chapters.c.audio_key.is_not(None))
            .order_by(chapters.c.position)
        )
        with self._database.read() as tx:
            look(tx, claim)
            keys = _keys_by_chapter(tx, claim)
            dead = dead_by_chapter(tx, claim.job_id)
            doubts = by_chapter(tx, claim.job_id)
            rows = tx.execute(rendered).all()
        return [
            replace(
                _rendered(row, keys.get(row.position, ()), dead.get(row.position, frozenset())),
                doubts=doubts.get(row.position, {}),
            )
            for row in rows
        ]


def _pending(claim: Claim) -> ColumnElement[bool]:
    return and_(
        chunks.c.job_id == claim.job_id,
        chunks.c.chapter == claim.chapter,
        chunks.c.idx.in_(claim.chunks),
        is_state(chunks.c.state, PENDING),
    )


def _insert_leases(tx: Connection, claim: Claim, keys: list[TakeKey]) -> set[TakeKey]:
    """Lease the words nobody ever leased. Keys come sorted: all who wait, wait in one order."""
    at = now(tx)
    tenant = tx.scalars(select(jobs.c.tenant).where(jobs.c.id == claim.job_id)).one()
    common = {"tenant": tenant, "state": LEASED, "created_at": at, "used_at": at}
    rows = [{"key": key, **common, **_lessee(claim)} for key in keys]
    insert = insert_or(tx, takes).values(rows).on_conflict_do_nothing()
    return {TakeKey(key) for key in tx.scalars(insert.returning(takes.c.key))}


def _take_over(tx: Connection, claim: Claim, keys: list[TakeKey]) -> set[TakeKey]:
    """Lease the words whose lease has ended.

    The rows are locked first and judged by the next statement, which sees whatever their last
    holder committed.
    """
    if not keys:
        return set()
    leased = and_(takes.c.key.in_(keys), is_state(takes.c.state, LEASED))
    locked = select(takes.c.key).where(leased).order_by(takes.c.key).with_for_update()
    tx.execute(locked).all()
    mine = and_(takes.c.step_id == claim.step_id, takes.c.fence == claim.fence)
    ours = (
        update(takes)
        .where(leased, or_(mine, ~_alive(now(tx))))
        .values(_lessee(claim))
        .returning(takes.c.key)
    )
    return {TakeKey(key) for key in tx.scalars(ours)}


def _lessee(claim: Claim) -> dict[str, object]:
    return {"step_id": claim.step_id, "fence": claim.fence}


def _alive(at: float) -> ColumnElement[bool]:
    """Whether a take's lessee still runs under the same fence, within its lease."""
    return exists().where(
        steps.c.id == takes.c.step_id,
        steps.c.fence == takes.c.fence,
        is_state(steps.c.state, StepState.RUNNING),
        steps.c.lease_until > at,
        steps.c.lease_until <= at + IMPLAUSIBLE_SECONDS,
    )


def _holds(tx: Connection, claim: Claim) -> bool:
    """Hold the claim's step, if it is still the claim's."""
    try:
        hold(tx, claim)
    except LeaseLost:
        return False
    return True


def _leases(tx: Connection, claim: Claim, key: TakeKey) -> bool:
    """Whether the right to speak these words is still the claim's; it stays so until the end."""
    leased = select(takes.c.key).where(
        takes.c.key == key,
        takes.c.step_id == claim.step_id,
        takes.c.fence == claim.fence,
        is_state(takes.c.state, LEASED),
    )
    return tx.execute(leased.with_for_update()).first() is not None


def _is_kept(tx: Connection, key: TakeKey) -> bool:
    """Whether a take of these words is there; it stays so until the end."""
    kept = select(takes.c.key).where(takes.c.key == key, is_state(takes.c.state, KEPT))
    return tx.execute(kept.with_for_update(read=True)).first() is not None


def _record(tx: Connection, claim: Claim, take: Take) -> bool:
    """Record the take; False where one of its key is kept already."""
    at = now(tx)
    of_job = select(jobs.c.tenant).where(jobs.c.id == claim.job_id).scalar_subquery()
    leased = select(takes.c.tenant).where(takes.c.key == take.key).scalar_subquery()
    tenant = func.coalesce(of_job, leased)  # a deleted job's last take is paid for all the same
    columns = {
        "state": KEPT,
        **_lessee(claim),
        **attempts.stored(take),
        "doubts": doubts_text(take.doubts),
        "created_at": at,
        "used_at": at,
    }
    insert = insert_or(tx, takes).values({"key": take.key, "tenant": tenant, **columns})
    recorded = insert.on_conflict_do_update(
        index_elements=[takes.c.key], set_=columns, where=is_state(takes.c.state, LEASED)
    )
    return tx.execute(recorded.returning(takes.c.key)).first() is not None


def _answer(tx: Connection, claim: Claim, take: Take, *, spoken_now: bool) -> None:
    """Mark the slice's chunks of this key as spoken; of several only the first was sent."""
    answered = and_(_pending(claim), chunks.c.take_key == take.key)
    indices = list(tx.scalars(select(chunks.c.idx).where(answered).order_by(chunks.c.idx)))
    kept = tx.execute(select(takes.c.samples, takes.c.doubts).where(takes.c.key == take.key)).one()
    for position, index in enumerate(indices):
        sent = spoken_now and position == 0
        one = update(chunks).where(answered, chunks.c.idx == index)
        tx.execute(
            one.values(state=SPOKEN, spoken_now=sent, samples=kept.samples, doubts=kept.doubts)
        )


def _keys_by_chapter(tx: Connection, claim: Claim) -> dict[int, tuple[TakeKey, ...]]:
    query = (
        select(chunks.c.chapter, chunks.c.take_key)
        .where(chunks.c.job_id == claim.job_id, is_state(chunks.c.state, SPOKEN))
        .order_by(chunks.c.chapter, chunks.c.idx)
    )
    found: dict[int, list[TakeKey]] = {}
    for chapter, key in tx.execute(query):
        found.setdefault(chapter, []).append(TakeKey(key))
    return {chapter: tuple(keys) for chapter, keys in found.items()}


def _batches(keys: list[TakeKey]) -> Iterator[list[TakeKey]]:
    for start in range(0, len(keys), _BATCH_KEYS):
        yield keys[start : start + _BATCH_KEYS]


def _planned(row: Row[Any], failed: int | None) -> PlannedChunk:
    return PlannedChunk(
        chapter=row.chapter,
        index=row.idx,
        text=row.text,
        key=TakeKey(row.take_key),
        boundary=Boundary(row.boundary),
        failures=failed or 0,
        suspect=failed is not None,
        voice=row.voice or "",
    )


def _take(row: Row[Any]) -> Take:
    return Take(
        key=TakeKey(row.key),
        object_key=ObjectKey(row.object_key),
        sha256=row.sha256,
        samples=row.samples,
        chars=row.chars,
        model_version=row.model_version,
        kept_at=row.created_at,
        doubts=doubts_of(row.doubts),
    )


def _chapter_take(row: Row[Any]) -> ChapterTake:
    return ChapterTake(
        index=row.idx,
        boundary=Boundary(row.boundary),
        key=TakeKey(row.take_key),
        take=_take(row) if row.key else None,
        text=row.text,
        voice=row.voice or "",
        doubts=doubts_of(row.chunk_doubts),
        spoken_now=bool(row.spoken_now),
    )


def _rendered(row: Row[Any], keys: tuple[TakeKey, ...], dead: frozenset[int]) -> RenderedChapterRow:
    record = RenderedRecord(
        audio_key=ObjectKey(row.audio_key),
        timeline_key=ObjectKey(row.timeline_key),
        samples=row.samples,
    )
    return RenderedChapterRow(
        number=row.number, title=row.title, record=record, keys=keys, dead=dead
    )
