"""What is particular to slots and the ledger in SQL: locks and indexes."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text, update

from narrator.domain.errors import AccountFault, StoreUnavailable
from narrator.domain.ids import TakeKey
from narrator.domain.jobs import JobState
from narrator.domain.ledger import Outcome, Sending
from narrator.domain.slots import Slot, SlotTerms
from narrator.domain.steps import Claim, Queue, StepMove
from narrator.storage import tables
from narrator.storage.accounts import lock_account
from narrator.storage.database import Database, now
from narrator.storage.jobs import SqlJobs
from narrator.storage.ledger import SqlLedger
from narrator.storage.moves import hold, hold_with_job, move_step
from narrator.storage.slots import SqlSlots
from narrator.storage.steps import SqlSteps
from narrator.storage.takes import SqlTakes
from narrator.storage.utterances import sums_query
from tests.contract.fleet import ACCOUNT, THALIA, Fleet, sql_fleet
from tests.contract.stage import Store, job_id, together, until

TERMS = SlotTerms(allowance=9, headroom=0)
NO_CREDITS = AccountFault("HTTP 402", remedy="add credits")
SLOT = Slot(number=0, fence=1, voice=THALIA)


@pytest.fixture
def postgres(postgres_url: str) -> Database:
    """A migrated PostgreSQL database."""
    database = Database(postgres_url, pool_size=20)
    database.migrate()
    return database


@pytest.fixture
def fleet(postgres: Database) -> Fleet:
    """A fleet over it."""
    store = Store(jobs=SqlJobs(postgres), steps=SqlSteps(postgres), takes=SqlTakes(postgres))
    return sql_fleet(store, postgres)


@pytest.mark.integration
def test_giving_a_slot_back_waits_for_nobody(postgres: Database, fleet: Fleet) -> None:
    fleet.queue(3)
    slots = SqlSlots(postgres, account=ACCOUNT, terms=TERMS)
    slot = slots.acquire("a")
    assert slot is not None
    with postgres.write() as tx:
        lock_account(tx, ACCOUNT, TERMS)
        slots.release(slot, [])
        assert slots.account().used == 0


@pytest.mark.integration
def test_a_process_that_stops_with_the_account_in_hand_is_parted_from_it(
    postgres: Database,
) -> None:
    """The others renew through the same row, long before their own leases run out."""
    slots = SqlSlots(postgres, account=ACCOUNT, terms=TERMS)
    slots.renew("a", (), capacity=1)
    with pytest.raises(StoreUnavailable):
        _stop_with_the_account_until_renewed(postgres, slots)


def _stop_with_the_account_until_renewed(database: Database, slots: SqlSlots) -> None:
    with database.write() as stopped:
        lock_account(stopped, ACCOUNT, TERMS)
        for _ in range(2):  # the first may give up waiting at the moment when the other is parted
            with suppress(StoreUnavailable):
                slots.renew("a", (), capacity=1)
                break
        else:
            pytest.fail("nobody could renew")
        stopped.execute(text("SELECT 1"))


@pytest.mark.integration
def test_what_is_given_back_while_its_holder_renews_stays_free(
    postgres: Database, fleet: Fleet
) -> None:
    """The renewal has seen the slot as held, and waits for the row."""
    fleet.queue(3)
    slots = SqlSlots(postgres, account=ACCOUNT, terms=TERMS)
    slot = slots.acquire("a")
    assert slot is not None
    with ThreadPoolExecutor(1) as pool:
        with postgres.write() as tx:
            free = {"owner": None, "voice": None, "speed": None, "lease_until": None}
            tx.execute(update(tables.slots).values(free))
            renewal = pool.submit(slots.renew, "a", [slot], capacity=1)
            until(lambda: _waiting_for_a_row(postgres))
        assert renewal.result(timeout=10).held == frozenset()
    assert slots.account().used == 0


def _waiting_for_a_row(database: Database) -> bool | None:
    query = (
        "SELECT 1 FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with database.read() as tx:
        return tx.execute(text(query)).first() is not None or None


@pytest.mark.integration
def test_pausing_and_resuming_never_meet_the_workers_in_a_circle(
    postgres: Database, fleet: Fleet
) -> None:
    """A circle of locks would be a StoreUnavailable for one of them."""
    for number in (1, 2):
        fleet.queue(12, number=number)
    slots = SqlSlots(postgres, account=ACCOUNT, terms=TERMS)
    claims = fleet.store.slices(8)

    def disturb(owner: str) -> None:
        for _ in range(10):
            slots.refused(NO_CREDITS, handshake_seconds=0, slot=SLOT)
            slots.renew(owner, [], capacity=1)
            slots.opened(handshake_seconds=0)

    def work(claim: Claim) -> None:
        pieces = fleet.store.takes.pending(claim)
        sendings = [Sending(key=p.key, index=p.index, chars=len(p.text)) for p in pieces]
        fleet.ledger.begin(claim, sendings, slot=SLOT)
        fleet.store.speak(claim)
        fleet.store.steps.finish_slice(claim)

    owners = [partial(disturb, f"owner {n}") for n in range(3)]
    assert together(*owners, *(partial(work, claim) for claim in claims)) == [None] * 11
    assert slots.account().fault is None
    states = {fleet.store.jobs.get(job_id(number)).state for number in (1, 2)}
    assert states == {JobState.RUNNING}


@pytest.mark.integration
def test_whoever_pauses_an_accounts_jobs_sees_a_slice_that_is_finished_meanwhile(
    postgres: Database, fleet: Fleet
) -> None:
    """The pause has seen the last slice as open, and waits for the job."""
    fleet.queue(1)
    slots = SqlSlots(postgres, account=ACCOUNT, terms=TERMS)
    claim = fleet.store.next(Queue.SPEECH)
    with ThreadPoolExecutor(1) as pool:
        with postgres.write() as tx:
            hold_with_job(tx, claim)
            pausing = pool.submit(slots.refused, NO_CREDITS, handshake_seconds=0, slot=SLOT)
            until(lambda: _waiting_for_a_row(postgres))
            move_step(tx, claim, StepMove.FINISH)
        pausing.result(timeout=10)
    assert slots.account().fault is not None
    assert fleet.store.jobs.get(claim.job_id).state is JobState.RUNNING


@pytest.mark.integration
def test_ending_a_job_waits_for_whoever_writes_what_it_sends(
    postgres: Database, fleet: Fleet
) -> None:
    """The row is not there yet when the job is cancelled, and is lost all the same."""
    fleet.queue(1)
    claim = fleet.store.next(Queue.SPEECH)
    row = {"account": ACCOUNT, "job_id": claim.job_id, "step_id": claim.step_id, "sent_at": 0.0}
    row |= {"fence": claim.fence, "chapter": 0, "idx": 0, "take_key": "k", "attempt": 1}
    with ThreadPoolExecutor(1) as pool:
        with postgres.write() as tx:
            hold(tx, claim)
            cancelling = pool.submit(fleet.store.jobs.cancel, claim.job_id)
            until(lambda: _waiting_for_a_row(postgres))
            tx.execute(insert(tables.utterances).values(row | {"chars": 3, "slot": 0}))
        cancelling.result(timeout=10)
    assert [line.outcome for line in fleet.lines()] == [Outcome.LOST]


@pytest.mark.integration
def test_the_first_of_a_fleet_all_know_one_account(postgres: Database) -> None:
    governors = [SqlSlots(postgres, account=ACCOUNT, terms=TERMS) for _ in range(8)]
    acts = [partial(g.renew, f"owner {n}", [], capacity=1) for n, g in enumerate(governors)]
    seats = {getattr(answer, "seats", answer) for answer in together(*acts)}
    assert seats == set(range(1, 9))


def test_a_row_of_the_ledger_tells_when_it_was_sent_and_when_it_ended(tmp_path: Path) -> None:
    """By the database's clock, whoever wrote it."""
    database = Database(f"sqlite:///{tmp_path}/narrator.db")
    database.migrate()
    store = Store(jobs=SqlJobs(database), steps=SqlSteps(database), takes=SqlTakes(database))
    fleet = sql_fleet(store, database)
    fleet.queue(1)
    claim, key = store.next(Queue.SPEECH), TakeKey("k")

    before, *_ = _sent_and_ended(database)
    fleet.ledger.begin(claim, [Sending(key=key, index=0, chars=3)], slot=SLOT)
    between, sent_at, open_until = _sent_and_ended(database)
    fleet.ledger.end(claim, key, Outcome.CUT)
    after, still_sent_at, ended_at = _sent_and_ended(database)

    assert before <= (sent_at or 0.0) <= between
    assert (open_until, still_sent_at) == (None, sent_at)
    assert between <= (ended_at or 0.0) <= after


def _sent_and_ended(database: Database) -> tuple[float, float | None, float | None]:
    """Now, and the instants of the ledger's one row, if there is one."""
    rows = tables.utterances.c
    with database.read() as tx:
        row = tx.execute(select(rows.sent_at, rows.ended_at)).one_or_none()
        return now(tx), row and row.sent_at, row and row.ended_at


def test_sums_read_no_row_of_the_ledger_but_a_jobs_own(tmp_path: Path) -> None:
    """A ledger outlives its jobs, and only ever grows."""
    database = Database(f"sqlite:///{tmp_path}/narrator.db")
    database.migrate()
    assert SqlLedger(database, account=ACCOUNT).sums().sent == 0
    with database.read() as tx:
        plans = []
        rows = tables.utterances.c
        for condition in (rows.account == ACCOUNT, rows.job_id == job_id(1)):
            compiled = sums_query(condition).compile(
                tx.engine, compile_kwargs={"literal_binds": True}
            )
            plan = tx.execute(text(f"EXPLAIN QUERY PLAN {compiled}"))
            plans.append(" ".join(row.detail for row in plan))
    assert "COVERING INDEX ix_utterances_account (account=?)" in plans[0]
    assert "INDEX ix_utterances_job_id (job_id=?)" in plans[1]
