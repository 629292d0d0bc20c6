"""The port `Steps`: dispatch, claims, leases and fences."""

from collections.abc import Callable

import pytest

from narrator.domain.errors import LeaseLost
from narrator.domain.jobs import JobState
from narrator.domain.steps import Claim, Queue, StepKind, StepState
from tests.contract.stage import (
    FAILURE,
    LONG,
    RECORD,
    WIDE,
    Store,
    job_id,
    key_of,
    plan_of,
    take_of,
    together,
    until,
)

SET_BACK = LONG + 3_600.0  # what is left of a lease when the clock was set back by an hour


# ------------------------------------------------------------------------------------- dispatch


def test_nothing_is_claimed_before_it_is_dispatched(store: Store) -> None:
    store.submit()
    assert store.steps.claim(Queue.AUDIO, owner="worker", lease_seconds=LONG) is None


def test_dispatch_rings_once_for_each_step(store: Store) -> None:
    store.planned([["one"], ["two"]])
    store.submit(2)
    assert store.dispatch() == {Queue.SPEECH: 2, Queue.AUDIO: 1}
    assert store.dispatch() == {}


def test_dispatch_keeps_a_short_window(store: Store) -> None:
    store.planned([["one", "two", "three"]])
    window = {Queue.SPEECH: 2}
    assert store.steps.dispatch(window, queued_seconds=LONG) == {Queue.SPEECH: 2}
    assert store.steps.dispatch(window, queued_seconds=LONG) == {}
    store.steps.claim(Queue.SPEECH, owner="worker", lease_seconds=LONG)
    assert store.steps.dispatch(window, queued_seconds=LONG) == {Queue.SPEECH: 1}


def test_what_a_dead_worker_had_in_hand_does_not_wait_behind_a_full_window(store: Store) -> None:
    """Whoever has a socket free next speaks it, whatever was queued since."""
    store.planned([["one", "two", "three", "four"]])
    window = {Queue.SPEECH: 2}
    store.steps.dispatch(window, queued_seconds=LONG)
    dead = [store.steps.claim(Queue.SPEECH, owner="w", lease_seconds=0) for _ in range(2)]
    until(lambda: store.steps.dispatch(window, queued_seconds=LONG) == {Queue.SPEECH: 4} or None)
    again = [store.steps.claim(Queue.SPEECH, owner="v", lease_seconds=LONG) for _ in range(2)]
    assert [c and c.step_id for c in again] == [c and c.step_id for c in dead]


def test_dispatchers_at_the_same_time_keep_one_window(store: Store) -> None:
    store.planned([["one", "two", "three", "four"]])
    window = {Queue.SPEECH: 2}
    together(*[lambda: store.steps.dispatch(window, queued_seconds=LONG)] * 4)
    assert store.steps.counts()[StepKind.SLICE, StepState.QUEUED] == 2


def test_the_older_job_is_dispatched_first(store: Store) -> None:
    for number in (3, 1, 2):
        store.submit(number)
    store.steps.dispatch({Queue.AUDIO: 2}, queued_seconds=LONG)
    claims = [store.steps.claim(Queue.AUDIO, owner="w", lease_seconds=LONG) for _ in range(3)]
    assert [claim and claim.job_id for claim in claims] == [job_id(3), job_id(1), None]


def test_a_queue_gives_only_its_own_steps(store: Store) -> None:
    store.submit()
    store.dispatch()
    assert store.steps.claim(Queue.SPEECH, owner="worker", lease_seconds=LONG) is None


def test_a_lost_doorbell_rings_again(store: Store) -> None:
    store.submit()
    store.dispatch(queued_seconds=0)
    assert until(lambda: store.dispatch() or None) == {Queue.AUDIO: 1}


def test_a_ring_of_before_the_clock_was_set_back_is_rung_again(store: Store) -> None:
    store.submit()
    store.dispatch(queued_seconds=SET_BACK)
    assert store.dispatch() == {Queue.AUDIO: 1}


def test_steps_of_a_cancelled_job_are_not_dispatched(store: Store) -> None:
    job = store.planned([["one"], ["two"]])
    store.jobs.cancel(job.id)
    assert store.dispatch() == {}


# --------------------------------------------------------------------------------------- claims


def test_the_first_claim_starts_the_job(store: Store) -> None:
    job = store.submit()
    store.next(Queue.AUDIO)
    assert store.jobs.get(job.id).state is JobState.RUNNING


def test_each_claim_raises_fence_and_attempts(store: Store) -> None:
    store.submit()
    first = store.next(Queue.AUDIO)
    store.steps.hand_back(first)
    second = store.next(Queue.AUDIO)
    assert second.step_id == first.step_id
    assert (second.fence, second.attempts) == (first.fence + 1, first.attempts + 1)


def test_a_slice_names_its_chapter_and_chunks(store: Store) -> None:
    store.planned([["one"], ["two", "three"]], slice_chunks=2)
    first, second = store.slices(2)
    assert (first.kind, first.chapter, first.chunks) == (StepKind.SLICE, 0, (0,))
    assert (second.chapter, second.chunks) == (1, (0, 1))


def test_claimants_at_the_same_time_get_different_steps(store: Store) -> None:
    store.planned([[f"chunk {n}" for n in range(8)]])
    store.dispatch()
    claims = together(*[lambda: store.steps.claim(Queue.SPEECH, owner="w", lease_seconds=LONG)] * 8)
    assert len({claim.step_id for claim in claims if isinstance(claim, Claim)}) == 8


def test_steps_are_counted_by_kind_and_state(store: Store) -> None:
    store.planned([["one", "two", "three"]])
    store.next(Queue.SPEECH)
    assert store.steps.counts() == {
        (StepKind.PLAN, StepState.DONE): 1,
        (StepKind.SLICE, StepState.RUNNING): 1,
        (StepKind.SLICE, StepState.QUEUED): 2,
    }


# --------------------------------------------------------------------------------------- leases


def test_a_step_whose_lease_has_run_out_is_claimed_anew(store: Store) -> None:
    store.submit()
    late = store.next(Queue.AUDIO, lease_seconds=0.2)

    def rescued() -> Claim | None:
        store.dispatch()
        return store.steps.claim(Queue.AUDIO, owner="other", lease_seconds=LONG)

    assert until(rescued).fence == late.fence + 1


def test_a_step_within_its_lease_is_nobody_elses(store: Store) -> None:
    store.submit()
    store.next(Queue.AUDIO)
    assert store.dispatch() == {}


def test_a_lease_of_before_the_clock_was_set_back_has_run_out(store: Store) -> None:
    store.submit()
    store.next(Queue.AUDIO, lease_seconds=SET_BACK)
    assert store.dispatch() == {Queue.AUDIO: 1}


def test_a_renewed_lease_goes_on(store: Store) -> None:
    store.planned([["one", "two"]])
    store.dispatch()
    claims = [store.steps.claim(Queue.SPEECH, owner="w", lease_seconds=0) for _ in range(2)]
    assert store.steps.renew([c for c in claims if c], lease_seconds=LONG) == 2
    assert store.dispatch() == {}


def test_renewing_leaves_the_leases_of_others_alone(store: Store) -> None:
    store.submit()
    store.next(Queue.AUDIO, lease_seconds=0)
    assert store.steps.renew([], lease_seconds=LONG) == 0
    assert until(lambda: store.dispatch() or None) == {Queue.AUDIO: 1}


def test_a_lease_that_was_taken_back_cannot_be_renewed(store: Store) -> None:
    store.submit()
    claim = store.next(Queue.AUDIO, lease_seconds=0)
    until(lambda: store.dispatch() or None)
    assert store.steps.renew([claim], lease_seconds=LONG) == 0


def test_a_claim_of_an_earlier_fence_cannot_be_renewed(store: Store) -> None:
    store.submit()
    late = store.next(Queue.AUDIO)
    store.steps.hand_back(late)
    store.next(Queue.AUDIO)
    assert store.steps.renew([late], lease_seconds=LONG) == 0


WRITES: dict[str, Callable[[Store, Claim], object]] = {
    "pending": lambda store, claim: store.takes.pending(claim),
    "lease": lambda store, claim: store.takes.lease(claim, [key_of("one")]),
    "keep": lambda store, claim: store.takes.keep(claim, take_of("one"), spoken_now=True),
    "of_chapter": lambda store, claim: store.takes.of_chapter(claim),
    "of_job": lambda store, claim: store.takes.of_job(claim),
    "hand_back": lambda store, claim: store.steps.hand_back(claim),
    "fail": lambda store, claim: store.steps.fail(claim, FAILURE),
    "finish_plan": lambda store, claim: store.steps.finish_plan(claim, plan_of([["two"]])),
    "finish_slice": lambda store, claim: store.steps.finish_slice(claim),
    "finish_render": lambda store, claim: store.steps.finish_render(claim, RECORD),
    "respeak": lambda store, claim: store.steps.respeak(claim, {key_of("one"): None}),
    "rerender": lambda store, claim: store.steps.rerender(claim, [0]),
    "finish_publish": lambda store, claim: store.steps.finish_publish(claim, []),
}

LOSSES: dict[str, Callable[[Store, Claim], object]] = {
    "run out": lambda store, claim: (
        store.steps.renew([claim], lease_seconds=0),
        until(lambda: store.dispatch() or None),
    ),
    "claimed by another": lambda store, claim: (
        store.steps.renew([claim], lease_seconds=0),
        until(lambda: store.dispatch() or None),
        store.next(Queue.SPEECH, owner="other"),
    ),
    "handed back": lambda store, claim: store.steps.hand_back(claim),
    "released": lambda store, _: store.steps.release_all(),
    "cancelled": lambda store, claim: store.jobs.cancel(claim.job_id),
    "cancelled and claimed again": lambda store, claim: (
        store.jobs.cancel(claim.job_id),
        store.jobs.retry(claim.job_id),
        store.next(Queue.SPEECH, owner="other"),
    ),
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("write", WRITES)
def test_a_late_worker_changes_nothing(store: Store, write: str, loss: str) -> None:
    job = store.planned([["one"]])
    late = store.next(Queue.SPEECH)
    LOSSES[loss](store, late)
    before = (store.jobs.get(job.id), store.jobs.progress(job.id), store.steps.counts())
    with pytest.raises(LeaseLost):
        WRITES[write](store, late)
    assert (store.jobs.get(job.id), store.jobs.progress(job.id), store.steps.counts()) == before
    assert store.takes.find([key_of("one")]) == {}


# ---------------------------------------------------------------------------- giving steps back


def test_a_step_handed_back_for_later_is_not_dispatched_before(store: Store) -> None:
    store.submit()
    store.steps.hand_back(store.next(Queue.AUDIO), after_seconds=LONG, failure=FAILURE)
    assert store.dispatch() == {}


def test_a_step_handed_back_for_a_moment_comes_back_by_itself(store: Store) -> None:
    store.submit()
    store.steps.hand_back(store.next(Queue.AUDIO), after_seconds=0.2)
    assert until(lambda: store.dispatch() or None) == {Queue.AUDIO: 1}


def test_a_retry_of_before_the_clock_was_set_back_is_due(store: Store) -> None:
    store.submit()
    store.steps.hand_back(store.next(Queue.AUDIO), after_seconds=SET_BACK)
    assert store.dispatch() == {Queue.AUDIO: 1}


def test_a_drained_step_does_not_count_its_attempt(store: Store) -> None:
    store.submit()
    store.steps.hand_back(store.next(Queue.AUDIO), counted=False)
    assert store.next(Queue.AUDIO).attempts == 1


def test_a_failed_step_fails_its_job_with_reason_and_remedy(store: Store) -> None:
    job = store.planned([["one"], ["two"], ["three"]])
    other, failing = store.slices(2)
    store.steps.fail(failing, FAILURE)
    failed = store.jobs.get(job.id)
    assert (failed.state, failed.failure) == (JobState.FAILED, FAILURE)
    assert store.steps.counts() == {
        (StepKind.PLAN, StepState.DONE): 1,
        (StepKind.SLICE, StepState.FAILED): 1,
        (StepKind.SLICE, StepState.CANCELLED): 2,
    }
    with pytest.raises(LeaseLost):
        store.steps.finish_slice(other)


def test_a_new_run_takes_back_every_step_at_once(store: Store) -> None:
    store.planned([["one", "two", "three"]])
    claim = store.next(Queue.SPEECH)
    assert store.steps.release_all() == 3
    assert store.dispatch() == {Queue.SPEECH: 3}
    again = store.next(Queue.SPEECH)
    assert (again.step_id, again.attempts) == (claim.step_id, 1)
    assert again.fence > claim.fence


def test_a_new_run_leaves_finished_and_ended_steps_alone(store: Store) -> None:
    store.planned([["one"], ["two"]])
    store.narrate(1)
    store.jobs.cancel(job_id(1))
    assert store.steps.release_all() == 0


def test_a_window_without_room_queues_nothing(store: Store) -> None:
    store.submit()
    assert store.steps.dispatch(dict.fromkeys(WIDE, 0), queued_seconds=LONG) == {}
