"""A whole fleet as plain processes: what docker-compose.yml starts, without containers.

API under uvicorn, speech workers, an audio worker, real PostgreSQL, Redis and S3, and the Speak
server with the tone voice, which is the independent witness: it counts what it was sent.
"""

import hashlib
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any, TypeVar

import httpx

from tests.acceptance import compose
from tests.servers import process
from tests.servers.process import Child
from tests.servers.s3 import S3

API_KEY = "an-api-key-for-the-fleet"
SPEAK_KEY = "a-key-for-the-speak-server"
T = TypeVar("T")
SOCKETS = 8  # of each speech worker
POLL_SECONDS = 0.1
JOB_POLL_SECONDS = 0.3  # a look costs the API some 15 ms of a processor, which others wait for


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """A running fleet. `children` are its processes by name, in the order of their start.

    `variables` are what an operator writes into `.env`; `here` is what containers would have been
    given by their network, and what makes waiting short.
    """

    folder: Path
    variables: dict[str, str]
    here: dict[str, str]
    s3: S3
    api_url: str
    speak_url: str
    time_scale: float
    speak_options: tuple[str, ...] = ()  # of the Speak server, whenever it is started
    children: dict[str, Child] = field(default_factory=dict)

    def client(self) -> httpx.Client:
        """An HTTP client that holds the key."""
        return httpx.Client(
            base_url=self.api_url, headers={"Authorization": f"Bearer {API_KEY}"}, timeout=30.0
        )

    def speak_server_stats(self) -> dict[str, Any]:
        """What the Speak server says it was sent since its start, and each socket that it had."""
        stats: dict[str, Any] = httpx.get(f"{self.speak_url}/v1/stats?sockets=1").json()
        return stats

    def start_speak_server(self, *further: str) -> None:
        """Start the Speak server, with `further` options, and wait until it answers."""
        server = self.begin_speak_server(*further)
        server.wait_until(lambda: answers(f"{self.speak_url}/healthz"))

    def begin_speak_server(self, *further: str) -> Child:
        """Start it, without waiting until it answers."""
        _, _, port = self.speak_url.rpartition(":")
        return self.start(
            "speak-server",
            *("--host=127.0.0.1", f"--port={port}"),
            *("--voice-engine=tone", f"--time-scale={self.time_scale:g}"),
            *self.speak_options,
            *further,
        )

    def restart_speak_server(self, *further: str) -> None:
        """Start it anew, its counts at nothing, on the same port, with other options."""
        self.children["speak-server"].stop()
        self.start_speak_server(*further)

    def start(self, service: str, *further: str, name: str = "") -> Child:
        """Start a service of docker-compose.yml; `further` options win over the file's."""
        child = process.start(
            compose.command(service, self.variables, *further),
            log=self.folder / f"{name or service}.log",
            env=compose.environment(service, self.variables) | self.here,
        )
        self.children[name or service] = child
        return child

    def workers(self, service: str) -> list[Child]:
        """The workers of a kind, in the order of their start."""
        return [child for name, child in self.children.items() if name.startswith(f"{service}-")]

    def start_worker(self, service: str) -> Child:
        """One more worker of a kind."""
        name = f"{service}-{len(self.workers(service)) + 1}"
        return self.start(service, name=name)

    def stop(self) -> None:
        """Ask every process to end, all at once, and wait for each."""
        for child in self.children.values():
            child.signal(signal.SIGTERM)
        for child in self.children.values():
            child.stop()

    def logs(self) -> str:
        """Everything that the fleet's own processes have written."""
        return "\n".join(path.read_text(errors="replace") for path in self.folder.glob("*.log"))


@contextmanager
def running_fleet(  # noqa: PLR0913 — one option a difference
    folder: Path,
    *,
    redis_url: str,
    postgres_url: str,
    s3: S3,
    speech_workers: int = 2,
    time_scale: float = 200.0,
    allowance: int = 45,
    further: Mapping[str, str] | None = None,
    speak_options: tuple[str, ...] = (),
) -> Iterator[Fleet]:
    """Start a fleet, wait until the API is ready, and stop it at the end.

    `allowance` is how many sockets the Speak server lets in, and how many the fleet opens; what
    `further` settings say wins over the others.
    """
    speak_port, api_port = process.free_port(), process.free_port()
    speak_url = f"127.0.0.1:{speak_port}"
    (folder / "scratch").mkdir()
    fleet = Fleet(
        folder=folder,
        variables=_variables(s3, f"ws://{speak_url}/v1/speak", allowance),
        here=_servers(redis_url, postgres_url, s3)
        | _hurry(time_scale)
        | {
            "NARRATOR_API_HOST": "127.0.0.1",
            "NARRATOR_API_PORT": str(api_port),
            "NARRATOR_SCRATCH": str(folder / "scratch"),
            "NARRATOR_READY_FILE": str(folder / "ready"),
        }
        | dict(further or {}),
        s3=s3,
        api_url=f"http://127.0.0.1:{api_port}",
        speak_url=f"http://{speak_url}",
        time_scale=time_scale,
        speak_options=speak_options,
    )
    with ExitStack() as stack:
        stack.callback(fleet.stop)
        _start(fleet, speech_workers)
        yield fleet


def _start(fleet: Fleet, speech_workers: int) -> None:
    speak_server = fleet.begin_speak_server()
    migration = fleet.start("migrate")
    assert migration.wait() == 0, migration.output()
    api = fleet.start("api")
    for _ in range(speech_workers):
        fleet.start_worker("speech")
    fleet.start_worker("audio")
    speak_server.wait_until(lambda: answers(f"{fleet.speak_url}/healthz"), timeout_seconds=60)
    api.wait_until(lambda: answers(f"{fleet.api_url}/readyz"), timeout_seconds=60)


def _variables(s3: S3, speak_url: str, allowance: int) -> dict[str, str]:
    """What an operator fills in."""
    return {
        "POSTGRES_PASSWORD": "of-no-use-here",
        "NARRATOR_S3_SECRET_KEY": s3.secret_key,
        "NARRATOR_API_KEYS": f"tests:{hashlib.sha256(API_KEY.encode()).hexdigest()}",
        "DEEPGRAM_API_KEY": SPEAK_KEY,
        "NARRATOR_SPEAK_URL": speak_url,
        "NARRATOR_SPEAKER": "offline-tone",
        "NARRATOR_SPEECH_SOCKETS": str(SOCKETS),
        "NARRATOR_SPEECH_ALLOWANCE": str(allowance),
        "NARRATOR_SPEECH_HEADROOM": "0",
    }


def _servers(redis_url: str, postgres_url: str, s3: S3) -> dict[str, str]:
    """Where the servers are that Compose would have named."""
    return {
        "NARRATOR_BROKER_URL": redis_url,
        "NARRATOR_DATABASE_URL": postgres_url,
        "NARRATOR_S3_ACCESS_KEY": s3.access_key,
        "NARRATOR_S3_BUCKET": s3.bucket,
        "NARRATOR_S3_ENDPOINT_URL": s3.endpoint_url,
        "NARRATOR_S3_PUBLIC_URL": s3.endpoint_url,
    }


def _hurry(time_scale: float) -> dict[str, str]:
    """What is dead or refused is tried again within seconds, so that tests need not wait long."""
    return {
        "NARRATOR_SPEAK_TIME_SCALE": f"{time_scale:g}",
        "NARRATOR_LEASE_SECONDS": "3",
        "NARRATOR_HEARTBEAT_SECONDS": "0.5",
        "NARRATOR_QUEUED_SECONDS": "5",
        "NARRATOR_DISPATCH_SECONDS": "0.5",
        "NARRATOR_SLOT_SECONDS": "3",
        "NARRATOR_SLOT_GRACE_SECONDS": "2",
        "NARRATOR_GROW_SECONDS": "1",
        "NARRATOR_PROBE_SECONDS": "1",
    }


def answers(url: str) -> bool:
    """Whether an HTTP GET succeeds."""
    try:
        return httpx.get(url, timeout=5.0).is_success
    except httpx.TransportError:
        return False


def wait_for_job(client: httpx.Client, location: str, *, timeout_seconds: float) -> dict[str, Any]:
    """Poll a job until it has ended, and return it."""

    def look() -> dict[str, Any]:
        job: dict[str, Any] = client.get(location).raise_for_status().json()
        return job

    return wait_for(
        look,
        lambda job: job["state"] in {"succeeded", "failed", "cancelled"},
        timeout_seconds=timeout_seconds,
        pause_seconds=JOB_POLL_SECONDS,
    )


def wait_for(
    look: Callable[[], T],
    good: Callable[[T], bool],
    *,
    timeout_seconds: float,
    pause_seconds: float = POLL_SECONDS,
) -> T:
    """Look again and again until what is seen is good; the last look is in the failure."""
    deadline = monotonic() + timeout_seconds
    never = Event()
    while not good(seen := look()):
        assert monotonic() < deadline, f"after {timeout_seconds:g} s still: {seen}"
        never.wait(pause_seconds)
    return seen
