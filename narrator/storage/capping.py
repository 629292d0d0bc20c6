"""A job's cap on what may be sent for it, as its claims keep it. Jobs without one come not here.

What was sent is in the ledger; what running slices may still send is theirs already. Whoever claims
for such a job does so alone, so that two claims do not both count on the same characters.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, or_, select

from narrator.domain.ids import JobId, TakeKey
from narrator.domain.ledger import Outcome
from narrator.domain.steps import StepKind, StepState
from narrator.storage.tables import KEPT, PENDING, chunks, is_state, steps, takes, utterances
from narrator.storage.utterances import sums_of_job

LOCK = 0x63617073
"""The advisory lock of whoever claims for a job with a cap, in PostgreSQL ("caps").

One for all such jobs: a claim that passes one over goes on to another, and two that did so in turn
would wait for each other."""

_Slice = Row[*tuple[Any, ...]]
"""A slice: `id`, `chapter`, `chunks`, `chars`; of one that is held also `job_id`, `max_chars`."""

_Place = tuple[int, int]
"""A chunk of the job: chapter and index."""

_Words = tuple[TakeKey, int]
"""A chunk's key and characters."""


def excess_chars(tx: Connection, found: _Slice) -> int | None:
    """By how many characters a slice that is held exceeds its job's cap; 0 where it fits.

    None: it does not fit beside what runs, and may once that is over. The same words count once a
    slice, and not at all where a take answers them.
    """
    _alone(tx)
    job_id = JobId(found.job_id)
    running = tx.execute(_running(job_id)).all()
    left = found.max_chars - sums_of_job(tx, job_id).sent
    if found.chars + sum(row.chars for row in running) <= left:
        return 0  # whatever of it is spoken by now
    words = _unspoken(tx, job_id, [found, *running])
    sent = _sent(tx, [row.id for row in running])
    promised = sum(_chars(row, words, sent) for row in running)
    excess = max(0, promised + _chars(found, words, set()) - left)
    return None if excess and running else excess


def leaves_room(tx: Connection, job_id: JobId, most: int) -> bool:
    """Whether a chunk of a running slice may be sent once more under a cap of `most`.

    Runs counted whole are an upper bound of what they may yet send, it included.
    """
    _alone(tx)
    running = sum(row.chars for row in tx.execute(_running(job_id)))
    return bool(sums_of_job(tx, job_id).sent + running <= most)


def _alone(tx: Connection) -> None:
    """Wait until nobody else claims for such a job; in SQLite a writer is alone anyway.

    Whoever has the lock waits for nobody: a claim skips rows that are held.
    """
    if tx.dialect.name == "postgresql":
        tx.execute(select(func.pg_advisory_xact_lock(LOCK)))


def _running(job_id: JobId) -> Select[int, int, str, int]:
    return select(steps.c.id, steps.c.chapter, steps.c.chunks, steps.c.chars).where(
        steps.c.job_id == job_id,
        steps.c.kind == StepKind.SLICE,
        is_state(steps.c.state, StepState.RUNNING),
    )


def _unspoken(tx: Connection, job_id: JobId, slices: Sequence[_Slice]) -> Mapping[_Place, _Words]:
    """The pending chunks of these slices that no take answers."""
    query = select(chunks.c.chapter, chunks.c.idx, chunks.c.take_key, chunks.c.chars).where(
        chunks.c.job_id == job_id, is_state(chunks.c.state, PENDING), _places(slices)
    )
    rows = tx.execute(query).all()
    kept = select(takes.c.key).where(
        takes.c.key.in_({row.take_key for row in rows}), is_state(takes.c.state, KEPT)
    )
    answered = set(tx.scalars(kept))
    return {
        (row.chapter, row.idx): (TakeKey(row.take_key), row.chars)
        for row in rows
        if row.take_key not in answered
    }


def _places(slices: Iterable[_Slice]) -> ColumnElement[bool]:
    indices: dict[int, list[int]] = defaultdict(list)
    for row in slices:
        indices[row.chapter] += json.loads(row.chunks)
    return or_(
        *((chunks.c.chapter == chapter) & chunks.c.idx.in_(own) for chapter, own in indices.items())
    )


def _sent(tx: Connection, running: Sequence[int]) -> set[tuple[int, TakeKey]]:
    """What running slices have sent under their present fences: it is not sent again under them."""
    query = (
        select(utterances.c.step_id, utterances.c.take_key)
        .join(steps, (steps.c.id == utterances.c.step_id) & (steps.c.fence == utterances.c.fence))
        .where(utterances.c.step_id.in_(running), utterances.c.outcome != Outcome.UNSENT)
    )
    return {(row.step_id, TakeKey(row.take_key)) for row in tx.execute(query)}


def _chars(row: _Slice, words: Mapping[_Place, _Words], sent: set[tuple[int, TakeKey]]) -> int:
    """Characters that a slice may yet send."""
    places = ((row.chapter, index) for index in json.loads(row.chunks))
    mine = dict(words[place] for place in places if place in words)
    return sum(chars for key, chars in mine.items() if (row.id, key) not in sent)
