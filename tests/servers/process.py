"""Start programs, wait until they are ready, stop or kill them.

A `Child` never outlives the test run: it is killed when the thread that started it ends, so start
children from the main thread (fixtures and tests run there).
"""

import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

LEASH = Path(__file__).with_name("leash.py")
POLL_SECONDS = 0.02
LOG_TAIL_CHARS = 4_000
# Below the range that Linux takes outgoing connections' ports from, so that none can slip in
# between our finding a port free and a server's binding it.
PORTS = range(20_000, 32_000)
OURS = ("NARRATOR_", "DEEPGRAM_")


class ChildFailed(Exception):
    """A program ended too early, or was not ready in time; says the end of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A running program and its log (standard output and error together)."""

    name: str
    log: Path
    popen: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        """The program's process id."""
        return self.popen.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self.popen.poll() is None

    def output(self) -> str:
        """What it has written so far."""
        return self.log.read_text(errors="replace")

    def wait_until(self, ready: Callable[[], bool], *, timeout_seconds: float = 30.0) -> None:
        """Return once `ready()` is true.

        Raises:
            ChildFailed: it ended first, or `timeout_seconds` have gone by.

        """
        deadline = monotonic() + timeout_seconds
        while not ready():
            if monotonic() > deadline:
                raise self._failed(f"was not ready within {timeout_seconds:g} s")
            try:
                code = self.popen.wait(POLL_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            raise self._failed(f"ended with code {code} before it was ready")

    def wait(self, *, timeout_seconds: float = 60.0) -> int:
        """Return its exit code once it ends by itself (minus the signal's number if by a signal).

        Raises:
            ChildFailed: it still runs after `timeout_seconds`.

        """
        try:
            return self.popen.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            raise self._failed(f"still runs after {timeout_seconds:g} s") from None

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        self.popen.send_signal(number)

    def kill(self) -> int:
        """SIGKILL it, and return its exit code."""
        self.popen.kill()
        return self.popen.wait()

    def stop(self, *, timeout_seconds: float = 15.0) -> int:
        """SIGTERM it, SIGKILL it if it does not mind, and return its exit code."""
        self.popen.terminate()
        try:
            return self.popen.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            return self.kill()

    def _failed(self, how: str) -> ChildFailed:
        return ChildFailed(f"{self.name} {how}. Its log ends:\n{self.output()[-LOG_TAIL_CHARS:]}")


def start(
    argv: Sequence[object],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    uid: int | None = None,
) -> Child:
    """Start a program in a process group of its own, leashed to this one.

    It sees this process's environment without `NARRATOR_*` and `DEEPGRAM_*`, and `env` on top.
    `argv[0]` is the program's whole path; `uid` is the user to become (root only).
    """
    user = os.getuid() if uid is None else uid
    leash = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), str(user)]
    with log.open("ab") as out:
        popen = subprocess.Popen(
            [*leash, *map(str, argv)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=environment() | dict(env or {}),
            cwd=cwd,
            start_new_session=True,
        )
    return Child(name=Path(str(argv[0])).name, log=log, popen=popen)


@contextmanager
def running(
    argv: Sequence[object],
    *,
    log: Path,
    ready: Callable[[], bool],
    env: Mapping[str, str] | None = None,
    timeout_seconds: float = 30.0,
) -> Iterator[Child]:
    """Start a program, wait until it is ready, and stop it at the end."""
    child = start(argv, log=log, env=env)
    try:
        child.wait_until(ready, timeout_seconds=timeout_seconds)
        yield child
    finally:
        child.stop()


def environment() -> dict[str, str]:
    """This process's environment without the variables that Narrator reads."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)}


def free_port() -> int:
    """Find a TCP port of the loopback that nobody listens on."""
    for port in random.sample(PORTS, k=len(PORTS)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise ChildFailed(f"no port from {PORTS.start} to {PORTS.stop} is free on 127.0.0.1")


def listening(port: int) -> bool:
    """Whether something accepts TCP connections on this port of the loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
