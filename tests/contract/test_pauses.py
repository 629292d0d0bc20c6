"""The port `Jobs`: an operator's pause, and how it goes together with an account's."""

from collections.abc import Callable

import pytest

from narrator.domain.errors import AccountFault, InvalidTransition, LeaseLost
from narrator.domain.faults import Fault
from narrator.domain.jobs import FOR_ACCOUNT, FOR_OPERATOR, Job, JobState
from narrator.domain.ledger import Outcome, Sending
from narrator.domain.slots import Slot
from narrator.domain.steps import Claim, Queue, StepKind, StepState
from tests.contract.fleet import THALIA, Fleet
from tests.contract.stage import (
    BOOK,
    FAILURE,
    LONG,
    RECORD,
    Store,
    job_id,
    key_of,
    plan_of,
    take_of,
)

SLOT = Slot(number=0, fence=1, voice=THALIA)
NO_CREDITS = AccountFault("HTTP 402", remedy="add credits", fault=Fault.HANDSHAKE_402)
BY_OPERATOR = (JobState.PAUSED, FOR_OPERATOR)
BY_ACCOUNT = (JobState.PAUSED, FOR_ACCOUNT)
RUNNING = (JobState.RUNNING, "")


def state(job: Job) -> tuple[JobState, str]:
    return job.state, job.paused_for


def offered(store: Store, queue: Queue) -> Claim | None:
    """What a worker is given."""
    store.dispatch()
    return store.steps.claim(queue, owner="worker", lease_seconds=LONG)


# --------------------------------------------------------------------------------- in every state


def test_a_job_that_has_not_begun_rests_and_is_then_planned(store: Store) -> None:
    job = store.submit()
    assert state(store.jobs.pause(job.id)) == BY_OPERATOR
    assert offered(store, Queue.AUDIO) is None
    assert state(store.jobs.resume(job.id)) == RUNNING
    claim = offered(store, Queue.AUDIO)
    assert claim is not None
    store.steps.finish_plan(claim, plan_of([["one"]]))
    assert offered(store, Queue.SPEECH) is not None


def test_a_job_under_way_rests_and_goes_on(store: Store) -> None:
    job = store.planned([["one"], ["two"]])
    store.narrate(1)
    store.jobs.pause(job.id)
    assert [offered(store, queue) for queue in Queue] == [None, None]
    store.jobs.resume(job.id)
    store.narrate(1)
    store.render(2)
    store.steps.finish_publish(store.next(Queue.AUDIO), [BOOK])
    assert store.jobs.get(job.id).state is JobState.SUCCEEDED


def test_pausing_twice_is_pausing_once(store: Store) -> None:
    job = store.submit()
    first = store.jobs.pause(job.id)
    assert store.jobs.pause(job.id) == first


def test_resuming_a_job_that_goes_on_changes_nothing(store: Store) -> None:
    queued = store.submit()
    assert store.jobs.resume(queued.id) == queued
    running = store.jobs.get(store.planned([["one"]], 2).id)
    assert store.jobs.resume(running.id) == running


def test_a_job_that_has_ended_is_neither_paused_nor_resumed(store: Store) -> None:
    ended = {"succeeded": store.succeeded(1).id, "cancelled": store.submit(2).id}
    store.jobs.cancel(ended["cancelled"])
    ended["failed"] = store.planned([["two"]], 3).id
    store.steps.fail(store.next(Queue.SPEECH), FAILURE)
    for name, job in ended.items():
        for move in (store.jobs.pause, store.jobs.resume):
            with pytest.raises(InvalidTransition, match=name):
                move(job)


def test_a_paused_job_cannot_be_retried_but_resumed(store: Store) -> None:
    job = store.submit()
    store.jobs.pause(job.id)
    with pytest.raises(InvalidTransition, match="paused") as refusal:
        store.jobs.retry(job.id)
    assert "resume" in refusal.value.remedy


def test_a_paused_job_can_be_cancelled_and_then_retried(store: Store) -> None:
    job = store.planned([["one"]])
    store.jobs.pause(job.id)
    assert state(store.jobs.cancel(job.id)) == (JobState.CANCELLED, "")
    assert state(store.jobs.retry(job.id)) == RUNNING
    assert offered(store, Queue.SPEECH) is not None


def test_one_job_s_pause_is_not_another_s(store: Store) -> None:
    store.planned([["one"]], 1)
    store.planned([["two"]], 2)
    other = store.slices(2)[1]
    store.jobs.pause(job_id(1))
    assert store.steps.renew([other], lease_seconds=LONG) == 1


# ---------------------------------------------------------------------------------- broken claims


def finish_slice(store: Store) -> Callable[[], None]:
    store.planned([["one"]])
    claim = store.next(Queue.SPEECH)
    store.speak(claim)
    return lambda: store.steps.finish_slice(claim)


def finish_plan(store: Store) -> Callable[[], None]:
    store.submit()
    claim = store.next(Queue.AUDIO)
    return lambda: store.steps.finish_plan(claim, plan_of([["one"]]))


def finish_render(store: Store) -> Callable[[], None]:
    store.planned([["one"]])
    store.narrate(1)
    claim = store.next(Queue.AUDIO)
    return lambda: store.steps.finish_render(claim, RECORD)


def finish_publish(store: Store) -> Callable[[], None]:
    store.planned([["one"]])
    store.narrate(1)
    store.render(1)
    claim = store.next(Queue.AUDIO)
    return lambda: store.steps.finish_publish(claim, [BOOK])


def fail(store: Store) -> Callable[[], None]:
    store.submit()
    claim = store.next(Queue.AUDIO)
    return lambda: store.steps.fail(claim, FAILURE)


@pytest.mark.parametrize(
    "under_way", [finish_plan, finish_slice, finish_render, finish_publish, fail]
)
def test_what_was_under_way_is_settled_by_nobody_and_done_again(
    store: Store, under_way: Callable[[Store], Callable[[], None]]
) -> None:
    settle = under_way(store)
    before = store.steps.counts()
    store.jobs.pause(job_id(1))
    with pytest.raises(LeaseLost):
        settle()
    store.jobs.resume(job_id(1))
    with pytest.raises(LeaseLost):
        settle()
    again = [offered(store, queue) for queue in Queue]
    assert [claim.attempts for claim in again if claim] == [1]
    assert store.steps.counts() == before


def test_no_step_of_a_paused_job_is_queued_or_under_way(store: Store) -> None:
    store.planned([["one"], ["two"], ["three"]])
    store.slices(1)
    store.dispatch()
    store.jobs.pause(job_id(1))
    assert store.steps.counts() == {
        (StepKind.PLAN, StepState.DONE): 1,
        (StepKind.SLICE, StepState.READY): 3,
    }


def test_a_step_keeps_the_attempts_that_it_had_before_the_one_that_was_broken(
    store: Store,
) -> None:
    job = store.planned([["one"]])
    store.steps.hand_back(store.next(Queue.SPEECH))
    assert store.next(Queue.SPEECH).attempts == 2
    store.jobs.pause(job.id)
    store.jobs.resume(job.id)
    assert store.next(Queue.SPEECH).attempts == 2


# -------------------------------------------------------------------------------- what is paid for


def sent(fleet: Fleet, texts: list[str]) -> Claim:
    """A slice of these texts, leased and sent."""
    fleet.store.planned([texts], slice_chunks=len(texts))
    claim = fleet.store.next(Queue.SPEECH)
    fleet.store.takes.lease(claim, map(key_of, texts))
    sendings = [Sending(key=key_of(t), index=n, chars=len(t)) for n, t in enumerate(texts)]
    fleet.ledger.begin(claim, sendings, slot=SLOT)
    return claim


def test_what_was_sent_before_the_pause_is_kept_and_not_paid_for_again(fleet: Fleet) -> None:
    claim = sent(fleet, ["one", "two"])
    fleet.store.jobs.pause(job_id(1))
    with pytest.raises(LeaseLost):
        fleet.store.takes.keep(claim, take_of("one"), spoken_now=True, request_id="r-1")
    fleet.store.jobs.resume(job_id(1))
    again = fleet.store.next(Queue.SPEECH)
    assert [chunk.text for chunk in fleet.store.takes.pending(again)] == ["two"]
    assert [line.outcome for line in fleet.lines()] == [Outcome.KEPT, Outcome.LOST]


def test_what_comes_in_while_another_speaks_the_same_words_is_late(fleet: Fleet) -> None:
    claim = sent(fleet, ["one"])
    fleet.store.jobs.pause(job_id(1))
    fleet.store.jobs.resume(job_id(1))
    again = fleet.store.next(Queue.SPEECH)
    assert fleet.store.takes.lease(again, [key_of("one")]) == {key_of("one")}
    with pytest.raises(LeaseLost):
        fleet.store.takes.keep(claim, take_of("one"), spoken_now=True)
    assert [chunk.text for chunk in fleet.store.takes.pending(again)] == ["one"]


def test_nothing_more_is_sent_for_a_paused_job(fleet: Fleet) -> None:
    claim = sent(fleet, ["one"])
    fleet.store.jobs.pause(job_id(1))
    more = Sending(key=key_of("two"), index=1, chars=3)
    with pytest.raises(LeaseLost):
        fleet.ledger.begin(claim, [more], slot=SLOT)


# ---------------------------------------------------------------------------- beside the account's


def test_an_operator_outdoes_the_account(fleet: Fleet) -> None:
    job = fleet.queue(1)
    slots = fleet.slots()
    slots.refused(NO_CREDITS, handshake_seconds=0.0, slot=SLOT)
    assert state(fleet.store.jobs.pause(job)) == BY_OPERATOR
    fleet.later(61)
    slots.opened(handshake_seconds=0.0)
    assert state(fleet.store.jobs.get(job)) == BY_OPERATOR


def test_pausing_breaks_the_claim_that_an_account_s_pause_has_left(fleet: Fleet) -> None:
    job = fleet.queue(1)
    claim = fleet.store.next(Queue.SPEECH)
    fleet.slots().refused(NO_CREDITS, handshake_seconds=0.0, slot=SLOT)
    fleet.store.jobs.pause(job)
    with pytest.raises(LeaseLost):
        fleet.store.takes.pending(claim)


def test_an_account_leaves_a_job_that_an_operator_paused(fleet: Fleet) -> None:
    job = fleet.queue(1)
    fleet.store.jobs.pause(job)
    slots = fleet.slots()
    slots.refused(NO_CREDITS, handshake_seconds=0.0, slot=SLOT)
    slots.renew("a", [], capacity=1)
    assert state(fleet.store.jobs.get(job)) == BY_OPERATOR


def test_a_resumed_job_waits_for_the_account_while_that_is_refused(fleet: Fleet) -> None:
    job = fleet.queue(1)
    fleet.store.jobs.pause(job)
    slots = fleet.slots()
    slots.refused(NO_CREDITS, handshake_seconds=0.0, slot=SLOT)
    assert state(fleet.store.jobs.resume(job)) == BY_ACCOUNT
    assert state(fleet.store.jobs.resume(job)) == BY_ACCOUNT
    fleet.later(61)
    slots.opened(handshake_seconds=0.0)
    assert state(fleet.store.jobs.get(job)) == RUNNING


def test_a_resumed_job_with_nothing_to_say_needs_no_account(fleet: Fleet) -> None:
    job = fleet.queue(1)
    fleet.store.narrate(1)
    fleet.store.jobs.pause(job)
    fleet.slots().refused(NO_CREDITS, handshake_seconds=0.0, slot=SLOT)
    assert state(fleet.store.jobs.resume(job)) == RUNNING
    fleet.store.render(1)
