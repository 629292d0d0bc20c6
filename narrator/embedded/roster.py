"""Who the children are, written down, so that one that outlives its parent can be ended.

A process is known by its number *and* the instant it started, since numbers are used again. What
cannot be proved to be ours is never killed.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_POLL_SECONDS = 0.02
_STARTED_FIELD = 19  # starttime: field 22 of proc(5) stat, counted from the state (field 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A child as written down; `started` tells this process from a later one of the same pid."""

    name: str
    pid: int
    started: str


def started(pid: int) -> str | None:
    """When a living process started, in words that no later process repeats; None if it is dead.

    A zombie is dead: it does nothing any more, whether or not somebody collects it.
    """
    if sys.platform == "linux":
        return _started_linux(pid)
    answer = subprocess.run(  # noqa: S603 - a fixed command, a number
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    return None if not answer or answer.startswith("Z") else answer.split(maxsplit=1)[-1]


def _started_linux(pid: int) -> str | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    if fields[0] in {"Z", "X"}:
        return None
    return f"{_BOOT.read_text().strip()}/{fields[_STARTED_FIELD]}"


class Roster:
    """The children of a home, in `home/children.json`. For the holder of the home's lock only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._members: dict[str, Member] = {}

    def add(self, name: str, pid: int) -> None:
        """Write a child down, in place of an earlier one of that name; a dead one is left out."""
        begun = started(pid)
        if begun is None:
            self._members.pop(name, None)
        else:
            self._members[name] = Member(name=name, pid=pid, started=begun)
        self._write()

    def clear(self) -> None:
        """All children are gone."""
        self._members.clear()
        self._write()

    def end_leftovers(self, *, seconds: float) -> list[Member]:
        """Kill every written-down child that still lives, with its own children; returns them.

        Raises TimeoutError naming those that live on after `seconds`.
        """
        alive = [member for member in self._read() if _is_alive(member)]
        for member in alive:
            _kill_group(member.pid)
        _wait_until_dead(alive, seconds)
        self.clear()
        return alive

    def _read(self) -> list[Member]:
        try:
            rows = json.loads(self._path.read_text("utf-8"))
            return [Member(**row) for row in rows]
        except (OSError, ValueError, TypeError):
            return []  # nothing was written, or a power cut left half of it: nobody survived that

    def _write(self) -> None:
        rows = [
            {"name": member.name, "pid": member.pid, "started": member.started}
            for member in self._members.values()
        ]
        half = self._path.with_suffix(".part")
        half.write_text(json.dumps(rows), "utf-8")
        half.replace(self._path)


def _is_alive(member: Member) -> bool:
    return started(member.pid) == member.started


def _kill_group(pid: int) -> None:
    """Children lead process groups of their own (`processes.py`), so this reaches theirs too."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _wait_until_dead(members: list[Member], seconds: float) -> None:
    pause = threading.Event()
    for _ in range(int(seconds / _POLL_SECONDS)):
        if not any(_is_alive(member) for member in members):
            return
        pause.wait(_POLL_SECONDS)
    living = ", ".join(f"{m.name} (process {m.pid})" for m in members if _is_alive(m))
    if living:
        raise TimeoutError(living)
