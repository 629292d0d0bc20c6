"""A fleet to be killed: real servers, real processes, each of which is started again when it dies.

Leases are short, so that what dies is missed within seconds; utterances take half a second, so that
most deaths come in the middle of some.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import httpx

from tests.acceptance.fleet import Fleet, running_fleet
from tests.faults.rows import Rows
from tests.faults.stores import BucketStore, FolderStore, Store
from tests.servers.postgres import SOUND, Postgres, postgres_server
from tests.servers.process import Child
from tests.servers.receiver import Receiver, receiving
from tests.servers.redis import Valkey, valkey
from tests.servers.s3 import S3, Swift, swift, with_bucket

SOCKETS = 4  # of each of two speech workers
TIME_SCALE = 60.0
SWEPT = ("sources/", "takes/", "jobs/")  # what retention looks through
RESTART_SECONDS = 0.3  # from a process's end to its successor's start
SETTINGS = {
    "NARRATOR_SPEECH_SOCKETS": str(SOCKETS),
    "NARRATOR_LEASE_SECONDS": "2",
    "NARRATOR_HEARTBEAT_SECONDS": "0.5",
    "NARRATOR_QUEUED_SECONDS": "2",
    "NARRATOR_DISPATCH_SECONDS": "0.5",
    "NARRATOR_SLOT_SECONDS": "2",
    "NARRATOR_SLOT_GRACE_SECONDS": "1",
    "NARRATOR_SILENCE_SECONDS": "4",
    "NARRATOR_IDLE_SECONDS": "1",
    "NARRATOR_AUDIO_PROCESSES": "2",
    "NARRATOR_SWEEP_SECONDS": "2",
    "NARRATOR_WEBHOOK_PRIVATE": "1",
}
SPEAK_OPTIONS = ("--first-audio-ms=18000", "--ms-per-100-chars=4000")  # of the limits' clock


@dataclass(slots=True, kw_only=True)
class Rig:
    """Servers, and the fleet that leans on them."""

    fleet: Fleet
    postgres: Postgres
    valkey: Valkey
    swift: Swift | None
    store: Store
    rows: Rows
    receiver: Receiver
    points: Path
    journal: Path
    held_down: set[str] = field(default_factory=set)  # what is started again by somebody else
    restart_at: dict[str, float] = field(default_factory=dict)
    restarts: int = 0

    @property
    def store_name(self) -> str:
        """Where objects are kept."""
        return "S3" if self.swift else "folder"

    def revive(self) -> list[Child]:
        """Start again what has ended, a moment later; returns what was seen to have ended now."""
        ended = []
        for name, child in list(self.fleet.children.items()):
            if child.running or name in self.held_down:
                continue
            if name not in self.restart_at:
                self.restart_at[name] = monotonic() + RESTART_SECONDS
                ended.append(child)
            elif monotonic() >= self.restart_at[name]:
                del self.restart_at[name]
                self.restart(name)
        return ended

    def restart(self, name: str) -> None:
        """Start a process of the fleet in the place of one that has ended."""
        self.restarts += 1
        if name == "speak-server":
            self.fleet.begin_speak_server()
        else:
            self.fleet.start(name.split("-", maxsplit=1)[0], name=name)

    def answering(self) -> bool:
        """Whether every process runs and the API is ready."""
        if not all(child.running for child in self.fleet.children.values()):
            return False
        try:
            ready = httpx.get(f"{self.fleet.api_url}/readyz", timeout=2.0).is_success
            return ready and self.sockets_open() >= 0
        except httpx.HTTPError:
            return False

    def sockets_open(self) -> int:
        """Sockets that the Speak server has open."""
        return int(
            httpx.get(f"{self.fleet.speak_url}/v1/stats", timeout=2.0).json()["sockets_open"]
        )

    def left_to_sweep(self) -> set[str]:
        """What is in the store though nothing refers to it, as far as its age can be set."""
        swept = SWEPT if isinstance(self.store, FolderStore) else ("takes/",)
        return {key for key in self.store.listed() if key.startswith(swept)}

    def clear(self) -> None:
        """Forget all jobs, takes, objects, armed failpoints: the next seed begins from nothing."""
        self.rows.clear()
        self.receiver.requests.clear()
        self.store.clear()
        self.disarm()

    def disarm(self) -> None:
        """Remove what is armed, and what was fired."""
        for path in self.points.iterdir():
            path.unlink()


@contextmanager
def running_rig(home: Path, *, s3: bool) -> Iterator[Rig]:
    """Start servers and fleet beneath `home` (see `server_home`); end them with the block."""
    rooms = {name: home / name for name in ("postgres", "valkey", "swift", "fleet", "points")}
    for room in rooms.values():
        room.mkdir(mode=0o711)
    with ExitStack() as stack:
        postgres = stack.enter_context(postgres_server(rooms["postgres"], settings=SOUND))
        broker = stack.enter_context(valkey(rooms["valkey"], keeps=True))
        bucket_server = stack.enter_context(swift(rooms["swift"])) if s3 else None
        bucket = with_bucket(bucket_server.s3, "narrator") if bucket_server else S3(endpoint_url="")
        objects = home / "objects"
        (objects / ".incoming").mkdir(parents=True)
        journal = home / "journal"
        journal.touch()
        url = postgres.create("narrator")
        fleet = stack.enter_context(
            running_fleet(
                rooms["fleet"],
                redis_url=broker.url,
                postgres_url=url,
                s3=bucket,
                time_scale=TIME_SCALE,
                allowance=2 * SOCKETS,
                further=SETTINGS
                | {
                    "NARRATOR_FAILPOINTS": str(rooms["points"]),
                    "NARRATOR_OBJECTS_FOLDER": str(objects),
                    "NARRATOR_S3_BUCKET": bucket.bucket,
                },
                speak_options=(*SPEAK_OPTIONS, f"--journal={journal}"),
            )
        )
        del fleet.children["migrate"]  # it has done what it was for
        receiver = stack.enter_context(receiving(Receiver()))
        yield Rig(
            receiver=receiver,
            fleet=fleet,
            postgres=postgres,
            valkey=broker,
            swift=bucket_server,
            store=BucketStore(bucket) if bucket_server else FolderStore(objects),
            rows=Rows(url),
            points=rooms["points"],
            journal=journal,
        )
