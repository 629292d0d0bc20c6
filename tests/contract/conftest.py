"""What the suites for jobs, steps and takes run on: SQLite, PostgreSQL and the twin."""

import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from narrator.storage.database import Database
from narrator.storage.jobs import SqlJobs
from narrator.storage.steps import SqlSteps
from narrator.storage.tables import metadata
from narrator.storage.takes import SqlTakes
from tests.contract.fleet import Fleet, memory_fleet, sql_fleet
from tests.contract.household import Household, memory_household, sql_household
from tests.contract.stage import Store
from tests.fakes.store import MemoryStore
from tests.servers.postgres import Postgres

_RESTART_IDENTITY = """
    SELECT setval(oid::regclass, 1, false) FROM pg_class
    WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace
"""


@pytest.fixture(scope="session")
def _postgres_database(_postgres: Postgres) -> Iterator[Database]:
    """One database for all: emptying it takes far less than cloning another."""
    with _migrated(_postgres.clone()) as database:
        yield database


@pytest.fixture
def _postgres_store(_postgres_database: Database) -> Store:
    with _postgres_database.write() as tx:
        for table in reversed(metadata.sorted_tables):
            tx.execute(table.delete())  # of so few rows: TRUNCATE makes new files, and takes longer
        tx.execute(text(_RESTART_IDENTITY))
    return _sql_store(_postgres_database)


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database of this version, to be copied: a copy takes a twentieth of migrating."""
    path: Path = tmp_path_factory.mktemp("template") / "narrator.db"
    with _migrated(f"sqlite:///{path}"):
        return path


@pytest.fixture
def _sqlite_database(tmp_path: Path, _sqlite_template: Path) -> Iterator[Database]:
    shutil.copy(_sqlite_template, tmp_path)
    with closing(Database(f"sqlite:///{tmp_path / _sqlite_template.name}")) as database:
        yield database


@pytest.fixture
def _sqlite_store(_sqlite_database: Database) -> Store:
    return _sql_store(_sqlite_database)


@pytest.fixture
def _memory_store() -> Store:
    twin = MemoryStore(clock=time.time)
    return Store(jobs=twin, steps=twin, takes=twin)


@pytest.fixture(
    params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.integration)]
)
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of store."""
    chosen: str = request.param
    return chosen


@pytest.fixture
def store(request: pytest.FixtureRequest, kind: str) -> Store:
    """An empty store of each kind."""
    made: Store = request.getfixturevalue(f"_{kind}_store")
    return made


@pytest.fixture
def fleet(request: pytest.FixtureRequest, kind: str, store: Store) -> Fleet:
    """An empty store of each kind, its governor and its ledger."""
    if kind == "memory":
        return memory_fleet(store)
    return sql_fleet(store, request.getfixturevalue(f"_{kind}_database"))


@pytest.fixture
def house(request: pytest.FixtureRequest, kind: str, store: Store) -> Household:
    """An empty store of each kind, its chores, and what is kept of it."""
    if kind == "memory":
        return memory_household(store)
    return sql_household(store, request.getfixturevalue(f"_{kind}_database"))


@contextmanager
def _migrated(url: str) -> Iterator[Database]:
    database = Database(url)
    database.migrate()
    yield database
    database.close()


def _sql_store(database: Database) -> Store:
    return Store(jobs=SqlJobs(database), steps=SqlSteps(database), takes=SqlTakes(database))
