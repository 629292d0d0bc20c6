"""What the tests of a stay at a slot share."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from narrator.domain.errors import StoreUnavailable
from narrator.domain.ids import JobId, ObjectKey, TakeKey
from narrator.domain.ledger import Outcome, Sending, Sums
from narrator.domain.slots import Slot
from narrator.domain.steps import Claim, StepKind, StepState
from narrator.domain.takes import Take
from narrator.services.holds import HeldSlot
from narrator.services.narrate import Narration
from tests.fakes.ledger import MemoryLedger
from tests.fakes.store import MemoryStore
from tests.fakes.studio import FakeStudio
from tests.unit.services.conftest import World, document

TAKE = Take(
    key=TakeKey(""),
    object_key=ObjectKey("takes/gone.flac"),
    sha256="a" * 64,
    samples=1,
    chars=1,
    model_version="tone-1",
)
ONE, TWO, THREE = "The first has this to say.", "The second says that.", "The third is silent."


def chapters(world: World, *texts: str) -> None:
    """Let the document have these chapters, each a slice of its own."""
    world.reader.answer = document(*[(text,) for text in texts])


def slices(world: World, state: StepState) -> int:
    """How many slices are in a state."""
    return world.store.counts().get((StepKind.SLICE, state), 0)


def chars(world: World) -> dict[Outcome, int]:
    """Characters in the ledger, by outcome."""
    return dict(world.ledger.sums().chars)


def speak(world: World) -> HeldSlot:
    """Answer one ring of the speech queue; the hold that was used."""
    taken = world.keeper.take()
    assert taken is not None
    hold, claim = taken
    Narration(world.services, world.keeper, world.hands, hold, going=lambda: True).run(claim)
    world.keeper.give(hold)
    return hold


def long_slice(world: World) -> None:
    """Let the document be one slice of several chunks."""
    world.reader.answer = document((ONE * 16, TWO * 16, THREE * 16))


def alone(world: World) -> None:
    """Let there be one seat in the whole fleet, so that nothing is spread."""
    world.keeper = world.another_keeper("worker", capacity=1)


def attempts(world: World) -> set[int]:
    """How many attempts at its slices count."""
    return {s.attempts for s in world.store.steps_by_id.values() if s.kind is StepKind.SLICE}


class MeanwhileStudio(FakeStudio):
    """Something happens while it packs a take."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__()
        self._meanwhile = meanwhile

    def pack(self, pcm: bytes) -> bytes:
        self._meanwhile()
        return super().pack(pcm)


@dataclass
class AbsentLedger:
    """A ledger that is away for its next `beginnings` and `endings`."""

    ledger: MemoryLedger
    beginnings: int = 0
    endings: int = 0

    def begin(self, claim: Claim, sendings: Sequence[Sending], *, slot: Slot) -> None:
        if self.beginnings:
            self.beginnings -= 1
            raise StoreUnavailable("the ledger is away")
        self.ledger.begin(claim, sendings, slot=slot)

    def end(
        self, claim: Claim, key: TakeKey, outcome: Outcome, *, request_id: str = "", code: str = ""
    ) -> None:
        if self.endings:
            self.endings -= 1
            raise StoreUnavailable("the ledger is away")
        self.ledger.end(claim, key, outcome, request_id=request_id, code=code)

    def sums(self, job_id: JobId | None = None) -> Sums:
        return self.ledger.sums(job_id)


class BrokenLedger(MemoryLedger):
    """A ledger with a defect: it ends no row of an utterance that was cut."""

    def end(
        self, claim: Claim, key: TakeKey, outcome: Outcome, *, request_id: str = "", code: str = ""
    ) -> None:
        if outcome is Outcome.CUT:
            raise ZeroDivisionError
        super().end(claim, key, outcome, request_id=request_id, code=code)


@dataclass
class FleetingTakes:
    """Takes of which each is gone as soon as it is found."""

    takes: MemoryStore

    def __getattr__(self, name: str) -> object:
        return getattr(self.takes, name)

    def find(self, keys: Iterable[TakeKey]) -> dict[TakeKey, Take]:
        return {key: replace(TAKE, key=key) for key in keys}


@dataclass
class BrokenSteps:
    """Steps with a defect in one of their verbs."""

    steps: MemoryStore
    verb: str

    def __getattr__(self, name: str) -> object:
        return self.break_down if name == self.verb else getattr(self.steps, name)

    def break_down(self, *_: object, **__: object) -> None:
        raise ZeroDivisionError
