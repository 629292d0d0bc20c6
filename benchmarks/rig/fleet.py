"""A whole fleet on this machine: PostgreSQL, Valkey, a folder store, workers, the Speak server."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any, TypeVar
from uuid import uuid4

from benchmarks.rig.books import BOOK
from benchmarks.rig.ledger import Records
from benchmarks.rig.servers import Provider, Witness, speak_server
from narrator.bootstrap import bootstrap
from narrator.domain.artifacts import AudioFormat
from narrator.domain.ids import JobId, TenantId
from narrator.domain.jobs import JobOptions
from narrator.domain.steps import Queue
from narrator.embedded.commands import worker_command
from narrator.services.kit import Services
from narrator.services.submit import submit
from narrator.settings import load
from tests.servers import process
from tests.servers.places import REPOSITORY, server_home
from tests.servers.postgres import DURABLE, Postgres, postgres_server
from tests.servers.process import Child
from tests.servers.redis import Valkey, valkey

USUAL_SOCKETS = 20  # of a worker: NARRATOR_SPEECH_SOCKETS unless set
LOOK_SECONDS = 0.5
NAMED = Path(__file__).with_name("named.py")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """A running fleet. `workers` are its speech workers by number; `env` is what each is told."""

    folder: Path
    env: dict[str, str]
    records: Records
    postgres: Postgres
    valkey: Valkey
    witness: Witness
    provider: Provider
    services: Services
    sockets: int  # of each worker
    workers: dict[int, Child] = field(default_factory=dict)
    others: dict[str, Child] = field(default_factory=dict)

    def start_worker(self) -> int:
        """One more speech worker; returns its number."""
        number = len(self.workers) + 1
        command = worker_command(Queue.SPEECH, concurrency=self.sockets, log_level="INFO")
        argv = [sys.executable, NAMED, self.threads_of(number), *command[2:]]
        self.workers[number] = self._start(argv, f"speech-{number}")
        return number

    def start_audio(self) -> None:
        """The audio worker, with one process."""
        argv = worker_command(Queue.AUDIO, concurrency=1, log_level="INFO")
        self.others["audio"] = self._start(list(argv), "audio")

    def threads_of(self, number: int) -> Path:
        """Where that worker keeps the names of its threads."""
        return self.folder / f"threads-{number}.json"

    def _start(self, argv: list[object], name: str) -> Child:
        log = self.folder / f"{name}.log"
        return process.start(argv, log=log, env=self.env, cwd=self.folder)

    def submit(self, path: Path, *, tenant: str, chapters: tuple[int, ...] = ()) -> JobId:
        """Submit a document."""
        job_id = JobId(uuid4().hex)
        options = JobOptions(format=AudioFormat.FLAC, chapters=chapters)
        submit(
            self.services,
            path,
            name=path.name,
            options=options,
            job_id=job_id,
            tenant=TenantId(tenant),
        )
        return job_id

    def submit_books(self, copies: int) -> list[JobId]:
        """The sample book so many times, each for another tenant, so that no take answers."""
        return [self.submit(BOOK, tenant=f"tenant-{copy}") for copy in range(copies)]

    def roots(self) -> dict[int, str]:
        """The processes to watch, by number."""
        return {
            **{child.pid: f"speech worker {n}" for n, child in self.workers.items()},
            **{child.pid: f"{name} worker" for name, child in self.others.items()},
            self.witness.child.pid: "speak server",
            self.postgres.child.pid: "postgresql",
            self.valkey.child.pid: "valkey",
        }

    def about(self) -> dict[str, Any]:
        """What stands beside each figure."""
        return {**self.provider.as_json(), "store": "folder", "database": "PostgreSQL 18"}

    def stop(self) -> None:
        """End every worker. What they were doing is of no interest any more."""
        for child in (*self.workers.values(), *self.others.values()):
            child.kill()


@contextmanager
def fleet(
    provider: Provider,
    *,
    workers: int,
    allowance: int,
    sockets: int = 0,
    further: dict[str, str] | None = None,
) -> Iterator[Fleet]:
    """Start a fleet with so many speech workers and one audio worker; end it with the block.

    `allowance` is the fleet's ceiling (no headroom); `sockets` of each worker, by default as usual
    or as many as it takes.
    """
    with ExitStack() as stack:
        home = stack.enter_context(server_home())
        rooms = {name: room(home, name) for name in ("postgres", "valkey", "fleet", "scratch")}
        postgres = stack.enter_context(postgres_server(rooms["postgres"], settings=DURABLE))
        broker = stack.enter_context(valkey(rooms["valkey"]))
        witness = stack.enter_context(speak_server(provider, rooms["fleet"]))
        each = sockets or max(USUAL_SOCKETS, -(-allowance // workers))
        env = {
            "PYTHONPATH": str(REPOSITORY),
            "NARRATOR_HOME": str(home),
            "NARRATOR_DATABASE_URL": postgres.create("narrator"),
            "NARRATOR_BROKER_URL": broker.url,
            "NARRATOR_OBJECTS_FOLDER": str(home / "objects"),
            "NARRATOR_SCRATCH": str(rooms["scratch"]),
            "NARRATOR_SPEAK_URL": f"{witness.url}/v1/speak",
            "NARRATOR_SPEAKER": f"offline-{provider.engine}",
            "NARRATOR_SPEAK_TIME_SCALE": f"{provider.time_scale:g}",
            "NARRATOR_SPEECH_SOCKETS": str(each),
            "NARRATOR_SPEECH_ALLOWANCE": str(allowance),
            "NARRATOR_SPEECH_HEADROOM": "0",
            "DEEPGRAM_API_KEY": "any-key",
            **(further or {}),
        }
        migrate(env, rooms["fleet"])
        made = Fleet(
            folder=rooms["fleet"],
            env=env,
            records=Records(env["NARRATOR_DATABASE_URL"]),
            postgres=postgres,
            valkey=broker,
            witness=witness,
            provider=provider,
            services=bootstrap(load(env)),
            sockets=each,
        )
        stack.callback(made.stop)
        made.start_audio()
        for _ in range(workers):
            made.start_worker()
        wait_for(lambda: ready(made), bool, what="the workers are ready", seconds=120)
        yield made


def room(home: Path, name: str) -> Path:
    """A folder of that name, which others may pass through."""
    made = home / name
    made.mkdir(mode=0o711)
    return made


def migrate(env: dict[str, str], folder: Path) -> None:
    """Bring the database to the newest schema."""
    argv = [sys.executable, "-m", "narrator", "migrate"]
    child = process.start(argv, log=folder / "migrate.log", env=env)
    assert child.wait() == 0, child.output()


def ready(made: Fleet) -> bool:
    """Whether every worker has told the log that it works."""
    for child in (*made.workers.values(), *made.others.values()):
        assert child.running, child.output()
    logs = [child.output() for child in made.workers.values()]
    return all(" ready." in log for log in logs)


def wait_for(look: Callable[[], T], good: Callable[[T], bool], *, what: str, seconds: float) -> T:
    """Look again and again until what is seen is good."""
    deadline = monotonic() + seconds
    while not good(seen := look()):
        assert monotonic() < deadline, f"not within {seconds:g} s: {what}; seen last: {seen}"
        Event().wait(LOOK_SECONDS)
    return seen


def wait(seconds: float) -> None:
    """Let time pass."""
    Event().wait(max(0.0, seconds))
