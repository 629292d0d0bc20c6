"""The keeper when its process ends, the provider refuses, or the database is away."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import pytest

from narrator.domain.errors import (
    AccountFault,
    SpeechRefused,
    SpeechThrottled,
    SpeechUnavailable,
    StoreUnavailable,
)
from narrator.domain.jobs import JobState
from narrator.domain.slots import Sent, Slot
from narrator.domain.voices import Voice
from narrator.services.slots import SlotKeeper
from tests.fakes.slots import MemorySlots
from tests.fakes.speaker import FakeSpeaker
from tests.unit.services.conftest import SPEAKER, TERMS, Inline, P, T, World
from tests.unit.services.keeping import chapters, take, used


def test_a_process_that_is_to_stop_takes_nothing(world: World) -> None:
    world.plan()
    keeper = SlotKeeper(world.services, "other", capacity=4, going=lambda: False)

    assert keeper.take() is None
    keeper.beat()
    assert world.slots.account().used == 0


def test_closing_gives_every_idle_slot_back_and_leaves(world: World) -> None:
    world.plan()
    hold = take(world.keeper)
    busy = take(world.keeper)
    world.keeper.give(hold)
    world.keeper.close()
    assert world.speaker.rested == [hold.slot]

    world.keeper.give(busy)
    assert world.speaker.rested == [hold.slot, busy.slot]
    assert used(world) == 0


def test_the_heartbeat_waits_for_no_provider(world: World) -> None:
    """A session whose close takes long is renewed until it is closed."""
    closing, closed = Event(), Event()

    class SlowSpeaker(FakeSpeaker):
        def rest(self, slot: Slot) -> tuple[Sent, ...]:
            closing.set()
            assert closed.wait(timeout=5)
            return super().rest(slot)

    world.plan()
    services = replace(world.services, speaker=SlowSpeaker())
    keeper = SlotKeeper(services, "other", capacity=1, idle_seconds=0)
    keeper.give(take(keeper))
    keeper.beat()
    assert closing.wait(timeout=5)
    world.clock.wait(TERMS.hold_seconds + TERMS.grace_seconds - 1)
    keeper.beat()
    world.clock.wait(TERMS.hold_seconds)
    assert used(world) == 1

    closed.set()
    keeper.close()
    assert used(world) == 0


def test_threads_never_take_more_than_the_process_may_hold(world: World) -> None:
    chapters(world, 12)
    world.plan()
    keeper = world.another_keeper(capacity=3)
    with ThreadPoolExecutor(6) as threads:
        taken = list(threads.map(lambda _: keeper.take(), range(6)))

    assert sum(each is not None for each in taken) == 3
    assert used(world) == 3


def test_a_refused_slot_goes_back_so_that_the_governor_says_who_tries_next(world: World) -> None:
    world.plan()
    hold = take(world.keeper)
    world.keeper.refused(hold, SpeechThrottled("HTTP 429"), 0.0)
    world.keeper.give(hold)

    assert used(world) == 0
    assert world.slots.account().ceiling == 1
    assert world.keeper.take() is None


def test_only_news_of_an_opened_session_is_reported(world: World) -> None:
    world.plan()
    world.keeper.connected(0.0)
    hold = take(world.keeper)
    world.keeper.refused(hold, AccountFault("HTTP 402"), 0.0)
    assert world.slots.account().fault is not None

    world.keeper.connected(0.0)
    assert world.slots.account().fault is None


def test_the_one_who_tries_an_open_circuit_tells_that_it_is_over(world: World) -> None:
    world.plan()
    world.keeper.beat()
    world.keeper.connected(0.1)
    elsewhere = Slot(number=5, fence=1, voice=Voice())
    for _ in range(3):
        world.slots.refused(
            SpeechUnavailable("no connection"), handshake_seconds=0.0, slot=elsewhere
        )
        world.clock.wait(10)
    assert world.slots.account().failures == 3

    take(world.keeper)
    world.keeper.connected(0.1)
    assert world.slots.account().failures == 0


def test_a_paused_account_is_tried_and_its_jobs_resume(world: World) -> None:
    job = world.plan()
    hold = take(world.keeper)
    world.keeper.refused(hold, AccountFault("HTTP 402"), 0.0)
    world.keeper.give(hold)
    world.keeper.beat()
    assert world.store.get(job.id).state is JobState.PAUSED
    assert world.speaker.probed == []

    world.clock.wait(TERMS.probe_seconds)
    world.keeper.beat()
    assert world.speaker.probed == [Voice()]
    assert world.store.get(job.id).state is JobState.RUNNING


def test_while_the_account_is_paused_idle_sessions_are_closed(world: World) -> None:
    """So that there is room for the socket that tries it, however long they might idle."""
    world.plan()
    idle, refused = take(world.keeper), take(world.keeper)
    world.keeper.give(idle)
    world.keeper.beat()
    assert world.speaker.rested == []

    world.keeper.refused(refused, AccountFault("HTTP 402"), 0.0)
    world.keeper.beat()
    assert world.speaker.rested == [idle.slot]


@pytest.mark.parametrize(
    ("error", "paused"), [(AccountFault("HTTP 401"), True), (SpeechRefused("no such voice"), False)]
)
def test_a_refused_probe_keeps_the_account_paused_unless_it_was_let_in(
    world: World, error: AccountFault | SpeechRefused, *, paused: bool
) -> None:
    world.plan()
    world.keeper.refused(take(world.keeper), AccountFault("HTTP 402"), 0.0)
    world.speaker.refusals.append(error)
    world.clock.wait(TERMS.probe_seconds)
    world.keeper.beat()

    assert (world.slots.account().fault is not None) is paused


class ShutThreads(Inline):
    """Threads that are shut down, until `shut` is false."""

    shut = True

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        if self.shut:
            raise RuntimeError("cannot schedule new futures after shutdown")
        return super().submit(fn, *args, **kwargs)


def test_a_probe_that_cannot_begin_keeps_no_later_one_from_it(world: World) -> None:
    threads = ShutThreads()
    keeper = SlotKeeper(world.services, "other", capacity=4, threads=threads)
    world.plan()
    world.keeper.refused(take(world.keeper), AccountFault("HTTP 402"), 0.0)
    world.clock.wait(TERMS.probe_seconds)
    keeper.beat()
    assert world.speaker.probed == []

    threads.shut = False
    world.clock.wait(TERMS.probe_seconds)
    keeper.beat()
    assert world.speaker.probed == [Voice()]


class AbsentSlots(MemorySlots):
    """Slots whose database is away."""

    def acquire(self, owner: str) -> Slot | None:
        raise StoreUnavailable(f"the database is away from {owner}")


def test_without_a_database_no_slot_is_taken_and_nothing_breaks(world: World) -> None:
    world.plan()
    absent = AbsentSlots(world.store, SPEAKER, TERMS, world.clock)
    keeper = SlotKeeper(replace(world.services, slots=absent), "other", capacity=4)

    assert keeper.take() is None
