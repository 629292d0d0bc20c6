"""The slots that a process has in hand."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import pytest

from narrator.domain.errors import (
    AccountFault,
    SpeechInterrupted,
    SpeechRefused,
    SpeechThrottled,
    SpeechUnavailable,
    StoreUnavailable,
)
from narrator.domain.jobs import JobOptions, JobState
from narrator.domain.slots import Sent, Slot
from narrator.domain.steps import Queue
from narrator.domain.voices import Voice
from narrator.services.holds import HeldSlot
from narrator.services.slots import SlotKeeper
from tests.fakes.slots import MemorySlots
from tests.fakes.speaker import FakeSpeaker
from tests.unit.services.conftest import SPEAKER, TERMS, Inline, P, T, World, document

OTHER = Voice(name="aura-2-apollo-en")


def take(keeper: SlotKeeper) -> HeldSlot:
    """A hold in hand, its claim let be."""
    taken = keeper.take()
    assert taken is not None
    return taken[0]


def used(world: World) -> int:
    """How many slots are somebody's."""
    return world.slots.account().used


def chapters(world: World, count: int) -> None:
    """Let the document have so many chapters, each a slice of its own."""
    world.reader.answer = document(
        *[(f"Chapter {number} has this to say.",) for number in range(count)]
    )


def test_without_queued_slices_no_slot_is_taken(world: World) -> None:
    assert world.keeper.take() is None
    assert used(world) == 0


def test_a_slot_comes_with_a_slice_of_its_voice(world: World) -> None:
    world.options = JobOptions(voice=OTHER)
    job = world.plan()
    taken = world.keeper.take()

    assert taken is not None
    hold, claim = taken
    assert hold.slot.voice == OTHER
    assert claim.job_id == job.id


def test_a_process_never_holds_more_than_its_capacity(world: World) -> None:
    chapters(world, 4)
    world.plan()
    keeper = world.another_keeper(capacity=2)

    assert [keeper.take() is not None for _ in range(3)] == [True, True, False]


def test_an_open_session_is_taken_before_a_fresh_slot(world: World) -> None:
    world.plan()
    first = take(world.keeper)
    world.keeper.give(first)

    assert take(world.keeper) is first


def test_a_fresh_slot_is_taken_before_one_whose_window_is_full(world: World) -> None:
    world.plan()
    full = take(world.keeper)
    full.note(TERMS.window_chars, world.clock.now)
    world.keeper.give(full)

    assert take(world.keeper) is not full


def test_where_there_is_no_other_a_slot_whose_window_is_full_is_taken(world: World) -> None:
    world.plan()
    keeper = world.another_keeper(capacity=1)
    full = take(keeper)
    full.note(TERMS.window_chars, world.clock.now)
    keeper.give(full)

    assert take(keeper) is full


def test_an_idle_slot_that_was_not_renewed_is_not_taken(world: World) -> None:
    world.plan()
    keeper = world.another_keeper(capacity=1)
    keeper.give(take(keeper))
    world.clock.wait(TERMS.hold_seconds / 2)

    assert keeper.take() is None


def test_a_slot_is_good_from_before_it_was_asked_for(world: World) -> None:
    world.plan()
    hold = take(world.keeper)
    assert hold.good_until == world.clock.now + TERMS.hold_seconds

    world.clock.wait(5)
    world.keeper.beat()
    assert hold.good_until == world.clock.now + TERMS.hold_seconds


def test_an_idle_session_is_closed_and_its_slot_released_in_the_end(world: World) -> None:
    world.plan()
    hold = take(world.keeper)
    world.keeper.give(hold)
    for _ in range(6):
        assert used(world) == 1
        world.clock.wait(5)
        world.keeper.beat()

    assert world.speaker.rested == [hold.slot]
    assert used(world) == 0


def test_a_busy_session_is_kept_however_long(world: World) -> None:
    world.plan()
    take(world.keeper)
    for _ in range(20):
        world.clock.wait(5)
        world.keeper.beat()

    assert used(world) == 1
    assert world.speaker.rested == []


def test_what_was_sent_is_handed_on_with_the_slot(world: World) -> None:
    world.plan(1)
    world.work()
    said = sum(map(len, world.speaker.said))
    world.keeper.close()
    chapters(world, 5)
    world.plan(2)
    other = world.another_keeper()
    inherited = [take(other).slot.sent for _ in range(4)]

    assert sum(sent.chars for each in inherited for sent in each) == said


class ForgetfulSpeaker(FakeSpeaker):
    """A speaker that does not know of the last utterance that it was permitted."""

    def rest(self, slot: Slot) -> tuple[Sent, ...]:
        return super().rest(slot)[:-1]


class AbsentSpeaker(FakeSpeaker):
    """A speaker that does not come round to closing sessions."""

    def rest(self, slot: Slot) -> tuple[Sent, ...]:
        return slot.sent


class HonestSpeaker(FakeSpeaker):
    """A speaker that says so when it does not come round to closing sessions."""

    def rest(self, slot: Slot) -> tuple[Sent, ...]:
        raise SpeechInterrupted(f"the session of slot {slot.number} could not be closed")


def speak_and_close(world: World, speaker: FakeSpeaker) -> int:
    """Speak all there is through one slot, then put it away; how many characters were sent."""
    speaker.clock = world.clock
    world.swap(speaker=speaker)
    world.keeper = world.another_keeper("worker", capacity=1)
    world.plan(1)
    world.work()
    world.keeper.close()
    return sum(map(len, speaker.said))


def heirs(world: World) -> list[int]:
    """What is inherited with each slot that another process can have, in characters."""
    chapters(world, 9)
    world.plan(2)
    other = world.another_keeper()
    taken = [taken for taken in (other.take() for _ in range(4)) if taken]
    return [sum(sent.chars for sent in hold.slot.sent) for hold, _ in taken]


def test_what_this_process_permitted_counts_though_the_speaker_knows_nothing_of_it(
    world: World,
) -> None:
    said = speak_and_close(world, ForgetfulSpeaker())

    assert heirs(world) == [0, 0, 0, said]


@pytest.mark.parametrize("kind", [AbsentSpeaker, HonestSpeaker])
def test_a_slot_whose_session_may_be_open_still_is_nobodys_until_its_lease_ends(
    world: World, kind: type[FakeSpeaker]
) -> None:
    speak_and_close(world, kind())
    assert used(world) == 1

    world.clock.wait(TERMS.hold_seconds + TERMS.grace_seconds)
    assert used(world) == 0
    assert heirs(world) == [0, 0, 0, TERMS.window_chars]


def test_a_slot_that_an_absent_speaker_sent_nothing_through_lately_goes_back(
    world: World,
) -> None:
    world.swap(speaker=AbsentSpeaker())
    world.plan()
    hold = take(world.keeper)
    world.keeper.give(hold)
    world.keeper.close()

    assert used(world) == 0


def test_a_slot_that_is_somebody_elses_by_now_is_lost_and_its_session_closed(
    world: World,
) -> None:
    world.plan()
    hold = take(world.keeper)
    world.slots.release_all()
    world.keeper.beat()

    assert not hold.wanted
    assert hold.good_until <= world.clock.now
    world.keeper.give(hold)
    assert world.speaker.rested == [hold.slot]


def test_a_slot_that_ran_out_and_was_granted_anew_is_held_once(world: World) -> None:
    chapters(world, 2)
    world.plan()
    before = take(world.keeper)
    world.clock.wait(TERMS.hold_seconds + TERMS.window_seconds)
    anew = take(world.keeper)
    world.keeper.beat()

    assert anew.slot.number == before.slot.number
    assert (before.wanted, anew.wanted) == (False, True)


def test_a_lost_slot_is_not_renewed_for_a_task_that_is_still_ending(world: World) -> None:
    """It ran out while there was room for fewer; nobody would give it back in the end."""
    chapters(world, 4)
    world.plan()
    mine, other = take(world.keeper), world.another_keeper()
    theirs = take(other)
    world.clock.wait(TERMS.hold_seconds)
    other.beat()
    world.clock.wait(TERMS.grace_seconds)
    world.slots.refused(SpeechThrottled("HTTP 429"), handshake_seconds=0.0, slot=theirs.slot)
    world.keeper.beat()
    assert mine.lost

    other.give(theirs)
    other.close()
    world.keeper.beat()
    assert used(world) == 0


def test_a_new_process_gets_slots_that_the_first_is_told_to_give_back(world: World) -> None:
    chapters(world, 12)
    world.plan()
    world.keeper.beat()
    mine = [take(world.keeper) for _ in range(4)]
    other = world.another_keeper()
    other.beat()
    assert other.take() is None

    world.keeper.beat()
    going = [hold for hold in mine if hold.wanted]
    assert len(going) == 2
    for hold in mine:
        world.keeper.give(hold)
    assert other.take() is not None
    assert other.take() is not None


def test_an_idle_surplus_slot_goes_back_before_a_busy_one(world: World) -> None:
    chapters(world, 12)
    world.plan()
    world.keeper.beat()
    mine = [take(world.keeper) for _ in range(4)]
    world.keeper.give(mine[3])
    world.another_keeper().beat()
    world.keeper.beat()

    assert world.speaker.rested == [mine[3].slot]
    assert sum(hold.wanted for hold in mine[:3]) == 2


def test_an_idle_session_makes_room_for_another_voice(world: World) -> None:
    world.plan(1)
    keeper = world.another_keeper(capacity=1)
    keeper.beat()
    hold = take(keeper)
    while keeper.claim(hold.slot.voice, first=True):
        pass
    keeper.give(hold)
    world.options = JobOptions(voice=OTHER)
    world.clock.wait(1)
    world.plan(2)
    keeper.beat()

    assert keeper.take() is None
    assert world.speaker.rested == [hold.slot]
    assert take(keeper).slot.voice == OTHER


def test_the_heartbeat_rings_for_slices_that_wait_while_slots_are_free(world: World) -> None:
    world.plan()
    world.doorbell.heard()
    world.keeper.beat()

    assert world.doorbell.heard() == {Queue.SPEECH: 2}


def test_the_heartbeat_rings_for_no_more_than_this_process_can_speak(world: World) -> None:
    chapters(world, 9)
    world.plan()
    keeper = world.another_keeper(capacity=3)
    take(keeper)
    world.doorbell.heard()
    keeper.beat()

    assert world.doorbell.heard() == {Queue.SPEECH: 2}


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
