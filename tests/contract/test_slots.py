"""The port `Slots`: the governor."""

import pytest

from narrator.domain.errors import SpeechThrottled
from narrator.domain.faults import Fault
from narrator.domain.slots import Sent, Slot
from tests.contract.fleet import APOLLO, THALIA, Fleet, take
from tests.contract.stage import together

THROTTLE = SpeechThrottled("HTTP 429", fault=Fault.HANDSHAKE_429)
HOLD, GRACE = 30.0, 45.0  # the terms' defaults


def window(slot: Slot) -> list[tuple[float, int]]:
    """How long ago what was sent, that the slot inherits."""
    return [(sent.seconds_ago, sent.chars) for sent in slot.sent]


def near(seconds: float) -> object:
    """Equal to about so many seconds."""
    return pytest.approx(seconds, abs=1)


def numbers(slots: list[Slot]) -> list[int]:
    return sorted(slot.number for slot in slots)


# ------------------------------------------------------------------------------------- acquiring


def test_a_slot_is_had_for_the_voice_that_waits(fleet: Fleet) -> None:
    fleet.queue(1, voice=APOLLO)
    slot = fleet.slots().acquire("a")
    assert slot == Slot(number=0, fence=1, voice=APOLLO)


def test_no_slot_is_had_while_nothing_is_queued(fleet: Fleet) -> None:
    assert fleet.slots().acquire("a") is None


def test_slices_for_another_speaker_are_not_waited_on(fleet: Fleet) -> None:
    fleet.queue(1)
    assert fleet.slots(4, account="deepgram").acquire("a") is None


def test_slices_of_a_cancelled_job_ask_for_no_slot(fleet: Fleet) -> None:
    fleet.store.jobs.cancel(fleet.queue(1))
    assert fleet.slots().acquire("a") is None


def test_slices_of_a_paused_job_ask_for_no_slot(fleet: Fleet) -> None:
    fleet.store.jobs.pause(fleet.queue(1))
    assert fleet.slots().acquire("a") is None


def test_no_more_slots_are_had_than_there_are(fleet: Fleet) -> None:
    fleet.queue(9)
    assert numbers(take(fleet.slots(3), 5)) == [0, 1, 2]
    assert fleet.slots(3).account().used == 3


def test_two_accounts_share_no_slots(fleet: Fleet) -> None:
    fleet.queue(9)
    take(fleet.slots(3), 3)
    assert fleet.slots(3, account="deepgram").account().used == 0


@pytest.mark.parametrize("owners", [1, 4])
def test_those_who_ask_at_the_same_moment_get_no_more_than_there_are(
    fleet: Fleet, owners: int
) -> None:
    fleet.queue(30)
    slots = fleet.slots(5)

    def ask(owner: str) -> list[Slot]:
        return take(slots, 3, owner)

    answers = together(*(lambda n=n: ask(f"owner {n % owners}") for n in range(8)))
    granted = [slot for answer in answers if isinstance(answer, list) for slot in answer]
    assert numbers(granted) == [0, 1, 2, 3, 4]
    assert not [answer for answer in answers if isinstance(answer, Exception)]


def test_voices_share_the_slots_evenly(fleet: Fleet) -> None:
    fleet.queue(9, voice=THALIA, number=1)
    fleet.queue(9, voice=APOLLO, number=2)
    voices = [slot.voice for slot in take(fleet.slots(4), 4)]
    assert (voices.count(THALIA), voices.count(APOLLO)) == (2, 2)


# ------------------------------------------------------------------------- windows and fences


def test_a_slot_that_was_given_back_hands_its_window_on(fleet: Fleet) -> None:
    fleet.queue(9)
    slots = fleet.slots(1)
    (slot,) = take(slots, 1)
    slots.release(slot, [Sent(seconds_ago=50, chars=300), Sent(seconds_ago=2, chars=400)])
    fleet.later(4)
    (heir,) = take(slots, 1, "b")
    assert (heir.number, heir.fence) == (slot.number, slot.fence + 1)
    assert window(heir) == [(near(54), 300), (near(6), 400)]


def test_what_left_the_window_is_not_inherited(fleet: Fleet) -> None:
    fleet.queue(9)
    slots = fleet.slots(1)
    (slot,) = take(slots, 1)
    slots.release(slot, [Sent(seconds_ago=70, chars=300), Sent(seconds_ago=50, chars=400)])
    fleet.later(20)
    assert take(slots, 1, "b")[0].sent == ()


def test_the_slot_that_sent_least_lately_is_chosen(fleet: Fleet) -> None:
    fleet.queue(9)
    slots = fleet.slots(3)
    first, second, third = take(slots, 3)
    slots.release(first, [Sent(seconds_ago=2, chars=900)])
    slots.release(second, [Sent(seconds_ago=2, chars=300)])
    slots.release(third, [Sent(seconds_ago=2, chars=600)])
    assert [slot.number for slot in take(slots, 3)] == [1, 2, 0]


def test_a_dead_holders_slot_is_taken_through_its_grace(fleet: Fleet) -> None:
    fleet.queue(9)
    slots = fleet.slots(1)
    take(slots, 1)
    fleet.later(HOLD + GRACE - 2)
    assert (slots.acquire("b"), slots.account().used) == (None, 1)


def test_a_dead_holders_slot_comes_back_with_a_full_window(fleet: Fleet) -> None:
    """Its holder may have sent until it had to stop, 45 s before anybody else gets it."""
    fleet.queue(9)
    slots = fleet.slots(1)
    take(slots, 1)
    fleet.later(HOLD + GRACE + 1)
    (heir,) = take(slots, 1, "b")
    assert heir.fence == 2
    assert window(heir) == [(near(GRACE + 1), 2_352)]


def test_a_window_ends_also_where_nobody_told_what_was_in_it(fleet: Fleet) -> None:
    fleet.queue(9)
    slots = fleet.slots(1)
    take(slots, 1)
    fleet.later(HOLD + 62)
    assert take(slots, 1, "b")[0].sent == ()


def test_a_late_holder_cannot_give_back_what_is_anothers(fleet: Fleet) -> None:
    fleet.queue(9)
    slots = fleet.slots(1)
    (late,) = take(slots, 1)
    fleet.later(HOLD + GRACE + 1)
    take(slots, 1, "b")
    slots.release(late, [])
    assert (slots.account().used, slots.acquire("c")) == (1, None)


def test_giving_back_twice_changes_nothing(fleet: Fleet) -> None:
    """The first commit may have succeeded without its caller hearing of it."""
    fleet.queue(9)
    slots = fleet.slots(1)
    (slot,) = take(slots, 1)
    for chars in (300, 0):
        slots.release(slot, [Sent(seconds_ago=0, chars=chars)])
    assert [sent.chars for sent in take(slots, 1)[0].sent] == [300]


# -------------------------------------------------------------------------------------- renewing


def test_a_holder_that_renews_keeps_its_slots(fleet: Fleet) -> None:
    fleet.queue(9)
    slots = fleet.slots(2)
    held = take(slots, 2)
    for _ in range(3):
        fleet.later(HOLD)
        assert slots.renew("a", held, capacity=2).held == {0, 1}
    assert slots.account().used == 2


def test_a_late_holder_renews_nothing_that_is_anothers(fleet: Fleet) -> None:
    fleet.queue(9)
    slots = fleet.slots(1)
    late = take(slots, 1)
    fleet.later(HOLD + GRACE + 1)
    take(slots, 1, "b")
    assert slots.renew("a", late, capacity=1).held == frozenset()


def test_a_stale_fence_renews_nothing(fleet: Fleet) -> None:
    """The slot is the same owner's again, but another thread of it has it."""
    fleet.queue(9)
    slots = fleet.slots(1)
    stale = take(slots, 1)
    fleet.later(HOLD + GRACE + 1)
    take(slots, 1)
    assert slots.renew("a", stale, capacity=1).held == frozenset()


def test_nobody_renews_what_is_anothers(fleet: Fleet) -> None:
    fleet.queue(9)
    slots = fleet.slots(1)
    held = take(slots, 1)
    assert slots.renew("b", held, capacity=1).held == frozenset()


def test_what_was_given_back_is_not_renewed(fleet: Fleet) -> None:
    fleet.queue(9)
    slots = fleet.slots(1)
    held = take(slots, 1)
    slots.release(held[0], [])
    assert slots.renew("a", held, capacity=1).held == frozenset()


def test_a_holder_that_was_long_away_renews_what_nobody_took(fleet: Fleet) -> None:
    fleet.queue(9)
    slots = fleet.slots(2)
    held = take(slots, 2)
    fleet.later(HOLD + GRACE + 1)
    assert slots.renew("a", held, capacity=2).held == {0, 1}
    assert slots.acquire("b") is None


def test_a_holder_that_was_long_away_gets_no_more_than_there_is_room_for(fleet: Fleet) -> None:
    """Another had the shrunk ceiling's only slot meanwhile, under another number."""
    fleet.queue(9)
    slots = fleet.slots(2)
    first, second = take(slots, 2)
    fleet.later(HOLD + GRACE + 1)
    slots.refused(THROTTLE, handshake_seconds=0, slot=first)
    fleet.later(3)
    (other,) = take(slots, 1, "b")
    spare = second if other.number == first.number else first
    assert slots.renew("a", [spare], capacity=2).held == frozenset()


def test_a_holder_learns_what_there_is(fleet: Fleet) -> None:
    fleet.queue(9)
    slots = fleet.slots(4)
    held = take(slots, 1)
    slots.renew("b", [], capacity=2)
    standing = slots.renew("a", held, capacity=1)
    assert (standing.seats, standing.free, standing.queued) == (3, 2, 9)
    assert (standing.account.ceiling, standing.account.used) == (4, 1)
    assert (standing.give_back, standing.probe) == ({}, None)


def test_one_that_was_not_seen_for_long_counts_no_more(fleet: Fleet) -> None:
    slots = fleet.slots(4)
    slots.renew("b", [], capacity=2)
    fleet.later(HOLD + 1)
    assert slots.renew("a", [], capacity=1).seats == 1


def test_one_that_leaves_counts_no_more(fleet: Fleet) -> None:
    slots = fleet.slots(4)
    slots.renew("b", [], capacity=2)
    slots.leave("b")
    assert slots.renew("a", [], capacity=1).seats == 1


# ---------------------------------------------------------------------------------------- shares


def test_a_new_owner_gets_what_others_are_told_to_give_back(fleet: Fleet) -> None:
    fleet.queue(9)
    slots = fleet.slots(4)
    held = take(slots, 4)
    slots.renew("b", [], capacity=4)
    assert slots.renew("a", held, capacity=4).give_back == {THALIA: 2}
    for slot in held[:2]:
        slots.release(slot, [])
    assert slots.renew("a", held[2:], capacity=4).give_back == {}
    assert (slots.acquire("a"), len(take(slots, 2, "b"))) == (None, 2)


def test_a_new_voice_gets_what_others_are_told_to_give_back(fleet: Fleet) -> None:
    fleet.queue(9, number=1)
    slots = fleet.slots(4)
    held = take(slots, 4)
    fleet.queue(9, voice=APOLLO, number=2)
    assert slots.renew("a", held, capacity=4).give_back == {THALIA: 2}
    slots.release(held[0], [])
    assert [slot.voice for slot in take(slots, 1)] == [APOLLO]


def test_nothing_is_given_back_while_nobody_waits(fleet: Fleet) -> None:
    job = fleet.queue(4)
    slots = fleet.slots(4)
    held = take(slots, 4)
    fleet.store.jobs.cancel(job)
    slots.renew("b", [], capacity=4)
    assert slots.renew("a", held, capacity=4).give_back == {}


def test_the_slots_of_the_dead_are_shared_by_nobody(fleet: Fleet) -> None:
    fleet.queue(9)
    slots = fleet.slots(4)
    take(slots, 2, "dead")
    fleet.later(HOLD + 1)
    slots.renew("a", [], capacity=4)
    slots.renew("b", [], capacity=4)
    assert len(take(slots, 2, "a")) == 1
    assert len(take(slots, 2, "b")) == 1


# ------------------------------------------------------------------------------------ all at once


def test_every_slot_is_freed_at_once_with_a_full_window(fleet: Fleet) -> None:
    fleet.queue(9)
    slots = fleet.slots(2)
    held = take(slots, 2)
    slots.renew("a", held, capacity=2)
    assert slots.release_all() == 2
    assert (slots.account().used, slots.renew("b", [], capacity=1).seats) == (0, 1)
    (heir,) = take(slots, 1, "b")
    assert window(heir) == [(near(0), 2_352)]
    assert slots.renew("a", held, capacity=2).held == frozenset()


def test_freeing_what_is_free_changes_nothing(fleet: Fleet) -> None:
    assert fleet.slots().release_all() == 0
