"""How the database behaves as a whole: durable, polite, and discreet when it fails."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from subprocess import PIPE
from threading import Timer

import pytest
from sqlalchemy import insert, select, text

from narrator.domain.errors import SettingsError, StoreUnavailable
from narrator.storage.database import Database, now
from narrator.storage.jobs import SqlJobs
from narrator.storage.tables import jobs
from tests.contract.stage import new_job

SECRET = "It was a dark and stormy night"


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("synchronous", 2), ("journal_mode", "wal"), ("foreign_keys", 1), ("busy_timeout", 30_000)],
)
def test_sqlite_is_set_to_survive_a_power_cut(tmp_path: Path, pragma: str, value: object) -> None:
    """2 is FULL: the write-ahead log is synced at each commit."""
    with Database(f"sqlite:///{tmp_path}/narrator.db").write() as tx:
        assert tx.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_a_failed_transaction_leaves_no_trace(database: Database) -> None:
    with pytest.raises(RuntimeError), database.write() as tx:
        tx.execute(insert(jobs), [_job_row(), _job_row()])
    with database.read() as tx:
        assert tx.execute(select(jobs)).all() == []


@pytest.mark.integration
def test_a_reader_of_postgres_cannot_write(postgres_url: str) -> None:
    with pytest.raises(StoreUnavailable, match="ReadOnly"), Database(postgres_url).read() as tx:
        tx.execute(text("CREATE TABLE t (n int)"))


def test_a_reader_sees_one_moment(database: Database) -> None:
    with database.read() as tx:
        assert tx.execute(select(jobs)).all() == []
        SqlJobs(database).create(new_job(1))
        assert tx.execute(select(jobs)).all() == []


def test_the_clock_goes_on_within_a_transaction(database: Database) -> None:
    with database.write() as tx:
        first = now(tx)
        while now(tx) == first:  # SQLite counts milliseconds
            assert now(tx) >= first
        assert 1.7e9 < first < now(tx)


def test_a_broken_rule_is_named_without_the_row(database: Database) -> None:
    with pytest.raises(RuntimeError) as broken, database.write() as tx:
        tx.execute(insert(jobs), [{**_job_row(), "state": "lost", "title": SECRET}])
    assert broken.value.__cause__ is None
    assert broken.value.__suppress_context__
    assert SECRET not in str(broken.value)


FAILING = {
    "sqlite": "SELECT :value FROM no_such_table",
    "postgresql": "SELECT pg_sleep(30), :value",
}


def test_a_statement_that_fails_does_not_tell_its_values(url: str) -> None:
    impatient = Database(url, statement_seconds=1)
    with pytest.raises(StoreUnavailable) as failure, impatient.read() as tx:
        tx.execute(text(FAILING[tx.dialect.name]), {"value": SECRET})
    assert SECRET not in f"{failure.value.reason} {failure.value.remedy} {failure.value.__cause__}"


def test_whoever_stands_still_in_a_transaction_is_parted_from_its_rows(postgres_url: str) -> None:
    stopped, other = Database(postgres_url, idle_seconds=0.5), Database(postgres_url)
    done: list[str] = []
    with pytest.raises(StoreUnavailable):
        _stand_still(stopped, lambda: done.append(_lock(other)))
    assert done == ["locked"]


def _stand_still(database: Database, meanwhile: Callable[[], None]) -> None:
    with database.write() as tx:
        tx.execute(text("LOCK TABLE jobs"))
        meanwhile()
        tx.execute(text("SELECT 1"))


def _lock(database: Database) -> str:
    with database.write() as tx:
        tx.execute(text("LOCK TABLE jobs"))
    return "locked"


def test_a_server_that_is_down_is_unavailable() -> None:
    database = Database("postgresql://reader:hunter2@127.0.0.1:1/narrator", connect_seconds=2)
    with pytest.raises(StoreUnavailable) as failure, database.read():
        pass
    assert failure.value.remedy
    assert "hunter2" not in f"{failure.value} {failure.value.__cause__}"


def test_a_folder_that_cannot_be_made_is_named_as_such(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    database = Database(f"sqlite:///{tmp_path}/file/narrator.db")
    with pytest.raises(StoreUnavailable, match="folder"), database.read():
        pass


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "narrator.db").write_text(SECRET * 100)
    with pytest.raises(StoreUnavailable, match="NOTADB"):
        Database(f"sqlite:///{tmp_path}/narrator.db").migrate()


OPEN = """
import sys, threading
from narrator.storage.database import Database, now
files, at_once = sys.argv[1:], threading.Barrier(16)
refused = []
def open_each():
    for file in files:
        database = Database(f"sqlite:///{file}")
        at_once.wait()
        try:
            with database.read() as tx:
                now(tx)
        except Exception as error:
            refused.append(error)
print("ready", flush=True)
sys.stdin.read()
threads = [threading.Thread(target=open_each) for _ in range(16)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
sys.exit(f"{len(refused)} refused: {refused[0]!r}" if refused else 0)
"""


def test_a_new_file_can_be_opened_by_many_at_one_instant(tmp_path: Path) -> None:
    """Two processes of sixteen threads each, and forty files that none of them has seen before."""
    files = [str(tmp_path / f"{number}.db") for number in range(40)]
    command = [sys.executable, "-c", OPEN, *files]
    with ExitStack() as stack:
        openers = [
            stack.enter_context(
                subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True)
            )
            for _ in range(2)
        ]
        for opener in openers:
            assert opener.stdout is not None
            opener.stdout.readline()
        complaints = [opener.communicate("", timeout=60)[1] for opener in openers]
    assert complaints == [""] * 2


def test_a_new_file_that_another_writes_to_is_waited_for(tmp_path: Path) -> None:
    """SQLite itself refuses at once to change the mode of a file that another means to write."""
    path = tmp_path / "narrator.db"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        letting_go = Timer(0.2, other.execute, ["COMMIT"])
        letting_go.start()
        with Database(f"sqlite:///{path}").read() as tx:
            assert tx.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        letting_go.join()


@pytest.mark.parametrize(
    "url", ["", "hunter2", "mysql://u:hunter2@h/d", "sqlite://", "sqlite:///:memory:"]
)
def test_a_url_that_does_not_serve_is_refused_unquoted(url: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        Database(url)
    assert "hunter2" not in f"{refusal.value} {refusal.value.__cause__}"
    assert "postgresql://" in refusal.value.remedy


FORK = """
import os, sys
from narrator.storage.database import Database, now
database = Database(sys.argv[1])
with database.read() as tx:
    now(tx)
child = os.fork()
for _ in range(20):
    with database.read() as tx:
        now(tx)
if child:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
os._exit(0)
"""


def test_a_forked_child_connects_for_itself(url: str) -> None:
    done = subprocess.run([sys.executable, "-c", FORK, url], check=False, timeout=60)
    assert done.returncode == 0


def _job_row() -> dict[str, object]:
    new = new_job(1)
    return {
        "id": new.id,
        "tenant": new.tenant,
        "state": "queued",
        "source_key": new.source_key,
        "source_name": new.source_name,
        "speaker": new.speaker,
        "voice": "v",
        "speed": 1.0,
        "format": "m4b",
        "chapters": "[]",
        "queued_at": 0.0,
    }
