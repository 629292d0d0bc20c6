"""What the suites for slots and the ledger play with: a store, its governor, and time to turn."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import select, update

from narrator.domain.ids import JobId
from narrator.domain.jobs import JobMove, JobOptions
from narrator.domain.ledger import Outcome
from narrator.domain.slots import Slot, SlotTerms
from narrator.domain.steps import Queue
from narrator.domain.voices import Voice
from narrator.services.ports import Ledger, Slots
from narrator.storage.database import Database
from narrator.storage.ledger import SqlLedger
from narrator.storage.moves import move_job
from narrator.storage.slots import SqlSlots
from narrator.storage.tables import accounts, slot_owners, slots, utterances
from tests.contract.stage import Store, new_job, plan_of
from tests.fakes.ledger import MemoryLedger
from tests.fakes.slots import MemorySlots
from tests.fakes.store import MemoryStore

ACCOUNT = "offline-tone"  # the speaker of the stage's jobs
THALIA = Voice()
APOLLO = Voice(name="aura-2-apollo-en")


class Line(NamedTuple):
    """What a test asks of a row of the ledger."""

    chunk: int
    attempt: int
    outcome: Outcome
    request_id: str
    code: str
    slot: int


@dataclass(frozen=True, slots=True)
class Fleet:
    """A store of one kind and what is shared by those who speak.

    `governor(terms, account)` is a new `Slots` over the store, `books(account)` a new `Ledger`;
    `ledger` is that of the usual account. `later(seconds)` lets time go by for the governor.
    `lines()` are the ledger's rows in the order of their making. `pause(job, why)` leaves what
    is under way to be finished, as an account's pause does.
    """

    store: Store
    ledger: Ledger
    books: Callable[[str], Ledger]
    governor: Callable[[SlotTerms, str], Slots]
    later: Callable[[float], None]
    lines: Callable[[], list[Line]]
    pause: Callable[[JobId, str], None]

    def slots(self, most: int = 4, *, account: str = ACCOUNT) -> Slots:
        """The governor of an account with so many slots."""
        return self.governor(SlotTerms(allowance=most, headroom=0), account)

    def queue(self, slices: int, *, voice: Voice = THALIA, number: int = 1) -> JobId:
        """Job `number` with so many queued slices of this voice."""
        job = self.store.jobs.create(new_job(number, JobOptions(voice=voice)))
        texts = [f"text {index} of job {number}" for index in range(slices)]
        self.store.steps.finish_plan(self.store.next(Queue.AUDIO), plan_of([texts]))
        self.store.dispatch()
        return job.id


def take(slots: Slots, how_many: int, owner: str = "a") -> list[Slot]:
    """The slots that one owner gets when it asks so many times."""
    taken = [slots.acquire(owner) for _ in range(how_many)]
    return [slot for slot in taken if slot is not None]


def half() -> float:
    """Dice that spread nothing."""
    return 0.5


def memory_fleet(store: Store) -> Fleet:
    """A fleet over the twin."""
    twin = store.steps
    assert isinstance(twin, MemoryStore)
    passed = [0.0]
    known: dict[str, MemorySlots] = {}

    def governor(terms: SlotTerms, account: str) -> Slots:
        made = MemorySlots(twin, account, terms, clock=lambda: time.time() + passed[0])
        return known.setdefault(account, made)

    def later(seconds: float) -> None:
        passed[0] += seconds

    def lines() -> list[Line]:
        rows = twin.utterances.rows.values()
        return [
            Line(r.sending.index, r.attempt, r.outcome, r.request_id, r.code, r.slot) for r in rows
        ]

    def pause(job: JobId, why: str) -> None:
        twin._move_job(job, JobMove.PAUSE, paused_for=why)  # noqa: SLF001 — whatever for

    def books(account: str) -> Ledger:
        return MemoryLedger(twin, account)

    return Fleet(store, books(ACCOUNT), books, governor, later, lines, pause)


def sql_fleet(store: Store, database: Database) -> Fleet:
    """A fleet over a database."""

    def governor(terms: SlotTerms, account: str) -> Slots:
        return SqlSlots(database, account=account, terms=terms, dice=half)

    def lines() -> list[Line]:
        names = ("idx", "attempt", "outcome", "request_id", "code", "slot")
        query = select(*(utterances.c[name] for name in names)).order_by(utterances.c.id)
        with database.read() as tx:
            return [
                Line(row.idx, row.attempt, Outcome(row.outcome), *row[3:])
                for row in tx.execute(query)
            ]

    def later(seconds: float) -> None:
        _age(database, seconds)

    def pause(job: JobId, why: str) -> None:
        with database.write() as tx:
            move_job(tx, job, JobMove.PAUSE, paused_for=why)

    def books(account: str) -> Ledger:
        return SqlLedger(database, account=account)

    return Fleet(store, books(ACCOUNT), books, governor, later, lines, pause)


def _age(database: Database, seconds: float) -> None:
    """Put every instant of the governor's tables so many seconds back."""
    with database.write() as tx:
        for table in (accounts, slots, slot_owners):
            instants = [c for c in table.c if c.name.endswith(("_at", "_until"))]
            tx.execute(update(table).values({column: column - seconds for column in instants}))
        for number, sent in tx.execute(select(slots.c.number, slots.c.sent)).all():
            aged = json.dumps([(at - seconds, chars) for at, chars in json.loads(sent)])
            tx.execute(update(slots).where(slots.c.number == number).values(sent=aged))
