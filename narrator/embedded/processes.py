"""Start, watch and stop child processes.

All of it belongs to one thread, the process's main one: the kernel ties a child's life to the
thread that started it (see `tether`). `Supervisor.tend` is therefore a step of the caller's own
loop, not a loop of its own.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from narrator.domain.errors import ToolFailed
from narrator.embedded import tether
from narrator.embedded.roster import Roster

DEATHS_ALLOWED = 5
DEATHS_WITHIN_SECONDS = 60.0
FIRST_BACKOFF_SECONDS = 0.25
LONGEST_BACKOFF_SECONDS = 5.0
LOG_BYTES = 5_000_000
_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSpec:
    """A child process: `command[0]` is an absolute path; `log` takes what it prints."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """A child died by itself and will be started again `after_seconds` from now."""

    name: str
    code: int
    after_seconds: float


class Child:
    """One child process and its history.

    A child leads a process group of its own, so that Ctrl-C at the terminal reaches the parent
    alone, which then stops its children in good order.
    """

    def __init__(self, spec: ChildSpec) -> None:
        self.spec = spec
        self._process: subprocess.Popen[bytes] | None = None
        self._deaths: deque[float] = deque()
        self._start_at = 0.0
        self._asked = False

    @property
    def pid(self) -> int | None:
        """Its process number while it lives."""
        return self._process.pid if self._process else None

    def start(self) -> int:
        """Start it, tied to this process; returns its process number."""
        with _open_log(self.spec.log) as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own commands
                [sys.executable, "-I", "-S", tether.__file__, str(os.getpid()), *self.spec.command],
                env=dict(self.spec.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
        return self._process.pid

    def is_due(self, now: float) -> bool:
        """Whether it died and its back-off is over."""
        return self._process is None and now >= self._start_at

    def collect(self, now: float) -> Death | None:
        """Its death, once, if it has died by itself; raises ToolFailed when it dies too often."""
        if self._process is None or not self.is_gone():
            return None
        self._kill_group()  # what it had started itself
        code = self._process.wait()
        self._process = None
        return Death(name=self.spec.name, code=code, after_seconds=self._back_off(now, code))

    def _back_off(self, now: float, code: int) -> float:
        self._deaths.append(now)
        while self._deaths[0] < now - DEATHS_WITHIN_SECONDS:
            self._deaths.popleft()
        if len(self._deaths) > DEATHS_ALLOWED:
            raise ToolFailed(
                f"the {self.spec.name} died {len(self._deaths)} times within a minute"
                f" (last {_how(code)})",
                remedy=f"the end of {self.spec.log} says why",
            )
        seconds = FIRST_BACKOFF_SECONDS * 2.0 ** (len(self._deaths) - 1)
        self._start_at = now + min(seconds, LONGEST_BACKOFF_SECONDS)
        return self._start_at - now

    def terminate(self) -> None:
        """Ask it to end, once: to some programs a second SIGTERM means `at once`."""
        if self._process and not self._asked:
            self._asked = True
            if not self.is_gone():  # not collected yet, so the number is still its own
                os.kill(self._process.pid, signal.SIGTERM)

    def is_gone(self) -> bool:
        """Whether it has ended. It is not collected here: until then its number stays its own.

        Ctrl-C may have come just when it was collected: then it is nobody's child any more.
        """
        if self._process is None or self._process.returncode is not None:
            return True
        try:
            flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
            return os.waitid(os.P_PID, self._process.pid, flags) is not None
        except ChildProcessError:
            return True

    def kill(self) -> None:
        """End it and whatever it started, now; does nothing more once it is collected."""
        if self._process:
            self._kill_group()
            self._process.wait()
            self._process = None

    def _kill_group(self) -> None:
        if self._process and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)


class Supervisor:
    """Children that are started again when they die. `on_death` is told of each."""

    def __init__(
        self,
        roster: Roster,
        *,
        on_death: Callable[[Death], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._roster = roster
        self._on_death = on_death
        self._children: list[Child] = []
        self._clock = clock

    def start(self, spec: ChildSpec) -> None:
        """Start a child and watch it from now on; raises RuntimeError outside the main thread."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("children must be started by the main thread")
        child = Child(spec)
        self._children.append(child)
        self._start(child)

    def tend(self) -> None:
        """Start again what has died. Call it a few times a second.

        Raises ToolFailed, naming the log, when a child keeps dying.
        """
        now = self._clock()
        for child in self._children:
            death = child.collect(now)
            if death:
                self._on_death(death)
            elif child.is_due(now):
                self._start(child)

    def pids(self) -> dict[str, int]:
        """The living children by name."""
        return {child.spec.name: child.pid for child in self._children if child.pid is not None}

    def stop(self, *, seconds: float, order: Iterable[Iterable[str]]) -> None:
        """End all children, group of names by group: politely, and after `seconds` by force."""
        try:
            for names in order:
                self._stop_group([c for c in self._children if c.spec.name in set(names)], seconds)
        finally:
            for child in self._children:
                child.kill()
            self._children.clear()
            self._roster.clear()

    def ask_to_end(self, names: Iterable[str]) -> None:
        """Send SIGTERM and do not wait; they are watched no longer, `stop` still collects them."""
        for child in self._children:
            if child.spec.name in set(names):
                child.terminate()

    def end_now(self, names: Iterable[str]) -> None:
        """End them by force; they are watched no longer."""
        for child in [child for child in self._children if child.spec.name in set(names)]:
            child.kill()
            self._children.remove(child)

    def _start(self, child: Child) -> None:
        self._roster.add(child.spec.name, child.start())

    def _stop_group(self, children: list[Child], seconds: float) -> None:
        pause = threading.Event()
        deadline = self._clock() + seconds
        for child in children:
            child.terminate()
        while self._clock() < deadline and not all(child.is_gone() for child in children):
            pause.wait(_POLL_SECONDS)
        for child in children:
            child.kill()


def _open_log(path: Path) -> IO[bytes]:
    """The log, to be added to; one that has grown large is put aside as `.1` first."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_suffix(path.suffix + ".1"))
    return path.open("ab")


def _how(code: int) -> str:
    return f"by signal {-code}" if code < 0 else f"with exit code {code}"
