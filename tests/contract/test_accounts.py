"""The port `Slots`: how an account that refuses is treated, and the jobs that wait for it."""

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
from narrator.domain.slots import Account, Slot
from narrator.domain.steps import Queue
from narrator.services.ports import Slots
from tests.contract.fleet import APOLLO, THALIA, Fleet, take
from tests.contract.stage import BOOK, LONG, job_id

THROTTLE = SpeechThrottled("HTTP 429", fault=Fault.HANDSHAKE_429)
OUTAGE = SpeechUnavailable("no connection", fault=Fault.NO_CONNECTION)
NO_CREDITS = AccountFault("HTTP 402, request r-1", remedy="add credits", fault=Fault.HANDSHAKE_402)
NO_SUCH_VOICE = SpeechRefused("HTTP 400", fault=Fault.HANDSHAKE_400)
OTHER = Slot(number=0, fence=1, voice=THALIA)


def refuse(
    slots: Slots, error: NarratorError, *, times: int = 1, seconds: float = 0.0, slot: Slot = OTHER
) -> Account:
    """Let a handshake fail so often; how the account stands then."""
    for _ in range(times):
        slots.refused(error, handshake_seconds=seconds, slot=slot)
    return slots.account()


def test_a_new_account_stands_at_the_highest_ceiling(fleet: Fleet) -> None:
    assert fleet.slots(7).account() == Account(ceiling=7)


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
    assert refuse(slots, THROTTLE, times=5, seconds=0.1).ceiling == 8
    fleet.later(2)
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


def test_one_process_at_a_time_tries_a_paused_account(fleet: Fleet) -> None:
    slots = fleet.slots()
    refuse(slots, NO_CREDITS, slot=Slot(number=0, fence=1, voice=APOLLO))
    fleet.later(61)
    probes = [slots.renew(owner, [], capacity=1).probe for owner in "abc"]
    assert probes == [APOLLO, None, None]
    fleet.later(61)
    assert slots.renew("b", [], capacity=1).probe == APOLLO


def test_a_paused_account_is_tried_only_where_one_more_socket_fits(fleet: Fleet) -> None:
    """What was open when it was refused may be open still."""
    fleet.queue(9)
    slots = fleet.slots(2)
    held = take(slots, 2)
    refuse(slots, NO_CREDITS)
    fleet.later(61)
    assert slots.renew("a", held, capacity=4).probe is None
    slots.release(held[0], [])
    assert slots.renew("a", held[1:], capacity=4).probe == THALIA


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
    fleet.store.jobs.pause(job_id(1))
    slots = fleet.slots()
    refuse(slots, NO_CREDITS)
    fleet.later(61)
    slots.opened(handshake_seconds=0.2)
    assert state(fleet, 1) == (JobState.PAUSED, "operator")
