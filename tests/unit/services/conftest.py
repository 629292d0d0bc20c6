"""A whole Narrator in memory: every port a twin, the verbs the real ones."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest

from narrator.domain.documents import Chapter, Document, Metadata, Passage, PassageKind, Skip, Span
from narrator.domain.documents import SkipReason as Reason
from narrator.domain.ids import JobId
from narrator.domain.jobs import Job, JobOptions
from narrator.domain.slots import SlotTerms
from narrator.domain.steps import Claim, Queue
from narrator.services.hands import Hands
from narrator.services.kit import Rhythm, Services
from narrator.services.slots import SlotKeeper
from narrator.services.submit import submit
from narrator.services.work import work
from tests.fakes.chores import MemoryChores, MemoryRetention
from tests.fakes.ledger import MemoryLedger
from tests.fakes.lexicons import MemoryLexicons
from tests.fakes.messenger import FakeFetcher, FakeMessenger, FakeScratch
from tests.fakes.objects import MemoryObjects
from tests.fakes.slots import MemorySlots
from tests.fakes.speaker import FakeDoorbell, FakeReader, FakeSpeaker
from tests.fakes.store import MemoryStore
from tests.fakes.studio import FakeStudio

SPEAKER = "fake"
TERMS = SlotTerms(allowance=6, headroom=2)
WINDOW = {Queue.SPEECH: 100, Queue.AUDIO: 100}


@dataclass
class Clock:
    """Stands still until told to go on."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        """Let time go by."""
        self.now += seconds


P = ParamSpec("P")
T = TypeVar("T")


class Inline(Executor):
    """Does at once, in the caller's thread, what it is given."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        done: Future[T] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


@dataclass
class World:
    """The twins, and the services over them."""

    services: Services
    clock: Clock
    store: MemoryStore
    objects: MemoryObjects
    speaker: FakeSpeaker
    slots: MemorySlots
    ledger: MemoryLedger
    keeper: SlotKeeper
    hands: Hands
    reader: FakeReader
    doorbell: FakeDoorbell
    messenger: FakeMessenger
    source: Path
    options: JobOptions = field(default_factory=JobOptions)

    def submit(self, number: int = 1) -> Job:
        """Submit the document as job `number`."""
        return submit(
            self.services,
            self.source,
            name="emma.txt",
            options=self.options,
            job_id=JobId(f"{number:032x}"),
        )

    def work(self, going: Callable[[], bool] = lambda: True) -> None:
        """Let one worker of each queue work until there is nothing to do at this moment."""
        while any(self.work_once(queue, going) for queue in Queue):
            pass

    def work_once(self, queue: Queue, going: Callable[[], bool] = lambda: True) -> bool:
        """Answer one ring."""
        return work(self.services, queue, hands=self.hands, keeper=self.keeper, going=going)

    def plan(self, number: int = 1) -> Job:
        """Submit the document as job `number` and do its `plan` step; its slices are queued."""
        job = self.submit(number)
        assert self.work_once(Queue.AUDIO)
        return job

    def speak_as(self, speaker: str) -> None:
        """Go on as the fleet of another speaker."""
        slots = MemorySlots(self.store, speaker, TERMS, self.clock)
        self.swap(speaker_name=speaker, slots=slots)

    def swap(self, **ports: object) -> None:
        """Go on with other ports, in a process of its own."""
        self.services = replace(self.services, **ports)  # type: ignore[arg-type]
        self.keeper = self.another_keeper("worker")

    def another_keeper(self, owner: str = "other", *, capacity: int = 4) -> SlotKeeper:
        """The slots of another process, over the same rows."""
        return SlotKeeper(self.services, owner, capacity=capacity, threads=Inline())

    def claim(self) -> Claim:
        """Claim the next step of the audio queue, as a worker that then does nothing."""
        claim = self.store.claim(Queue.AUDIO, owner="worker", lease_seconds=30.0)
        assert claim is not None
        return claim

    def lease_of(self, claim: Claim) -> float:
        """Until when a claim is leased."""
        return self.store.steps_by_id[claim.step_id].until

    def later(self, seconds: float = 300.0) -> None:
        """Let time go by, long enough for any delay, and work."""
        self.clock.now += seconds
        self.keeper.beat()
        self.store.dispatch(WINDOW, queued_seconds=30)
        self.work()


def document(*chapters: tuple[str, ...]) -> Document:
    """A document of chapters of paragraphs, one line each."""
    source = ""
    made: list[Chapter] = []
    skips: list[Skip] = []
    for number, paragraphs in enumerate(chapters, start=1):
        passages: list[Passage] = []
        for text in paragraphs:
            span = Span(len(source), len(source) + len(text))
            passages.append(Passage(kind=PassageKind.PARAGRAPH, spans=(span,)))
            skips.append(Skip(span=Span(span.end, span.end + 1), reason=Reason.WHITESPACE))
            source += text + "\n"
        made.append(Chapter(number=number, title=f"Chapter {number}", passages=tuple(passages)))
    return Document(
        format="text",
        source=source,
        metadata=Metadata(title="Emma", creators=("Jane Austen",)),
        chapters=tuple(made),
        skips=tuple(skips),
    )


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A document of two chapters, submitted to nobody yet."""
    source = tmp_path / "emma.txt"
    source.write_text("the document's own bytes")
    clock = Clock()
    store, objects = MemoryStore(clock=clock), MemoryObjects(clock=clock)
    speaker, doorbell = FakeSpeaker(clock=clock), FakeDoorbell()
    slots = MemorySlots(store, SPEAKER, TERMS, clock)
    ledger, messenger = MemoryLedger(store), FakeMessenger()
    reader = FakeReader(document(("Emma was handsome.",), ("She was clever.",)))
    services = Services(
        jobs=store,
        steps=store,
        takes=store,
        slots=slots,
        ledger=ledger,
        objects=objects,
        speaker=speaker,
        studio=FakeStudio(),
        reader=reader,
        doorbell=doorbell,
        chores=MemoryChores(store),
        retention=MemoryRetention(store),
        lexicons=MemoryLexicons(),
        messenger=messenger,
        fetcher=FakeFetcher(),
        leftovers=FakeScratch(),
        speaker_name=SPEAKER,
        rhythm=Rhythm(window=WINDOW),
        terms=TERMS,
        dice=lambda: 0.5,
        clock=clock,
        wait=clock.wait,
        scratch=tmp_path,
    )
    return World(
        services=services,
        clock=clock,
        store=store,
        objects=objects,
        speaker=speaker,
        slots=slots,
        ledger=ledger,
        keeper=SlotKeeper(services, "worker", capacity=4, threads=Inline()),
        hands=Hands("worker", clock),
        reader=reader,
        doorbell=doorbell,
        messenger=messenger,
        source=source,
    )
