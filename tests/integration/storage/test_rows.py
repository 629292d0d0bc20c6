"""What is particular to rows in SQL: locks, indexes, characters that SQL cannot hold."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from narrator.domain.errors import DocumentRefused
from narrator.domain.steps import Queue, StepState
from narrator.storage import choosing, claiming, dispatching
from narrator.storage.database import Database
from narrator.storage.jobs import SqlJobs
from narrator.storage.moves import hold, lock_job
from narrator.storage.steps import SqlSteps
from narrator.storage.tables import steps, takes
from narrator.storage.takes import FRESH_SECONDS, SqlTakes
from tests.contract.stage import (
    FAILURE,
    LONG,
    SPEAKER,
    THALIA,
    Store,
    key_of,
    new_job,
    plan_of,
    until,
)

WIDE = {Queue.SPEECH: 9, Queue.AUDIO: 9}


@pytest.fixture
def store(database: Database) -> Store:
    """A store of each kind, and the database beneath it by the other fixture."""
    return Store(jobs=SqlJobs(database), steps=SqlSteps(database), takes=SqlTakes(database))


@pytest.fixture
def postgres(postgres_url: str) -> Database:
    """A migrated PostgreSQL database."""
    database = Database(postgres_url)
    database.migrate()
    return database


@pytest.mark.integration
def test_dispatch_does_not_wait_for_a_worker_that_is_writing(postgres: Database) -> None:
    """Its lease has run out, but whoever holds the row at this moment is alive."""
    writer = SqlSteps(postgres)
    SqlJobs(postgres).create(new_job(1))
    writer.dispatch(WIDE, queued_seconds=LONG)
    claim = writer.claim(Queue.AUDIO, owner="worker", lease_seconds=0)
    assert claim is not None
    with postgres.write() as tx:
        hold(tx, claim)
        assert writer.dispatch(WIDE, queued_seconds=LONG) == {}
    assert until(lambda: writer.dispatch(WIDE, queued_seconds=LONG) or None) == {Queue.AUDIO: 1}


@pytest.mark.integration
def test_a_dispatcher_leaves_at_once_while_another_is_at_work(postgres: Database) -> None:
    SqlJobs(postgres).create(new_job(1))
    with postgres.write() as tx:
        tx.execute(select(func.pg_advisory_xact_lock(dispatching.LOCK)))
        assert SqlSteps(postgres).dispatch(WIDE, queued_seconds=LONG) == {}
    assert SqlSteps(postgres).dispatch(WIDE, queued_seconds=LONG) == {Queue.AUDIO: 1}


@pytest.mark.integration
def test_a_claim_does_not_wait_for_whoever_cancels_its_job(postgres: Database) -> None:
    """They hold the job and want the step: each would wait for the other."""
    job = SqlJobs(postgres).create(new_job(1))
    writer = SqlSteps(postgres)
    writer.dispatch(WIDE, queued_seconds=LONG)
    with postgres.write() as tx:
        lock_job(tx, job.id)
        assert writer.claim(Queue.AUDIO, owner="worker", lease_seconds=LONG) is None
    assert writer.claim(Queue.AUDIO, owner="worker", lease_seconds=LONG) is not None


@pytest.mark.integration
@pytest.mark.parametrize("end", ["cancel", "fail"])
def test_ending_a_job_waits_for_whoever_is_cutting_its_slice_up(
    postgres: Database, end: str
) -> None:
    """The parts are not there yet when the job's open steps are first looked for."""
    store = Store(jobs=SqlJobs(postgres), steps=SqlSteps(postgres), takes=SqlTakes(postgres))
    job = store.planned([["one"], ["two", "three", "four"]], slice_chunks=3)
    other = store.slices(1)[0]
    ends: dict[str, Callable[[], object]] = {
        "cancel": lambda: store.jobs.cancel(job.id),
        "fail": lambda: store.steps.fail(other, FAILURE),
    }
    with ThreadPoolExecutor(1) as pool:
        with postgres.write() as tx:
            cut = claiming.claim_slice(
                tx, THALIA, speaker=SPEAKER, owner="w", lease_seconds=LONG, seats=9, first=True
            )
            ending = pool.submit(ends[end])
            until(lambda: waits(postgres) or None)
        ending.result(timeout=10)
    assert cut is not None
    assert (cut.chapter, cut.chunks) == (1, (0,))
    open_states = {StepState.READY, StepState.QUEUED, StepState.RUNNING}
    assert not open_states & {state for _, state in store.steps.counts()}


def waits(database: Database) -> bool:
    """Whether anybody waits for a lock."""
    query = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    with database.read() as tx:
        return bool(tx.scalars(query).one())


@pytest.mark.integration
def test_a_claim_cuts_a_slice_up_while_its_job_is_held(postgres: Database) -> None:
    """Whoever finishes a slice holds the job: claims would queue up behind them."""
    store = Store(jobs=SqlJobs(postgres), steps=SqlSteps(postgres), takes=SqlTakes(postgres))
    job = store.planned([["one", "two"]], slice_chunks=2)
    store.dispatch()
    with postgres.write() as tx:
        lock_job(tx, job.id)
        claim = store.seat()
    assert claim is not None
    assert claim.chunks == (0,)


def test_slices_numbered_by_an_earlier_release_stay_whole(store: Store, database: Database) -> None:
    """Their numbers leave no room for parts; the last one's do."""
    store.planned([["one", "two", "three", "four"]], slice_chunks=2)
    with database.write() as tx:
        tx.execute(steps.update().where(steps.c.seq == 2).values(seq=1))
    store.dispatch()
    first = store.seat()
    assert first is not None
    assert first.chunks == (0, 1)
    assert store.dispatch() == {}
    last = store.seat()
    assert last is not None
    assert last.chunks == (2,)
    assert store.dispatch() == {Queue.SPEECH: 1}


def test_waiting_jobs_are_read_from_an_index_one_by_one(tmp_path: Path) -> None:
    """Fifty thousand steps of a job then cost no more than one."""
    database = Database(f"sqlite:///{tmp_path}/narrator.db")
    database.migrate()
    with database.read() as tx:
        compiled = choosing.waiting_jobs(Queue.SPEECH).compile(
            tx.engine, compile_kwargs={"literal_binds": True}
        )
        plan = [row.detail for row in tx.execute(text(f"EXPLAIN QUERY PLAN {compiled}"))]
    looks = [detail.split("ix_steps_ready ")[1] for detail in plan if "ix_steps_ready" in detail]
    assert looks == [
        "(queue=?)",
        "(queue=? AND priority=? AND job_ordinal>?)",
        "(queue=? AND priority>?)",
    ]
    assert not any("SCAN steps" in detail or "TEMP B-TREE" in detail for detail in plan)


def test_a_file_name_of_any_bytes_is_kept_readably(store: Store) -> None:
    new = replace(new_job(1), source_name="caf\udce9\0.epub")
    assert store.jobs.create(new).source_name == "caf?\ufffd.epub"


@pytest.mark.parametrize("character", ["\0", "\ud800"])
def test_text_that_sql_cannot_hold_is_refused_unquoted(store: Store, character: str) -> None:
    store.submit()
    planned = plan_of([["fine", f"secret{character}words"]])
    with pytest.raises(DocumentRefused, match="chunk 1 of chapter 1") as refusal:
        store.steps.finish_plan(store.next(Queue.AUDIO), planned)
    assert "secret" not in refusal.value.reason


def test_planning_again_takes_the_place_of_an_earlier_try(store: Store, database: Database) -> None:
    job = store.submit()
    claim = store.next(Queue.AUDIO)
    store.steps.finish_plan(claim, plan_of([["old", "older"], ["oldest"]]))
    with database.write() as tx:
        tx.execute(
            steps.update()
            .where(steps.c.id == claim.step_id)
            .values(state="running", lease_until=2e9)
        )
    store.steps.finish_plan(claim, plan_of([["new"]]))
    assert store.jobs.progress(job.id).chunks == 1
    assert store.dispatch() == {Queue.SPEECH: 1}


def test_a_take_that_is_found_counts_as_used(store: Store, database: Database) -> None:
    store.planned([["one"]])
    store.narrate(1)
    long_ago = takes.c.used_at - 2 * FRESH_SECONDS
    with database.write() as tx:
        tx.execute(takes.update().values(used_at=long_ago))
    assert key_of("one") in store.takes.find([key_of("one")])
    with database.read() as tx:
        used_at, created_at = tx.execute(select(takes.c.used_at, takes.c.created_at)).one()
    assert used_at >= created_at
