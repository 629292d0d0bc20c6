"""Which leases a process renews."""

import pytest

from narrator.domain.ids import JobId, StepId
from narrator.domain.steps import Claim, StepKind
from narrator.services.hands import PROGRESS_SECONDS, Hands
from narrator.services.rhythm import heartbeat
from tests.contract.stage import until
from tests.unit.services.conftest import Clock, World


def claim(kind: StepKind = StepKind.SLICE) -> Claim:
    """A claim of a step of some kind."""
    return Claim(step_id=StepId(1), job_id=JobId("j"), kind=kind, fence=1, attempts=1)


def test_a_claim_is_renewed_while_it_is_in_hand() -> None:
    hands = Hands("me", Clock())
    with hands.holding(claim()):
        assert hands.renewable() == [claim()]
    assert hands.renewable() == []


def test_a_claim_is_let_go_when_its_step_ends_with_an_error() -> None:
    hands = Hands("me", Clock())
    with pytest.raises(ValueError, match="a defect"), hands.holding(claim()):
        raise ValueError("a defect")
    assert hands.renewable() == []


@pytest.mark.parametrize("kind", StepKind)
def test_a_step_without_progress_is_let_go_in_the_end(kind: StepKind) -> None:
    clock = Clock()
    hands = Hands("me", clock)
    with hands.holding(claim(kind)):
        clock.wait(PROGRESS_SECONDS[kind])
        assert hands.renewable() == []


def test_progress_keeps_a_step_in_hand() -> None:
    clock = Clock()
    hands = Hands("me", clock)
    with hands.holding(claim()):
        for _ in range(3):
            clock.wait(PROGRESS_SECONDS[StepKind.SLICE] - 1)
            hands.progressed(claim())
        assert hands.renewable() == [claim()]


def test_the_heartbeat_renews_what_is_in_hand_and_nothing_else(world: World) -> None:
    world.submit(1)
    world.submit(2)
    held, forgotten = (world.claim() for _ in range(2))
    hands = Hands("worker", world.clock)
    with hands.holding(held):
        world.clock.wait(world.services.rhythm.lease_seconds - 1)
        beating = heartbeat(world.services, hands, world.keeper).start()
        until(lambda: world.lease_of(held) > world.clock.now + 2 or None)
        beating.stop()
    assert world.lease_of(forgotten) < world.clock.now + 2
