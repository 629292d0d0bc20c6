"""Two releases on one database: the older one's statements still do, once the schema is newer.

A deploy brings the schema up to date first. Workers of the release before go on until they have
drained: they write rows without the columns that they do not know, and read the ones they do.
"""

from collections.abc import Mapping
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import ColumnClause, Connection, Inspector, column, insert, inspect, select, table

from narrator.domain.steps import StepKind
from narrator.storage.database import Database, alembic_config

FIRST_KINDS = {"plan", "slice", "render", "publish"}  # of the first release

ROWS: dict[str, dict[str, object]] = {
    "jobs": {
        "id": "j",
        "tenant": "default",
        "state": "running",
        "source_key": "sources/0",
        "source_name": "emma.epub",
        "speaker": "deepgram",
        "voice": "aura-2-thalia-en",
        "speed": 1.0,
        "format": "m4b",
        "chapters": "[]",
        "queued_at": 1.0,
    },
    "chapters": {"job_id": "j", "position": 0, "number": 1, "title": "I"},
    "chunks": {
        "job_id": "j",
        "chapter": 0,
        "idx": 0,
        "text": "Emma.",
        "chars": 5,
        "take_key": "k",
        "boundary": "sentence",
    },
    "steps": {
        "job_id": "j",
        "job_ordinal": 1,
        "kind": "slice",
        "queue": "speech",
        "seq": 0,
        "run_at": 1.0,
        "created_at": 1.0,
    },
    "takes": {
        "key": "k",
        "tenant": "default",
        "state": "leased",
        "step_id": 1,
        "fence": 1,
        "created_at": 1.0,
        "used_at": 1.0,
    },
    "artifacts": {
        "job_id": "j",
        "name": "emma.m4b",
        "position": 0,
        "object_key": "jobs/j/artifacts/emma.m4b",
        "media_type": "audio/mp4",
        "bytes": 1,
        "sha256": "b",
    },
    "accounts": {"account": "deepgram", "ceiling": 43.0},
    "slots": {"account": "deepgram", "number": 0},
    "slot_owners": {"account": "deepgram", "owner": "w", "capacity": 20, "seen_at": 1.0},
    "utterances": {
        "account": "deepgram",
        "job_id": "j",
        "step_id": 1,
        "fence": 1,
        "chapter": 0,
        "idx": 0,
        "take_key": "k",
        "attempt": 1,
        "chars": 5,
        "slot": 0,
        "sent_at": 1.0,
    },
    "sweeps": {"name": "takes", "due_at": 1.0, "after": "", "removed": 0},
}
"""What every release has to name of a new row; the rest has defaults, or may be null."""

OLDER = [
    script.revision
    for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()
    if script.nextrev
]


@pytest.fixture(params=OLDER)
def before(url: str, request: pytest.FixtureRequest) -> Mapping[str, dict[str, str]]:
    """Columns and types by table, as they are at an older revision; the database is the newest."""
    database, config = Database(url), alembic_config()
    with database.write() as tx:
        config.attributes["connection"] = tx
        command.downgrade(config, "base")  # the server's template is the newest
        command.upgrade(config, request.param)
        found = described(inspect(tx))
    database.migrate()
    return found


def described(inspector: Inspector) -> dict[str, dict[str, str]]:
    """Columns and their types, by table."""
    return {
        name: {each["name"]: repr(each["type"]) for each in inspector.get_columns(name)}
        for name in inspector.get_table_names()
        if name != "alembic_version"
    }


def test_rows_of_an_older_release_are_accepted(
    url: str, before: Mapping[str, dict[str, str]]
) -> None:
    assert before.keys() <= ROWS.keys()
    with Database(url).write() as tx:
        for name in (name for name in ROWS if name in before):
            add(tx, name, ROWS[name])
            columns: list[ColumnClause[Any]] = [column(each) for each in before[name]]
            assert len(tx.execute(select(*columns).select_from(table(name))).all()) == 1


def add(tx: Connection, name: str, row: Mapping[str, object]) -> None:
    """Insert a row by the columns it names, and no more."""
    tx.execute(insert(table(name, *map(column, row))).values(row))


def test_an_older_release_finds_every_column_that_it_knows_as_it_was(
    url: str, before: Mapping[str, dict[str, str]]
) -> None:
    with Database(url).read() as tx:
        now = described(inspect(tx))
    for name, columns in before.items():
        assert {each: now[name].get(each) for each in columns} == columns


def test_no_worker_of_an_older_release_is_rung_for_what_it_does_not_know() -> None:
    assert {str(kind) for kind in StepKind if kind.queue} == FIRST_KINDS
