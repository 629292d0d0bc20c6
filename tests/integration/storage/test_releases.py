"""Two releases on one database: the older one's statements still do, once the schema is newer.

A deploy brings the schema up to date first. Workers of the release before go on until they have
drained: they write rows without the columns that they do not know, and read the ones they do.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import (
    ColumnClause,
    Connection,
    Inspector,
    column,
    delete,
    insert,
    inspect,
    select,
    table,
    text,
    update,
)

from narrator.domain.steps import Queue, StepKind
from narrator.domain.voices import Voice
from narrator.services.plan import slices
from narrator.storage.database import Database, alembic_config
from narrator.storage.jobs import SqlJobs
from narrator.storage.steps import SqlSteps
from narrator.storage.tables import steps
from narrator.storage.takes import SqlTakes
from tests.contract.stage import SPEAKER, THALIA, Store, new_job, plan_of

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
    "lexicons": {
        "scope": "global",
        "tenant": "",
        "version": 1,
        "entries": "[]",
        "created_at": 1.0,
    },
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


# ----------------------------------------------------------------------- jobs of several voices

APOLLO = Voice(name="aura-2-apollo-en")
OF_ONE_VOICE = text(
    "SELECT steps.id FROM steps JOIN jobs ON jobs.id = steps.job_id"
    " WHERE steps.queue = 'speech' AND jobs.speaker = :speaker"
)
"""What a release that knows one voice a job claims, counts and asks slots for, at the most."""


@pytest.fixture
def cast(database: Database) -> Store:
    """A job of two voices, of which one says the second of four chunks."""
    store = Store(jobs=SqlJobs(database), steps=SqlSteps(database), takes=SqlTakes(database))
    store.jobs.create(new_job(1))
    plan = plan_of([["one", "two", "three", "four"]])
    chunks = tuple(replace(c, voice=APOLLO.name if c.index == 1 else "") for c in plan.chunks)
    planned = replace(plan, chunks=chunks, slices=tuple(slices(chunks)))
    store.steps.finish_plan(store.next(Queue.AUDIO), planned)
    store.dispatch()
    return store


@pytest.mark.usefixtures("cast")
def test_a_release_of_one_voice_a_job_finds_no_slice_of_several(database: Database) -> None:
    with database.read() as tx:
        assert tx.execute(OF_ONE_VOICE, {"speaker": SPEAKER}).all() == []


def test_a_slice_that_such_a_release_made_of_two_voices_is_parted(
    database: Database, cast: Store
) -> None:
    with database.write() as tx:
        first, second = tx.scalars(
            select(steps.c.id).where(steps.c.kind == StepKind.SLICE).order_by(steps.c.seq)
        )
        tx.execute(delete(steps).where(steps.c.id == second))
        mixed = update(steps).where(steps.c.id == first)
        tx.execute(mixed.values(chunks="[0, 1, 2, 3]", chars=15, voice=None))
    mine = cast.seat(voice=THALIA, seats=0)
    cast.dispatch()
    other = cast.seat(voice=APOLLO, seats=0)
    assert mine is not None
    assert other is not None
    assert (mine.chunks, other.chunks) == ((0, 2, 3), (1,))
