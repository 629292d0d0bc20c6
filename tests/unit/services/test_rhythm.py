"""Threads that repeat one thing."""

from dataclasses import dataclass, field, replace
from threading import Event, Semaphore

from narrator.domain.errors import StoreUnavailable
from narrator.services.rhythm import Every, heartbeat
from tests.contract.stage import until
from tests.unit.services.conftest import TERMS, World


def test_an_action_is_repeated_until_stopped() -> None:
    called = Semaphore(0)
    every = Every(0.01, called.release, name="test").start()
    for _ in range(3):
        assert called.acquire(timeout=5)

    every.stop()
    while called.acquire(blocking=False):
        pass
    assert not called.acquire(timeout=0.1)


def test_neither_an_absent_store_nor_a_defect_ends_the_thread() -> None:
    errors = [StoreUnavailable("gone"), ValueError("a defect")]
    calm = Event()

    def action() -> None:
        if errors:
            raise errors.pop()
        calm.set()

    every = Every(0.01, action, name="test").start()

    assert calm.wait(timeout=5)
    every.stop()


def test_what_goes_on_beside_starts_and_stops_with_it() -> None:
    called = Semaphore(0)
    beside = Every(0.01, called.release, name="beside")
    every = Every(0.01, int, name="test", beside=beside).start()
    assert called.acquire(timeout=5)

    every.stop()
    while called.acquire(blocking=False):
        pass
    assert not called.acquire(timeout=0.1)


@dataclass
class HeldUp:
    """A port through which nothing can be renewed until `free` is set."""

    port: object
    free: Event = field(default_factory=Event)

    def __getattr__(self, name: str) -> object:
        return getattr(self.port, name)

    def renew(self, *args: object, **options: object) -> object:
        assert self.free.wait(timeout=10)
        return self.port.renew(*args, **options)  # type: ignore[attr-defined]


def often(world: World) -> None:
    """Let the heart beat often."""
    world.swap(rhythm=replace(world.services.rhythm, heartbeat_seconds=0.01))


def test_claims_are_renewed_while_the_accounts_row_is_waited_for(world: World) -> None:
    often(world)
    world.submit()
    claim, slots = world.claim(), HeldUp(world.slots)
    world.swap(slots=slots)
    with world.hands.holding(claim):
        beating = heartbeat(world.services, world.hands, world.keeper).start()
        for _ in range(2):
            world.clock.wait(world.services.rhythm.lease_seconds - 1)
            until(lambda: world.lease_of(claim) > world.clock.now + 2 or None)
    slots.free.set()
    beating.stop()


def test_slots_are_renewed_while_claims_are_waited_for(world: World) -> None:
    often(world)
    world.plan()
    steps = HeldUp(world.store)
    world.swap(steps=steps)
    taken = world.keeper.take()
    assert taken is not None
    hold, claim = taken
    with world.hands.holding(claim):
        beating = heartbeat(world.services, world.hands, world.keeper).start()
        for _ in range(2):
            world.clock.wait(1)
            until(lambda: hold.good_until == world.clock.now + TERMS.hold_seconds or None)
    steps.free.set()
    beating.stop()
