"""What a fleet leans on, in processes of their own, that a measure may stop and start again."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.servers import process
from tests.servers.places import REPOSITORY
from tests.servers.process import Child


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """How the Speak server stands in for Deepgram: engine, delay, limits."""

    sockets: int
    engine: str = "tone"
    first_audio_ms: float = 150.0
    ms_per_100_chars: float = 40.0
    time_scale: float = 1.0
    further: tuple[object, ...] = ()

    def command(self, port: int) -> list[object]:
        """The command line."""
        return [
            *(sys.executable, "-m", "narrator", "speak-server", "--port", port),
            *("--voice-engine", self.engine, "--sockets", self.sockets),
            *("--first-audio-ms", self.first_audio_ms),
            *("--ms-per-100-chars", self.ms_per_100_chars),
            *("--time-scale", self.time_scale),
            *self.further,
        ]

    def as_json(self) -> dict[str, Any]:
        """What stands beside each figure."""
        return {
            "engine": self.engine,
            "delay": f"{self.first_audio_ms:g} ms + {self.ms_per_100_chars:g} ms/100 chars",
            "server_sockets": self.sockets,
            "time_scale": self.time_scale,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """A running Speak server, which counts for itself what it is sent."""

    port: int
    child: Child

    @property
    def url(self) -> str:
        """Its WebSocket origin."""
        return f"ws://127.0.0.1:{self.port}"

    def stats(self, query: str = "") -> dict[str, Any]:
        """Its own counts."""
        answer = httpx.get(f"http://127.0.0.1:{self.port}/v1/stats{query}", timeout=30)
        found: dict[str, Any] = answer.raise_for_status().json()
        return found


@contextmanager
def speak_server(provider: Provider, folder: Path) -> Iterator[Witness]:
    """Run a Speak server."""
    port = process.free_port()
    child = process.start(
        provider.command(port),
        log=folder / f"speak-server-{port}.log",
        env={"PYTHONPATH": str(REPOSITORY)},
    )
    try:
        child.wait_until(lambda: process.listening(port))
        yield Witness(port=port, child=child)
    finally:
        child.stop()
