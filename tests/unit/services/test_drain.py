"""The end of a process that is asked to stop."""

from dataclasses import dataclass, field
from threading import Event

import pytest

from narrator.domain.errors import LeaseLost, StoreUnavailable
from narrator.domain.jobs import Failure
from narrator.domain.steps import Claim, Queue, StepState
from narrator.services.drain import Drain
from tests.fakes.speaker import FakeSpeaker
from tests.unit.services.conftest import World

PATIENCE = 10.0


class ClosingSpeaker(FakeSpeaker):
    """Tells when it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.was_closed = Event()

    def close(self) -> None:
        self.was_closed.set()


@dataclass
class Ending:
    """A process with a claim in hand that is asked to stop."""

    world: World
    claim: Claim
    speaker: ClosingSpeaker
    drain: Drain
    abandoned: list[bool] = field(default_factory=list)

    def look_after(self, seconds: float) -> None:
        """Let time pass, and look."""
        self.world.clock.wait(seconds)
        self.drain.look()

    @property
    def seconds(self) -> float:
        """The set time."""
        return self.world.services.rhythm.drain_seconds

    def step(self) -> tuple[StepState, int]:
        """The claimed step's state and attempts."""
        step = self.world.store.steps_by_id[self.claim.step_id]
        return step.state, step.attempts


@pytest.fixture
def ending(world: World) -> Ending:
    """A process that is doing a `plan` step at the moment when it is asked to stop."""
    speaker = ClosingSpeaker()
    world.swap(speaker=speaker)
    world.submit()
    claim = world.claim()
    world.hands.take(claim)
    abandoned: list[bool] = []
    drain = Drain(
        world.services,
        world.hands,
        going=lambda: False,
        abandon=lambda: abandoned.append(True),
    )
    drain.look()
    return Ending(world, claim, speaker, drain, abandoned)


def test_while_a_process_goes_on_nothing_happens(world: World) -> None:
    abandoned: list[bool] = []
    drain = Drain(
        world.services, world.hands, going=lambda: True, abandon=lambda: abandoned.append(True)
    )
    for _ in range(3):
        drain.look()
        world.clock.wait(1_000)
    assert abandoned == []


def test_what_is_under_way_has_time_to_be_completed(ending: Ending) -> None:
    ending.look_after(ending.world.services.rhythm.completing_seconds - 1)
    assert not ending.speaker.was_closed.is_set()
    assert ending.step() == (StepState.RUNNING, 1)


def test_then_the_speaker_is_closed_so_that_the_ledger_can_name_what_is_cut(
    ending: Ending,
) -> None:
    ending.look_after(ending.world.services.rhythm.completing_seconds)
    assert ending.speaker.was_closed.wait(PATIENCE)
    assert ending.step() == (StepState.RUNNING, 1)
    assert ending.abandoned == []


def test_what_is_in_hand_after_the_set_time_is_given_back_uncounted(ending: Ending) -> None:
    ending.look_after(ending.seconds)
    assert ending.step() == (StepState.READY, 0)
    assert ending.abandoned == [True]


def test_what_is_given_back_may_be_claimed_at_once(ending: Ending) -> None:
    ending.look_after(ending.seconds)
    assert ending.world.store.dispatch({Queue.AUDIO: 1}, queued_seconds=30) == {Queue.AUDIO: 1}
    assert ending.world.claim().fence == ending.claim.fence + 1


@dataclass
class Refusing:
    """Steps that cannot be handed back."""

    error: Exception
    asked: int = 0

    def hand_back(
        self,
        claim: Claim,  # noqa: ARG002
        *,
        after_seconds: float = 0.0,  # noqa: ARG002
        counted: bool = True,  # noqa: ARG002
        failure: Failure | None = None,  # noqa: ARG002
    ) -> None:
        self.asked += 1
        raise self.error


@pytest.mark.parametrize("error", [LeaseLost("gone"), StoreUnavailable("away")])
def test_a_process_ends_in_time_although_nothing_can_be_given_back(
    world: World, error: Exception
) -> None:
    world.submit()
    world.hands.take(world.claim())
    refusing, abandoned = Refusing(error), []
    world.swap(steps=refusing)
    drain = Drain(
        world.services,
        world.hands,
        going=lambda: False,
        abandon=lambda: abandoned.append(True),
    )
    drain.look()
    world.clock.wait(world.services.rhythm.drain_seconds)
    drain.look()
    assert (refusing.asked, abandoned) == (1, [True])
