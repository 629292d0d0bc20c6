"""The slots that a process has in hand."""

from collections.abc import Sequence

from narrator.domain.errors import SpeechInterrupted, SpeechThrottled
from narrator.domain.jobs import JobOptions
from narrator.domain.slots import Sent, Slot, SlotTerms, Standing
from narrator.domain.steps import Queue
from tests.fakes.slots import MemorySlots
from tests.fakes.speaker import FakeSpeaker
from tests.unit.services.conftest import SPEAKER, TERMS, Clock, World
from tests.unit.services.keeping import OTHER, chapters, take, used


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


def test_a_slot_is_good_for_as_long_as_it_is_renewed_for(world: World) -> None:
    world.plan()
    hold = take(world.keeper)
    assert hold.good_until == world.clock.now + TERMS.hold_seconds

    world.clock.wait(5)
    world.keeper.beat()
    assert hold.good_until == world.clock.now + TERMS.hold_seconds


WAIT_SECONDS = 4.0


class SlowSlots(MemorySlots):
    """Slots whose account's row has to be waited for."""

    def acquire(self, owner: str) -> Slot | None:
        self._wait()
        return super().acquire(owner)

    def renew(self, owner: str, held: Sequence[Slot], *, capacity: int) -> Standing:
        self._wait()
        return super().renew(owner, held, capacity=capacity)

    def _wait(self) -> None:
        assert isinstance(self.clock, Clock)
        self.clock.wait(WAIT_SECONDS)


def test_the_time_of_a_slot_counts_from_before_it_was_asked_for(world: World) -> None:
    """Nobody can say when between question and answer the database's clock was read."""
    world.swap(slots=SlowSlots(world.store, SPEAKER, TERMS, world.clock))
    world.plan()
    hold = take(world.keeper)
    assert hold.good_until == world.clock.now - WAIT_SECONDS + TERMS.hold_seconds

    world.keeper.beat()
    assert hold.good_until == world.clock.now - WAIT_SECONDS + TERMS.hold_seconds


def test_what_came_with_a_slot_is_no_older_than_the_database_says(world: World) -> None:
    terms = SlotTerms(allowance=1, headroom=0)
    world.swap(slots=SlowSlots(world.store, SPEAKER, terms, world.clock))
    world.plan()
    sent_at, slot = world.clock.now, take(world.keeper).slot
    sent = Sent(seconds_ago=world.clock.now - sent_at, chars=100)
    world.services.slots.release(slot, [sent])
    heir = take(world.another_keeper())

    assert heir.history(world.clock.now) == (
        Sent(seconds_ago=world.clock.now - sent_at, chars=100),
    )


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


def test_a_slot_whose_session_may_be_open_still_is_nobodys_until_its_lease_ends(
    world: World,
) -> None:
    speak_and_close(world, AbsentSpeaker())
    assert used(world) == 1

    world.clock.wait(TERMS.hold_seconds + TERMS.grace_seconds)
    assert used(world) == 0
    assert heirs(world) == [0, 0, 0, TERMS.window_chars]


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


def test_a_seat_at_work_leaves_what_waits_to_slots_that_are_free(world: World) -> None:
    world.plan()
    keeper = world.another_keeper(capacity=3)
    hold = take(keeper)
    keeper.beat()

    assert keeper.claim(hold.slot.voice, first=False) is None
    assert keeper.claim(hold.slot.voice, first=True) is not None


def test_a_seat_at_work_claims_what_waits_where_no_slot_is_free(world: World) -> None:
    world.plan()
    keeper = world.another_keeper(capacity=1)
    hold = take(keeper)
    keeper.beat()

    assert keeper.claim(hold.slot.voice, first=False) is not None
