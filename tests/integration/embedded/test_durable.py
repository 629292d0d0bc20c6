"""What is committed on one machine outlives a power cut, on every connection that is used there."""

from pathlib import Path

import pytest
from sqlalchemy import text

from narrator.bootstrap import bootstrap
from narrator.embedded.environment import Caller, child_environment
from narrator.settings import load
from narrator.storage.database import Database

FULL = 2


@pytest.mark.parametrize("port", ["jobs", "steps", "takes", "slots", "ledger"])
def test_a_commit_of_the_embedded_fleet_is_on_the_disk_before_it_is_answered(
    port: str, tmp_path: Path
) -> None:
    """By the very settings that its workers are given: a full sync, and a log ahead of the file."""
    caller = Caller(given={}, inherited={})
    told = child_environment(caller, home=tmp_path, broker_url="", trial=None, speak_url="")
    database = getattr(bootstrap(load(told)), port)._database  # noqa: SLF001 — no port tells
    assert isinstance(database, Database)
    for transaction in (database.write, database.read):
        with transaction() as tx:
            assert tx.scalars(text("PRAGMA synchronous")).one() == FULL
            assert tx.scalars(text("PRAGMA journal_mode")).one() == "wal"
