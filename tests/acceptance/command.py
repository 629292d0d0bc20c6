"""The `narrator` command as its user runs it: real processes, a home of its own, the tone voice."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import httpx
import psutil

from tests.servers import process
from tests.servers.places import REPOSITORY

NARRATOR = (sys.executable, "-m", "narrator")
TONE = {"NARRATOR_VOICE_ENGINE": "tone"}
POLL_SECONDS = 0.02


def wait_until(ready: Callable[[], bool], what: str, *, timeout_seconds: float = 120.0) -> None:
    """Return once `ready()` is true; fail saying `what` did not happen."""
    pause, deadline = Event(), monotonic() + timeout_seconds
    while not ready():
        assert monotonic() < deadline, f"{what}: not within {timeout_seconds:g} s"
        pause.wait(POLL_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A home folder and the settings that go with it."""

    path: Path
    settings: dict[str, str] = field(default_factory=lambda: dict(TONE))

    def environment(self) -> dict[str, str]:
        """What the command is given."""
        # Wherever it is run, it finds the package as it is here, installed or not.
        found = {"PYTHONPATH": str(REPOSITORY), "NARRATOR_HOME": str(self.path)}
        return process.environment() | self.settings | found

    def run(
        self, *arguments: object, cwd: Path, stdin: bytes = b"", timeout_seconds: float = 240.0
    ) -> subprocess.CompletedProcess[bytes]:
        """Run the command to its end."""
        return subprocess.run(
            [*NARRATOR, *map(str, arguments)],
            cwd=cwd,
            env=self.environment(),
            input=stdin,
            capture_output=True,
            timeout=timeout_seconds,
            check=False,
        )

    def children(self) -> dict[str, int]:
        """The fleet's processes by name, as it has written them down."""
        rows = json.loads((self.path / "children.json").read_text())
        return {row["name"]: row["pid"] for row in rows}

    def wait_for_another(self, name: str, pid: int) -> None:
        """Wait until the child of that name is another process than `pid`."""
        wait_until(lambda: self.children().get(name, pid) != pid, f"another {name}")

    def processes(self) -> list[psutil.Process]:
        """Every living process that was told to work in this home, whoever its parent is."""
        ours = f"NARRATOR_HOME={self.path}"
        return [each for each in psutil.process_iter() if ours in _environment_of(each)]


def _environment_of(each: psutil.Process) -> list[str]:
    try:
        if each.status() == psutil.STATUS_ZOMBIE:
            return []
        return [f"{name}={value}" for name, value in each.environ().items()]
    except psutil.Error:
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A `narrator narrate --json` under way; its progress is read from its own lines."""

    popen: subprocess.Popen[bytes]
    log: Path

    def progress(self) -> dict[str, Any]:
        """What it said last of how far it is."""
        rows = [json.loads(line) for line in self.log.read_text().splitlines() if line[:1] == "{"]
        return next((row for row in reversed(rows) if row.get("event") == "progress"), {})

    def wait_for_chars(self, chars: int) -> None:
        """Wait until so many characters are spoken."""

        def is_there() -> bool:
            assert self.popen.poll() is None, self.log.read_text()
            return int(self.progress().get("chars_spoken", 0)) >= chars

        wait_until(is_there, f"{chars} characters spoken")

    def kill(self) -> None:
        """SIGKILL the command's own process, and nothing else."""
        self.popen.kill()
        self.popen.wait()

    def interrupt(self) -> int:
        """Ctrl-C; returns the exit code."""
        self.popen.send_signal(signal.SIGINT)
        return self.popen.wait(30)


@contextmanager
def running(home: Home, *arguments: object, cwd: Path, log: Path) -> Iterator[Run]:
    """Start `narrator ... --json`; it is killed at the end if it still runs."""
    with log.open("wb") as out:
        popen = subprocess.Popen(
            [*NARRATOR, *map(str, arguments), "--json"],
            cwd=cwd,
            env=home.environment(),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Run(popen=popen, log=log)
    finally:
        popen.kill()
        popen.wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakServer:
    """A Speak server that outlives the command, and counts what it was sent."""

    url: str
    time_scale: float

    def chars(self) -> int:
        """Characters it has received in Speak messages so far."""
        stats: dict[str, Any] = httpx.get(f"{self.url}/v1/stats").json()
        return int(stats["characters_received"])

    def settings(self, *, sockets: int) -> dict[str, str]:
        """How the command is told to speak to it."""
        return {
            "DEEPGRAM_API_KEY": "any-key",
            "NARRATOR_SPEAK_URL": f"{self.url.replace('http', 'ws')}/v1/speak",
            "NARRATOR_SPEAKER": "offline-tone",
            "NARRATOR_SPEAK_TIME_SCALE": f"{self.time_scale:g}",
            "NARRATOR_SPEECH_SOCKETS": str(sockets),
        }


@contextmanager
def speak_server(folder: Path, *, time_scale: float, mute_text: str = "") -> Iterator[SpeakServer]:
    """A Speak server with the tone voice in a process of its own; mute at `mute_text`."""
    port = process.free_port()
    command = [
        *(*NARRATOR, "speak-server", "--port", port, "--mute-text", mute_text),
        *("--voice-engine", "tone", "--time-scale", time_scale),
    ]
    log, path = folder / "speak-server.log", {"PYTHONPATH": str(REPOSITORY)}
    with process.running(command, log=log, env=path, ready=lambda: process.listening(port)):
        yield SpeakServer(url=f"http://127.0.0.1:{port}", time_scale=time_scale)


def kill_all(processes: list[psutil.Process]) -> None:
    """SIGKILL them all, in one breath."""
    for each in processes:
        try:
            os.kill(each.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue  # it died with its parent, a moment ago
