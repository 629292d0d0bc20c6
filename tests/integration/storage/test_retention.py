"""Removing takes, and those who look them up at the same moment, on PostgreSQL."""

from threading import Event, Thread

import pytest
from sqlalchemy import text, update

from narrator.domain.ids import ObjectKey, TakeKey
from narrator.domain.steps import Queue, StepKind
from narrator.storage.database import Database
from narrator.storage.jobs import SqlJobs
from narrator.storage.retention import SqlRetention
from narrator.storage.steps import SqlSteps
from narrator.storage.tables import takes
from narrator.storage.takes import SqlTakes
from tests.contract.stage import Store, key_of, new_job, until

pytestmark = pytest.mark.integration

DAY = 86_400.0


@pytest.fixture
def postgres(postgres_url: str) -> Database:
    """A migrated PostgreSQL database."""
    return Database(postgres_url)


@pytest.fixture
def store(postgres: Database) -> Store:
    """A store with one take, of "one", that nobody has used for 31 days."""
    made = Store(jobs=SqlJobs(postgres), steps=SqlSteps(postgres), takes=SqlTakes(postgres))
    made.succeeded()
    with postgres.write() as tx:
        tx.execute(update(takes).values(used_at=takes.c.used_at - 31 * DAY))
    return made


def wait_for_a_lock(database: Database) -> None:
    """Until somebody waits for a row that another holds."""
    query = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")

    def waiting() -> bool | None:
        with database.read() as tx:
            return bool(tx.scalars(query).one()) or None

    assert until(waiting)


def drop(database: Database) -> list[ObjectKey]:
    return SqlRetention(database).drop_takes(unused_seconds=30 * DAY, limit=10)


def test_a_take_that_is_being_looked_up_stays(postgres: Database, store: Store) -> None:
    """The look-up holds the row first: the sweep passes it by."""
    looked_up, go_on = Event(), Event()

    def look_up() -> None:
        with postgres.write() as tx:
            tx.execute(text("SELECT 1 FROM takes FOR UPDATE"))
            looked_up.set()
            go_on.wait(10)
            tx.execute(text("UPDATE takes SET used_at = extract(epoch FROM clock_timestamp())"))

    thread = Thread(target=look_up)
    thread.start()
    assert looked_up.wait(10)
    assert drop(postgres) == []
    go_on.set()
    thread.join()
    assert drop(postgres) == []
    assert list(store.takes.find([key_of("one")])) == [key_of("one")]


def test_a_take_that_is_being_removed_is_not_found(postgres: Database, store: Store) -> None:
    """The sweep holds the row first: whoever looks it up waits, and is told that there is none."""
    found: list[dict[TakeKey, object]] = []
    thread = Thread(target=lambda: found.append(dict(store.takes.find([key_of("one")]))))
    with postgres.write() as tx:
        tx.execute(text("SELECT 1 FROM takes FOR UPDATE"))
        thread.start()
        wait_for_a_lock(postgres)
        tx.execute(text("DELETE FROM takes"))
    thread.join()
    assert found == [{}]


def test_nobody_gets_a_source_while_it_is_being_removed(postgres: Database, store: Store) -> None:
    """A submitter waits for the removal, and then sees that it has to store the source again."""
    source = store.jobs.recent(limit=1)[0].source_key
    store.jobs.delete(store.jobs.recent(limit=1)[0].id)
    order: list[str] = []
    removing, go_on = Event(), Event()

    def remove() -> None:
        removing.set()
        go_on.wait(10)
        order.append("removed")

    def submit() -> None:
        store.jobs.create(new_job(2))
        order.append("submitted")

    threads = [Thread(target=lambda: SqlRetention(postgres).free_source(source, remove))]
    threads[0].start()
    assert removing.wait(10)
    threads.append(Thread(target=submit))
    threads[1].start()
    wait_for_a_lock(postgres)
    go_on.set()
    for thread in threads:
        thread.join()
    assert order == ["removed", "submitted"]
    assert not SqlRetention(postgres).free_source(source, lambda: order.append("twice"))
    assert store.next(Queue.AUDIO).kind is StepKind.PLAN
