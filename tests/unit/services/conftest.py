"""A whole Narrator in memory: every port a twin, the verbs the real ones."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from narrator.domain.documents import Chapter, Document, Metadata, Passage, PassageKind, Skip, Span
from narrator.domain.documents import SkipReason as Reason
from narrator.domain.ids import JobId
from narrator.domain.jobs import Job, JobOptions
from narrator.domain.steps import Claim, Queue
from narrator.services.hands import Hands
from narrator.services.kit import Rhythm, Services
from narrator.services.submit import submit
from narrator.services.work import work
from tests.fakes.objects import MemoryObjects
from tests.fakes.speaker import FakeDoorbell, FakeReader, FakeSpeaker
from tests.fakes.store import MemoryStore
from tests.fakes.studio import FakeStudio

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


@dataclass
class World:
    """The twins, and the services over them."""

    services: Services
    clock: Clock
    store: MemoryStore
    objects: MemoryObjects
    speaker: FakeSpeaker
    reader: FakeReader
    doorbell: FakeDoorbell
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
        hands = Hands("worker", self.clock)
        while any(work(self.services, queue, hands=hands, going=going) for queue in Queue):
            pass

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
    store, objects = MemoryStore(clock=clock), MemoryObjects()
    speaker, doorbell = FakeSpeaker(), FakeDoorbell()
    reader = FakeReader(document(("Emma was handsome.",), ("She was clever.",)))
    return World(
        services=Services(
            jobs=store,
            steps=store,
            takes=store,
            objects=objects,
            speaker=speaker,
            studio=FakeStudio(),
            reader=reader,
            doorbell=doorbell,
            speaker_name="fake",
            rhythm=Rhythm(window=WINDOW),
            dice=lambda: 0.5,
            clock=clock,
            wait=clock.wait,
            scratch=tmp_path,
        ),
        clock=clock,
        store=store,
        objects=objects,
        speaker=speaker,
        reader=reader,
        doorbell=doorbell,
        source=source,
    )
