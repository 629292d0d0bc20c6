"""The database: one engine a process, transactions, the clock everybody shares, plain errors.

Two kinds serve: SQLite for one machine, PostgreSQL for a fleet. Nobody outside `narrator.storage`
sees a connection. Statements never carry their values into a message: values are document text.
"""

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    URL,
    Connection,
    Double,
    Engine,
    Table,
    create_engine,
    event,
    func,
    make_url,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

import migrations
from narrator.domain.errors import SettingsError, StoreUnavailable

BUSY_SECONDS = 30  # how long a SQLite statement waits for the one writer
_POLL_SECONDS = 0.02
_WRITES = "narrator_writes"
_MIGRATION_LOCK = 0x6E617272  # "narr"
_REMEDY = "check that the database runs and that NARRATOR_DATABASE_URL names it"
_MAKE_ROOM = "make room on the disk of the database; what waits for it goes on by itself"
_IN_USE = {"LockNotAvailable", "DeadlockDetected"}
_MIGRATION_TRIES = 20
_FULL = {"DiskFull", "SQLITE_FULL", "SQLITE_IOERR_SHMSIZE"}  # what a full disk is called


class instant(FunctionElement[float]):  # noqa: N801 — reads as the SQL function it is
    """Seconds since the epoch by the database's clock, at the statement, not the transaction."""

    type = Double()
    inherit_cache = True


@compiles(instant, "postgresql")
def _instant_postgresql(_element: instant, _compiler: SQLCompiler, **_options: object) -> str:
    return "CAST(extract(epoch FROM clock_timestamp()) AS double precision)"


@compiles(instant, "sqlite")
def _instant_sqlite(_element: instant, _compiler: SQLCompiler, **_options: object) -> str:
    # SQLite before 3.42 has no unixepoch('now', 'subsec'); 2440587.5 is 1970-01-01 as a Julian day.
    return "((julianday('now') - 2440587.5) * 86400.0)"


def now(tx: Connection) -> float:
    """The instant, as a number to compare with: an index can answer it, `instant()` it cannot."""
    return tx.scalars(select(instant())).one()


def insert_or(tx: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that may say what to do when the row exists."""
    if tx.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


class Database:
    """An engine for `sqlite:///path` or `postgresql://…`; connects when first used.

    Safe to share among threads; after a fork the child makes connections of its own. They are
    closed when nobody holds the database any more. Raises SettingsError for a URL that is neither.

    A transaction in which nothing happens for `idle_seconds` is ended by PostgreSQL, since whoever
    was stopped in it holds its rows: give a lease, after which others may have them anyway.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        connect_seconds: int = 5,
        statement_seconds: int = 30,
        idle_seconds: float = 60.0,
    ) -> None:
        parsed = _parsed(url)
        if parsed.get_backend_name() == "sqlite":
            self._engine = _sqlite(parsed, pool_size)
        else:
            limits = (connect_seconds, statement_seconds, idle_seconds)
            self._engine = _postgresql(parsed, pool_size, *limits)
        self._reading = self._engine.execution_options(**_read_options(self._engine))
        self._writing = self._engine.execution_options(**{_WRITES: True})
        _renew_after_fork(self._engine)
        weakref.finalize(self, self._engine.dispose)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one moment and changes nothing. Raises StoreUnavailable."""
        with _plain_errors(), self._reading.connect() as tx, tx.begin():
            yield tx

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits at the end of the block, or leaves no trace of an error.

        In SQLite it is the only writer from its first moment. Raises StoreUnavailable.
        """
        with _plain_errors(), self._writing.connect() as tx, tx.begin():
            yield tx

    def migrate(self, *, lock_seconds: float = 3.0) -> None:
        """Bring the schema to this version; one caller at a time, harmless to repeat.

        Workers go on meanwhile: whoever waits for a table that they use makes everybody wait, so
        after `lock_seconds` all is undone and tried again, a minute or so in all. Raises
        StoreUnavailable.
        """
        for _ in range(_MIGRATION_TRIES - 1):
            try:
                self._migrate(lock_seconds)
            except StoreUnavailable as error:
                if not _in_use(error):
                    raise
            else:
                return
        self._migrate(lock_seconds)

    def _migrate(self, lock_seconds: float) -> None:
        with self.write() as tx:
            if tx.dialect.name == "postgresql":
                tx.execute(text("SET LOCAL statement_timeout = 0"))
                tx.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
                tx.execute(text(f"SET LOCAL lock_timeout = {round(lock_seconds * 1_000)}"))
            config = alembic_config()
            config.attributes["connection"] = tx
            command.upgrade(config, "head")

    def check(self) -> None:
        """Raise StoreUnavailable unless the database answers and has this version's schema."""
        with self.read() as tx:
            found = MigrationContext.configure(tx).get_current_revision()
        if found != ScriptDirectory.from_config(alembic_config()).get_current_head():
            raise StoreUnavailable(
                f"the database's schema is {found or 'missing'}, not this version's",
                remedy="bring it up to date with `narrator migrate`",
            )

    def close(self) -> None:
        """Close every idle connection."""
        self._engine.dispose()


def alembic_config() -> Config:
    """Alembic's configuration without a file: the scripts lie where `migrations` is installed."""
    config = Config()
    folder = str(Path(migrations.__file__).parent)
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _parsed(url: str) -> URL:
    remedy = "use sqlite:////absolute/path.db or postgresql://user:password@host:port/name"
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise SettingsError("the database's URL cannot be read", remedy=remedy) from None
    backend = parsed.get_backend_name()
    if backend == "sqlite" and parsed.database not in {None, "", ":memory:"}:
        return parsed
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    raise SettingsError(f"{backend} without a file does not serve as a database", remedy=remedy)


def _postgresql(
    url: URL, pool_size: int, connect_seconds: int, statement_seconds: int, idle_seconds: float
) -> Engine:
    # A stopped worker must not hold its rows, nor a vanished server its client, for ever.
    options = {
        "statement_timeout": f"{statement_seconds}s",
        "idle_in_transaction_session_timeout": f"{round(idle_seconds * 1_000)}ms",
    }
    return create_engine(
        url,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=statement_seconds,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": connect_seconds,
            "options": " ".join(f"-c {name}={value}" for name, value in options.items()),
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
            "tcp_user_timeout": statement_seconds * 1000,
            "application_name": "narrator",
        },
    )


def _sqlite(url: URL, pool_size: int) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=BUSY_SECONDS,
        connect_args={"timeout": BUSY_SECONDS},
    )
    folder = Path(url.database or "").parent
    event.listen(engine, "do_connect", lambda *_: _make_folder(folder))
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(
            f"the database's folder cannot be made: {error.strerror}", remedy=_REMEDY
        ) from error


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 — sqlite3's, untyped
    connection.isolation_level = None  # transactions begin in `_begin_sqlite`, and only there
    connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    _log_ahead(connection)
    for pragma in (
        "synchronous = FULL",  # a commit survives a power cut; WAL alone promises less
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _log_ahead(connection: Any) -> None:  # noqa: ANN401 — sqlite3's, untyped
    """Put a new file into WAL mode, which it then keeps; raises sqlite3's error.

    SQLite first reads the file and then wants to write it; where another has begun to write it does
    not wait for the busy timeout, because that could be a deadlock. So this waits in its place.
    """
    pause = threading.Event()
    for turns_left in reversed(range(int(BUSY_SECONDS / _POLL_SECONDS))):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or not turns_left:
                raise
        else:
            return
        pause.wait(_POLL_SECONDS)


def _begin_sqlite(tx: Connection) -> None:
    # Taking the write lock at once: a transaction that began by reading cannot wait for it.
    writes = tx.get_execution_options().get(_WRITES)
    tx.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _read_options(engine: Engine) -> dict[str, object]:
    if engine.dialect.name == "postgresql":
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    return {}


def _renew_after_fork(engine: Engine) -> None:
    """A forked child must not talk on its parent's connections: it forgets them, unclosed."""
    known = weakref.ref(engine)

    def forget() -> None:
        if (mine := known()) is not None:
            mine.dispose(close=False)

    os.register_at_fork(after_in_child=forget)


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Turn the vendor's errors into ours, naming the kind of error and never a value."""
    try:
        yield
    except PoolTimeout as error:
        raise StoreUnavailable(
            "every database connection is in use", remedy="run more processes, or fewer threads"
        ) from error
    except (IntegrityError, DataError, ProgrammingError) as error:
        # A defect of ours. The driver's own message may quote the row, which is document text.
        raise RuntimeError(f"the database refused a statement ({_name(error)})") from None
    except DBAPIError as error:
        name = _name(error)
        if name in _FULL:
            reason, remedy = f"the database has no room ({name})", _MAKE_ROOM
        else:
            reason, remedy = f"the database did not answer ({name})", _REMEDY
        raise StoreUnavailable(reason, remedy=remedy) from error


def _in_use(error: StoreUnavailable) -> bool:
    """Whether it was a lock that was not to be had in time."""
    cause = error.__cause__
    return isinstance(cause, DBAPIError) and _name(cause) in _IN_USE


def _name(error: DBAPIError) -> str:
    """The driver's name for what went wrong, and the constraint where there is one."""
    diagnosis = getattr(error.orig, "diag", None)
    constraint = getattr(diagnosis, "constraint_name", None)
    name = getattr(error.orig, "sqlite_errorname", type(error.orig).__name__)
    return f"{name}: {constraint}" if constraint else name
