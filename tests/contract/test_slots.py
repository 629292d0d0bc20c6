"""The port `Slots`: the governor."""

import pytest

from narrator.domain.errors import (
    AccountFault,
    NarratorError,
    SpeechInterrupted,
    SpeechRefused,
    SpeechThrottled,
    SpeechUnavailable,
)
from narrator.domain.faults import Fault
from narrator.domain.jobs import FOR_ACCOUNT, JobState
from narrator.domain.slots import Account, Sent, Slot
from narrator.domain.steps import Queue
from narrator.services.ports import Slots
from tests.contract.fleet import APOLLO, THALIA, Fleet
from tests.contract.stage import BOOK, LONG, job_id, together

THROTTLE = SpeechThrottled("HTTP 429", fault=Fault.HANDSHAKE_429)
OUTAGE = SpeechUnavailable("no connection", fault=Fault.NO_CONNECTION)
NO_CREDITS = AccountFault("HTTP 402, request r-1", remedy="add credits", fault=Fault.HANDSHAKE_402)
NO_SUCH_VOICE = SpeechRefused("HTTP 400", fault=Fault.HANDSHAKE_400)
OTHER = Slot(number=0, fence=1, voice=THALIA)
HOLD, GRACE = 30.0, 45.0  # the terms' defaults


def take(slots: Slots, how_many: int, owner: str = "a") -> list[Slot]:
    """So many slots for one owner, which must get them."""
    taken = [slots.acquire(owner) for _ in range(how_many)]
    return [slot for slot in taken if slot is not None]


def window(slot: Slot) -> list[tuple[float, int]]:
    """How long ago what was sent, that the slot inherits."""
    return [(sent.seconds_ago, sent.chars) for sent in slot.sent]


def near(seconds: float) -> object:
    """Equal to about so many seconds."""
    return pytest.approx(seconds, abs=1)


def numbers(slots: list[Slot]) -> list[int]:
    return sorted(slot.number for slot in slots)


def refuse(
    slots: Slots, error: NarratorError, *, times: int = 1, seconds: float = 0.0, slot: Slot = OTHER
) -> Account:
    """Let a handshake fail so often; how the account stands then."""
    for _ in range(times):
        slots.refused(error, handshake_seconds=seconds, slot=slot)
    return slots.account()


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
    fleet.pause(fleet.queue(1), "operator")
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


# ------------------------------------------------------------------------------- too many sockets


def test_a_429_shrinks_the_ceiling_for_all(fleet: Fleet) -> None:
    fleet.queue(30)
    slots = fleet.slots(20)
    take(slots, 10)
    account = refuse(slots, THROTTLE)
    assert (account.ceiling, account.used) == (8, 10)
    assert slots.acquire("b") is None


def test_those_who_were_refused_at_the_same_time_shrink_the_ceiling_once(fleet: Fleet) -> None:
    fleet.queue(30)
    slots = fleet.slots(20)
    take(slots, 10)
    refuse(slots, THROTTLE)
    fleet.later(1)
    assert refuse(slots, THROTTLE, times=5, seconds=2).ceiling == 8
    assert refuse(slots, THROTTLE, seconds=0.1).ceiling == pytest.approx(6.4)


def test_a_shrunk_ceiling_is_given_back_to(fleet: Fleet) -> None:
    fleet.queue(30)
    slots = fleet.slots(20)
    held = take(slots, 10)
    refuse(slots, THROTTLE)
    assert slots.renew("a", held, capacity=10).give_back == {THALIA: 2}


def test_a_shrunk_ceiling_grows_back_by_one_at_a_time(fleet: Fleet) -> None:
    fleet.queue(30)
    slots = fleet.slots(12)
    take(slots, 10)
    refuse(slots, THROTTLE)
    grown = []
    for _ in range(5):
        fleet.later(30)
        slots.renew("a", [], capacity=10)
        grown.append(slots.account().ceiling)
    assert grown == [9, 10, 11, 12, 12]


# ----------------------------------------------------------------------------------- the circuit


def test_after_an_outage_there_is_a_short_rest(fleet: Fleet) -> None:
    fleet.queue(9)
    slots = fleet.slots()
    assert refuse(slots, OUTAGE).failures == 1
    assert slots.acquire("a") is None
    fleet.later(2)
    assert len(take(slots, 2)) == 2


def test_three_failures_open_the_circuit_for_one_try_at_a_time(fleet: Fleet) -> None:
    fleet.queue(9)
    slots = fleet.slots()
    for _ in range(3):
        assert slots.acquire("a") is None or slots.account().failures < 3
        refuse(slots, OUTAGE)
        fleet.later(61)
    assert slots.renew("a", [], capacity=4).free == 1
    assert len(take(slots, 4)) == 1
    assert slots.renew("a", [], capacity=4).free == 0
    fleet.later(16)
    assert len(take(slots, 4)) == 1


def test_a_session_that_opens_closes_the_circuit(fleet: Fleet) -> None:
    fleet.queue(9)
    slots = fleet.slots()
    for _ in range(4):
        refuse(slots, OUTAGE)
        fleet.later(61)
    slots.opened(handshake_seconds=0.1)
    assert slots.account().failures == 0
    assert len(take(slots, 4)) == 4


@pytest.mark.parametrize(
    "error",
    [
        NO_SUCH_VOICE,
        SpeechInterrupted("our slot ended", fault=Fault.SLOT_ENDED),
        SpeechInterrupted("we stopped", fault=Fault.GIVEN_UP),
    ],
)
def test_a_fault_of_the_job_or_our_own_says_nothing_of_the_account(
    fleet: Fleet, error: NarratorError
) -> None:
    slots = fleet.slots()
    before = slots.account()
    assert refuse(slots, error, times=5) == before


# --------------------------------------------------------------------------------- a paused account


def state(fleet: Fleet, number: int) -> tuple[JobState, str]:
    job = fleet.store.jobs.get(job_id(number))
    return job.state, job.paused_for


PAUSED = (JobState.PAUSED, FOR_ACCOUNT)
RUNNING = (JobState.RUNNING, "")


def test_a_fault_of_the_account_pauses_its_jobs_that_have_something_to_say(fleet: Fleet) -> None:
    fleet.store.planned([["spoken"]], 1)
    fleet.store.narrate(1)
    fleet.store.next(Queue.AUDIO)
    fleet.queue(2, number=2)
    fleet.store.submit(3)
    slots = fleet.slots()
    account = refuse(slots, NO_CREDITS)
    assert account.fault is not None
    assert (account.fault.code, account.fault.reason) == ("account-fault", "HTTP 402, request r-1")
    assert account.fault.remedy == "add credits"
    assert [state(fleet, n) for n in (1, 2, 3)] == [RUNNING, PAUSED, (JobState.QUEUED, "")]
    assert slots.acquire("a") is None


def test_jobs_of_another_speaker_are_not_paused(fleet: Fleet) -> None:
    fleet.queue(2)
    slots = fleet.slots(4, account="deepgram")
    refuse(slots, NO_CREDITS)
    assert state(fleet, 1) == RUNNING


def test_a_job_that_is_planned_meanwhile_is_paused_as_well(fleet: Fleet) -> None:
    slots = fleet.slots()
    refuse(slots, NO_CREDITS)
    fleet.queue(1)
    slots.renew("a", [], capacity=1)
    assert state(fleet, 1) == PAUSED


def test_a_running_slice_of_a_paused_job_may_be_finished(fleet: Fleet) -> None:
    fleet.queue(2)
    slots = fleet.slots()
    claim = fleet.store.next(Queue.SPEECH)
    refuse(slots, NO_CREDITS)
    fleet.store.speak(claim)
    fleet.store.steps.finish_slice(claim)
    assert state(fleet, 1) == PAUSED


def test_a_paused_job_whose_last_slice_is_finished_needs_the_account_no_more(fleet: Fleet) -> None:
    job = fleet.queue(2)
    slots = fleet.slots()
    claims = fleet.store.slices(2)
    refuse(slots, NO_CREDITS)
    for claim in claims:
        fleet.store.speak(claim)
        fleet.store.steps.finish_slice(claim)
    assert state(fleet, 1) == RUNNING
    slots.renew("a", [], capacity=1)
    fleet.store.render(1)
    fleet.store.steps.finish_publish(fleet.store.next(Queue.AUDIO), [BOOK])
    assert fleet.store.jobs.get(job).state is JobState.SUCCEEDED


def test_a_paused_job_whose_last_slice_is_given_back_waits_for_the_account(fleet: Fleet) -> None:
    fleet.queue(1)
    slots = fleet.slots()
    claim = fleet.store.next(Queue.SPEECH)
    refuse(slots, NO_CREDITS)
    fleet.store.steps.hand_back(claim)
    assert state(fleet, 1) == PAUSED


def test_a_job_that_an_operator_paused_stays_so_when_all_is_spoken(fleet: Fleet) -> None:
    job = fleet.queue(1)
    claim = fleet.store.next(Queue.SPEECH)
    fleet.pause(job, "operator")
    fleet.store.speak(claim)
    fleet.store.steps.finish_slice(claim)
    assert state(fleet, 1) == (JobState.PAUSED, "operator")


def test_one_process_at_a_time_tries_a_paused_account(fleet: Fleet) -> None:
    slots = fleet.slots()
    refuse(slots, NO_CREDITS, slot=Slot(number=0, fence=1, voice=APOLLO))
    fleet.later(61)
    probes = [slots.renew(owner, [], capacity=1).probe for owner in "abc"]
    assert probes == [APOLLO, None, None]
    fleet.later(61)
    assert slots.renew("b", [], capacity=1).probe == APOLLO


def test_a_good_try_resumes_the_jobs_that_waited_for_the_account(fleet: Fleet) -> None:
    fleet.queue(1)
    slots = fleet.slots()
    refuse(slots, NO_CREDITS)
    fleet.later(61)
    slots.opened(handshake_seconds=0.2)
    assert (state(fleet, 1), slots.account().fault) == (RUNNING, None)
    fleet.store.dispatch()
    assert fleet.store.steps.claim(Queue.SPEECH, owner="a", lease_seconds=LONG) is not None


def test_what_another_account_waits_for_is_its_own(fleet: Fleet) -> None:
    fleet.queue(1)
    mine, another = fleet.slots(), fleet.slots(account="deepgram")
    for slots in (mine, another):
        refuse(slots, NO_CREDITS)
    fleet.later(61)
    another.opened(handshake_seconds=0.2)
    assert (another.account().fault, state(fleet, 1)) == (None, PAUSED)


def test_a_bad_try_leaves_the_account_paused(fleet: Fleet) -> None:
    fleet.queue(1)
    slots = fleet.slots()
    refuse(slots, NO_CREDITS)
    fleet.later(61)
    account = refuse(slots, OUTAGE)
    assert (state(fleet, 1), account.fault is not None) == (PAUSED, True)


def test_a_job_that_was_cancelled_while_paused_is_not_resumed(fleet: Fleet) -> None:
    fleet.queue(1)
    slots = fleet.slots()
    refuse(slots, NO_CREDITS)
    fleet.store.jobs.cancel(job_id(1))
    fleet.later(61)
    slots.opened(handshake_seconds=0.2)
    assert state(fleet, 1) == (JobState.CANCELLED, "")


def test_a_pause_that_was_not_for_the_account_is_not_ended(fleet: Fleet) -> None:
    fleet.queue(1)
    fleet.pause(job_id(1), "operator")
    slots = fleet.slots()
    refuse(slots, NO_CREDITS)
    fleet.later(61)
    slots.opened(handshake_seconds=0.2)
    assert state(fleet, 1) == (JobState.PAUSED, "operator")


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


def test_a_new_account_stands_at_the_highest_ceiling(fleet: Fleet) -> None:
    assert fleet.slots(7).account() == Account(ceiling=7)
