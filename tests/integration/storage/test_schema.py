"""The migrations build what `narrator.storage.tables` says, on both databases."""

from argparse import Namespace
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Inspector, inspect, text
from sqlalchemy.engine.interfaces import ReflectedIndex

from narrator.domain.errors import StoreUnavailable
from narrator.storage.database import Database, alembic_config
from narrator.storage.tables import metadata
from tests.contract.stage import together, until

OLD_JOB = """
INSERT INTO jobs
  (id, tenant, state, source_key, source_name, speaker, voice, speed, format, chapters, queued_at)
VALUES ('1', 'default', 'queued', 'sources/1', 'a', 'b', 'c', 1, 'm4b', '[]', 1)
"""
OLD_STEP = """
INSERT INTO steps (job_id, job_ordinal, kind, queue, seq, fence, run_at, created_at)
VALUES ('1', 1, 'plan', 'audio', 0, 7, 1, 1)
"""
DRAWN = "drawn"  # the schema in which the metadata itself builds its tables


def test_the_migrations_leave_nothing_to_generate(database: Database) -> None:
    with database.read() as tx:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(tx, opts=options)
        assert compare_metadata(context, metadata) == []


def test_migrated_tables_are_those_of_the_metadata_to_the_last_check(database: Database) -> None:
    """Alembic's own comparison looks neither at checks nor at the conditions of indexes."""
    with database.write() as tx:
        _draw(tx)
        for table in metadata.tables:
            built = _described(inspect(tx), table, schema=None)
            assert built == _described(inspect(tx), table, schema=DRAWN)


def test_migrating_again_is_harmless(database: Database) -> None:
    database.migrate()
    database.check()


def test_two_may_migrate_at_once(url: str) -> None:
    first, second = Database(url), Database(url)
    assert together(first.migrate, second.migrate) == [None, None]
    first.check()


def test_a_migration_that_meets_a_busy_table_makes_nobody_wait_and_tries_again(
    postgres_url: str,
) -> None:
    config = alembic_config()
    config.cmd_opts = Namespace(x=[f"url={postgres_url}"])
    command.downgrade(config, "20261122b")
    database = Database(postgres_url)
    with ThreadPoolExecutor(1) as threads:
        with database.write() as tx:
            tx.execute(text("LOCK TABLE jobs IN ROW EXCLUSIVE MODE"))
            migration = threads.submit(database.migrate, lock_seconds=0.2)
            for waits in (True, False, True):
                until(lambda: _somebody_waits(database) is waits or None)  # noqa: B023
        migration.result(timeout=60)
    database.check()


def _somebody_waits(database: Database) -> bool:
    asked = text(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'jobs'::regclass AND NOT granted)"
    )
    with database.read() as tx:
        return bool(tx.scalars(asked).one())


def test_a_developer_goes_up_and_down_by_naming_a_database(url: str) -> None:
    config = alembic_config()
    config.cmd_opts = Namespace(x=[f"url={url}"])
    command.upgrade(config, "head")
    Database(url).check()
    command.downgrade(config, "base")
    with Database(url).read() as tx:
        assert set(inspect(tx).get_table_names()) == {"alembic_version"}


def test_steps_that_are_there_stay_as_they_are_when_other_kinds_are_let_in(url: str) -> None:
    config = alembic_config()
    config.cmd_opts = Namespace(x=[f"url={url}"])
    command.upgrade(config, "20261122c")
    database = Database(url)
    with database.write() as tx:
        tx.execute(text(OLD_JOB))
        tx.execute(text(OLD_STEP))
    database.migrate()
    with database.read() as tx:
        kept = tx.execute(text("SELECT id, kind, queue, state, fence, event FROM steps")).all()
    assert kept == [(1, "plan", "audio", "ready", 7, None)]


def test_a_database_of_another_version_fails_its_check(database: Database) -> None:
    with database.write() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    with pytest.raises(StoreUnavailable, match="older") as refusal:
        database.check()
    assert "narrator migrate" in refusal.value.remedy


def test_an_empty_database_fails_its_check(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="missing"):
        Database(f"sqlite:///{tmp_path}/empty.db").check()


def _draw(tx: Connection) -> None:
    if tx.dialect.name == "postgresql":
        tx.execute(text(f"CREATE SCHEMA {DRAWN}"))
    else:
        tx.exec_driver_sql("COMMIT")  # SQLite attaches a second database outside of transactions
        tx.exec_driver_sql(f"ATTACH ':memory:' AS {DRAWN}")
        tx.exec_driver_sql("BEGIN")
    drawn = tx.execution_options(schema_translate_map={None: DRAWN})
    metadata.create_all(drawn, checkfirst=False)
    tx.execution_options(schema_translate_map=None)


def _described(inspector: Inspector, table: str, schema: str | None) -> dict[str, object]:
    foreign = inspector.get_foreign_keys(table, schema=schema)
    columns = inspector.get_columns(table, schema=schema)
    return {
        "columns": [
            (c["name"], repr(c["type"]), c["nullable"], _local(c["default"])) for c in columns
        ],
        "primary": inspector.get_pk_constraint(table, schema=schema),
        "unique": sorted(map(str, inspector.get_unique_constraints(table, schema=schema))),
        "foreign": sorted(str({**key, "referred_schema": None}) for key in foreign),
        "checks": sorted(map(str, inspector.get_check_constraints(table, schema=schema))),
        "indexes": sorted(map(_index, inspector.get_indexes(table, schema=schema))),
    }


def _index(index: ReflectedIndex) -> str:
    conditions = [f"{name} {value}" for name, value in index.get("dialect_options", {}).items()]
    return f"{index['name']} {index['column_names']} {index['unique']} {conditions}"


def _local(default: str | None) -> str | None:
    return default and default.replace(f"{DRAWN}.", "")
