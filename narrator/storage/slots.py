"""Slots in SQL: leased under fences from one account's row, by the rules of the governor.

Whoever changes what others may do holds the account's row first, then slots, then jobs. A slot is
given back under its fence alone: that takes nothing from anybody.
"""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, tuple_, update

from narrator.domain import governor
from narrator.domain.errors import NarratorError
from narrator.domain.holdings import Handshake, Holdings, Lease, refused
from narrator.domain.jobs import JobState
from narrator.domain.slots import Account, Sent, Slot, SlotTerms, Standing
from narrator.domain.steps import Queue, StepState
from narrator.domain.voices import Voice
from narrator.storage.accounts import (
    account_of,
    lock_account,
    pause_jobs,
    resume_jobs,
    save_account,
)
from narrator.storage.casting import slice_voice, speaks
from narrator.storage.database import Database, insert_or, instant, now
from narrator.storage.tables import accounts, is_state, jobs, slot_owners, slots, steps

_FREE: dict[str, object] = {"owner": None, "voice": None, "speed": None, "lease_until": None}


class SqlSlots:
    """The port `Slots` over a database; `account` is the speaker's configured name."""

    def __init__(
        self,
        database: Database,
        *,
        account: str,
        terms: SlotTerms,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._name = account
        self._terms = terms
        self._dice = dice

    def acquire(self, owner: str) -> Slot | None:
        """A slot for the voice most in need among the queued slices, least used lately first."""
        with self._database.write() as tx:
            if not (queued := _queued(tx, self._name)):
                return None
            holdings = self._hold(tx, queued)
            if (lease := holdings.grant(owner)) is None:
                return None
            granted = governor.granted(holdings.counted, holdings.at)
            save_account(tx, self._name, holdings.account, granted)
            return self._lease(tx, holdings, lease, owner)

    def renew(self, owner: str, held: Sequence[Slot], *, capacity: int) -> Standing:
        """Renew what the owner holds; what it should know."""
        with self._database.write() as tx:
            queued = _queued(tx, self._name)
            before = self._hold(tx, queued)
            self._see(tx, owner, capacity, before.at)
            renewed = self._renew(tx, before, owner, held)
            after = before.renewed(owner, capacity, renewed)
            save_account(tx, self._name, before.account, after.account)
            if after.account.fault is not None:
                pause_jobs(tx, self._name)
            return after.standing(owner, renewed, probes=before.probe_due)

    def release(self, slot: Slot, sent: Sequence[Sent]) -> None:
        """Give a slot back; one that is somebody else's by now is left alone."""
        with self._database.write() as tx:
            at = now(tx)
            entries = [
                (at - each.seconds_ago, each.chars)
                for each in sent
                if each.seconds_ago < self._terms.window_seconds
            ]
            mine = self._mine(slot.number) & (slots.c.fence == slot.fence)
            leased = slots.c.owner.is_not(None)
            tx.execute(update(slots).where(mine, leased).values(**_FREE, sent=json.dumps(entries)))

    def leave(self, owner: str) -> None:
        """The owner shares no more; its slots run out."""
        with self._database.write() as tx:
            tx.execute(
                delete(slot_owners).where(
                    slot_owners.c.account == self._name, slot_owners.c.owner == owner
                )
            )

    def opened(self, *, handshake_seconds: float) -> None:
        """A session was opened: failures are over, a paused account's jobs resume."""
        with self._database.write() as tx:
            before = lock_account(tx, self._name, self._terms)
            after = governor.opened(before, at=now(tx), handshake_seconds=handshake_seconds)
            save_account(tx, self._name, before, after)
            if before.fault is not None and after.fault is None:
                resume_jobs(tx, self._name)

    def refused(self, error: NarratorError, *, handshake_seconds: float, slot: Slot) -> None:
        """A session was refused, `error.fault` says how."""
        with self._database.write() as tx:
            before = lock_account(tx, self._name, self._terms)
            at = now(tx)
            counted = replace(before, used=tx.scalars(self._used(at)).one())
            began = Handshake(at=at, seconds=handshake_seconds, voice=slot.voice)
            after = refused(counted, error, began, dice=self._dice())
            save_account(tx, self._name, before, after)
            if after.fault is not None:
                pause_jobs(tx, self._name)

    def account(self) -> Account:
        """How the account stands, by one statement that reads its row and its slots."""
        query = select(
            accounts, instant().label("at"), self._used(instant()).scalar_subquery().label("used")
        ).where(accounts.c.account == self._name)
        with self._database.read() as tx:
            row = tx.execute(query).one_or_none()
        if row is None:
            return governor.fresh(self._terms)
        return replace(governor.current(account_of(row), self._terms, row.at), used=row.used)

    def release_all(self) -> int:
        """Free every slot at once; what its holder sent until now is not known, so much counts."""
        with self._database.write() as tx:
            lock_account(tx, self._name, self._terms)
            at = now(tx)
            leased = [lease for lease in self._leases(tx, at).values() if lease.owner is not None]
            for lease in leased:
                full = json.dumps(lease.unheard(self._terms, at))
                mine = self._mine(lease.number)
                tx.execute(update(slots).where(mine).values(**_FREE, sent=full))
            tx.execute(delete(slot_owners).where(slot_owners.c.account == self._name))
        return len(leased)

    # ------------------------------------------------------------------------------------ rows

    def _hold(self, tx: Connection, queued: dict[Voice, int]) -> Holdings:
        """Hold the account and see how things stand."""
        account = lock_account(tx, self._name, self._terms)
        at = now(tx)
        return Holdings(
            at=at,
            terms=self._terms,
            account=account,
            leases=self._leases(tx, at),
            capacity=self._owners(tx, at),
            queued=queued,
        )

    def _owners(self, tx: Connection, at: float) -> dict[str, int]:
        """The capacity of each owner that lives; those that do not are forgotten."""
        mine = slot_owners.c.account == self._name
        rows = tx.execute(select(slot_owners).where(mine)).all()
        living = {
            row.owner: row.capacity
            for row in rows
            if governor.living(self._terms, seen_at=row.seen_at, at=at)
        }
        if len(living) < len(rows):
            tx.execute(delete(slot_owners).where(mine, slot_owners.c.owner.not_in(living)))
        return living

    def _leases(self, tx: Connection, at: float) -> dict[int, Lease]:
        """Every slot's lease; the account is held."""
        rows = tx.execute(select(slots).where(slots.c.account == self._name))
        known = {row.number: _lease_of(row) for row in rows}
        leases = {number: lease.within(self._terms, at) for number, lease in known.items()}
        for number, lease in leases.items():
            if lease is not known[number]:
                mine = self._mine(number) & slots.c.owner.is_not(None)
                tx.execute(update(slots).where(mine).values(lease_until=lease.until))
        return leases

    def _mine(self, number: int) -> Any:  # noqa: ANN401 — a condition
        return (slots.c.account == self._name) & (slots.c.number == number)

    def _lease(self, tx: Connection, holdings: Holdings, lease: Lease, owner: str) -> Slot:
        """Lease this slot to the owner, under its next fence."""
        voice = lease.voice or Voice()
        columns = {
            "fence": lease.fence + 1,
            "owner": owner,
            "voice": voice.name,
            "speed": voice.speed,
            "lease_until": holdings.at + self._terms.lease_seconds,
            "sent": "[]",
        }
        row = {"account": self._name, "number": lease.number, **columns}
        tx.execute(
            insert_or(tx, slots)
            .values(row)
            .on_conflict_do_update(index_elements=[slots.c.account, slots.c.number], set_=columns)
        )
        sent = lease.inherited(self._terms, holdings.at)
        return Slot(number=lease.number, fence=lease.fence + 1, voice=voice, sent=sent)

    def _renew(
        self, tx: Connection, holdings: Holdings, owner: str, held: Sequence[Slot]
    ) -> list[int]:
        """Renew those that are the owner's still; their numbers."""
        mine = [(lease.number, lease.fence) for lease in holdings.renewable(owner, held)]
        if not mine:
            return []
        renewed = (
            update(slots)
            .where(
                slots.c.account == self._name,
                slots.c.owner == owner,  # one that it gives back at this moment stays given back
                tuple_(slots.c.number, slots.c.fence).in_(mine),
            )
            .values(lease_until=holdings.at + self._terms.lease_seconds)
        )
        return list(tx.scalars(renewed.returning(slots.c.number)))

    def _see(self, tx: Connection, owner: str, capacity: int, at: float) -> None:
        """The owner lives, and has room for so many."""
        seen = {"capacity": capacity, "seen_at": at}
        row = {"account": self._name, "owner": owner, **seen}
        keys = [slot_owners.c.account, slot_owners.c.owner]
        insert = insert_or(tx, slot_owners).values(row)
        tx.execute(insert.on_conflict_do_update(index_elements=keys, set_=seen))

    def _used(self, at: float | instant) -> Any:  # noqa: ANN401 — a Select of one number
        """How many slots are somebody's."""
        return select(func.count()).where(slots.c.account == self._name, slots.c.lease_until > at)


def _queued(tx: Connection, speaker: str) -> dict[Voice, int]:
    """How many slices of the speaker's active jobs are queued, by voice; a window's rows."""
    voice = slice_voice()
    query = (
        select(voice, jobs.c.speed, func.count())
        .select_from(steps)
        .join(jobs, jobs.c.id == steps.c.job_id)
        .where(
            steps.c.queue == Queue.SPEECH,
            is_state(steps.c.state, StepState.QUEUED),
            is_state(jobs.c.state, JobState.QUEUED, JobState.RUNNING),
            speaks(speaker),
        )
        .group_by(voice, jobs.c.speed)
    )
    return {Voice(name=name, speed=speed): count for name, speed, count in tx.execute(query)}


@lru_cache(maxsize=256)
def _voice(name: str, speed: float) -> Voice:
    """A fleet's few voices, each checked once."""
    return Voice(name=name, speed=speed)


def _lease_of(row: Row[Any]) -> Lease:
    return Lease(
        number=row.number,
        fence=row.fence,
        owner=row.owner,
        voice=row.voice and _voice(row.voice, row.speed),
        until=row.lease_until or 0.0,
        sent=tuple((at, chars) for at, chars in json.loads(row.sent)),
    )
