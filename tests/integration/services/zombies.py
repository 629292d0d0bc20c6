"""Two workers over one PostgreSQL database, one of which is held up until the other has finished.

The rows are real, and so are the services; speaker, studio, reader and object store are twins.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

from sqlalchemy import Table, select, update

from narrator.domain.choices import DEFAULT_READING, Reading
from narrator.domain.documents import Document
from narrator.domain.ids import JobId
from narrator.domain.jobs import JobOptions
from narrator.domain.slots import SlotTerms
from narrator.domain.steps import Queue, StepState
from narrator.services.dispatch import dispatch
from narrator.services.hands import Hands
from narrator.services.kit import Rhythm, Services
from narrator.services.ports import Commission, RenderedChapter, TakeAudio
from narrator.services.slots import SlotKeeper
from narrator.services.submit import submit
from narrator.services.work import work
from narrator.storage import tables
from narrator.storage.chores import SqlChores
from narrator.storage.database import Database
from narrator.storage.jobs import SqlJobs
from narrator.storage.ledger import SqlLedger
from narrator.storage.lexicons import SqlLexicons
from narrator.storage.retention import SqlRetention
from narrator.storage.slots import SqlSlots
from narrator.storage.steps import SqlSteps
from narrator.storage.takes import SqlTakes
from tests.fakes.messenger import FakeFetcher, FakeMessenger, FakeScratch
from tests.fakes.objects import MemoryObjects
from tests.fakes.speaker import FakeDoorbell, FakeReader, FakeSpeaker
from tests.fakes.studio import FakeStudio
from tests.unit.services.conftest import document

ACCOUNT = "fake"
TERMS = SlotTerms(allowance=8, headroom=0)
WINDOW = dict.fromkeys(Queue, 100)
PATIENCE = 20.0
FENCED: tuple[Table, ...] = (
    tables.jobs,
    tables.chapters,
    tables.chunks,
    tables.steps,
    tables.takes,
    tables.artifacts,
)
"""What no late worker may change. The ledger is none of it: the late one says what it paid."""


class Gate:
    """Holds up the first that comes until it is opened."""

    def __init__(self) -> None:
        self.reached = Event()
        self.opened = Event()

    def __call__(self, *_: object) -> None:
        if not self.reached.is_set():
            self.reached.set()
            assert self.opened.wait(PATIENCE), "nobody opened the gate"


def shut_never(*_: object) -> None:
    """A gate that holds up nobody."""


@dataclass
class GatedReader(FakeReader):
    """A reader with a gate behind it."""

    gate: Callable[[], object] = shut_never

    def read(self, path: Path, *, name: str, reading: Reading = DEFAULT_READING) -> Document:
        read = super().read(path, name=name, reading=reading)
        self.gate()
        return read


class GatedStudio(FakeStudio):
    """A studio with a gate behind each thing that it does, by the thing's name."""

    def __init__(self, **gates: Callable[[], object]) -> None:
        super().__init__()
        self._gates = gates

    def pack(self, pcm: bytes) -> bytes:
        packed = super().pack(pcm)
        self._gates.get("pack", shut_never)()
        return packed

    def render(self, takes: Iterable[TakeAudio], commission: Commission) -> RenderedChapter:
        rendered = super().render(takes, commission)
        self._gates.get("render", shut_never)()
        return rendered

    def publish(self, *args: object, **options: object) -> None:
        super().publish(*args, **options)  # type: ignore[arg-type]
        self._gates.get("publish", shut_never)()


class LouderStudio(FakeStudio):
    """A studio of another release: what it makes has other bytes, hardly another sound."""

    def publish(self, *args: object, path: Path, **options: object) -> None:
        super().publish(*args, path=path, **options)  # type: ignore[arg-type]
        data = bytearray(path.read_bytes())
        data[len(data) // 2 & ~1] ^= 1
        path.write_bytes(data)


@dataclass
class Worker:
    """A process at work."""

    services: Services
    hands: Hands
    keeper: SlotKeeper

    def once(self, queue: Queue) -> bool:
        """Answer one ring."""
        return work(self.services, queue, hands=self.hands, keeper=self.keeper, going=lambda: True)

    def all(self) -> None:
        """Work until there is nothing to do at this moment."""
        dispatch(self.services)
        while any(self.once(queue) for queue in Queue):
            pass


@dataclass
class Installation:
    """One database, one object store, one account with the provider."""

    database: Database
    scratch: Path
    objects: MemoryObjects = field(default_factory=MemoryObjects)
    document: Document = field(
        default_factory=lambda: document(("Emma was handsome.",), ("She was clever.",))
    )

    def worker(self, owner: str, **ports: object) -> Worker:
        """A process of that name, with these ports instead of the usual ones."""
        database = self.database
        usual: dict[str, object] = {
            "jobs": SqlJobs(database),
            "steps": SqlSteps(database),
            "takes": SqlTakes(database),
            "slots": SqlSlots(database, account=ACCOUNT, terms=TERMS),
            "ledger": SqlLedger(database, account=ACCOUNT),
            "objects": self.objects,
            "speaker": FakeSpeaker(clock=time.monotonic),
            "studio": FakeStudio(),
            "reader": FakeReader(self.document),
            "doorbell": FakeDoorbell(),
            "chores": SqlChores(database),
            "retention": SqlRetention(database),
            "lexicons": SqlLexicons(database),
            "messenger": FakeMessenger(),
            "fetcher": FakeFetcher(),
            "leftovers": FakeScratch(),
        }
        services = Services(
            **(usual | ports),  # type: ignore[arg-type]
            speaker_name=ACCOUNT,
            rhythm=Rhythm(window=WINDOW),
            terms=TERMS,
            dice=lambda: 0.5,
            clock=time.monotonic,
            wait=Event().wait,
            scratch=self.scratch,
        )
        hands = Hands(owner, time.monotonic)
        return Worker(services, hands, SlotKeeper(services, owner, capacity=4))

    def submit(self, worker: Worker, number: int = 1) -> JobId:
        """Submit the document as job `number`."""
        path = self.scratch / "emma.txt"
        path.write_text("the document's own bytes")
        job_id = JobId(f"{number:032x}")
        submit(worker.services, path, name="emma.txt", options=JobOptions(), job_id=job_id)
        return job_id

    def end_leases(self) -> None:
        """Let every lease of a step run out."""
        running = tables.is_state(tables.steps.c.state, StepState.RUNNING)
        ended = {"lease_until": tables.steps.c.lease_until - 3_600}
        with self.database.write() as tx:
            tx.execute(update(tables.steps).where(running).values(ended))

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        """Everything that is guarded by fences."""
        with self.database.read() as tx:
            return {
                table.name: [
                    tuple(row)
                    for row in tx.execute(select(table).order_by(*table.primary_key.columns))
                ]
                for table in FENCED
            }


def held_up(worker: Worker, gate: Gate, queue: Queue) -> Thread:
    """A thread in which the worker does steps of a queue until the gate holds it up."""

    def run() -> None:
        while not gate.reached.is_set() and worker.once(queue):
            pass

    thread = Thread(target=run)
    thread.start()
    assert gate.reached.wait(PATIENCE), "the gate was never reached"
    return thread


def let_go(thread: Thread, gate: Gate) -> None:
    """Open the gate and let the late worker come to its end."""
    gate.opened.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()
