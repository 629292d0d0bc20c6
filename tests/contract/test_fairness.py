"""The port `Steps`: tenants and jobs share evenly, whatever their sizes."""

from collections import Counter

import pytest

from narrator.domain.ids import JobId
from narrator.domain.steps import Claim, Queue
from tests.contract.fleet import Fleet
from tests.contract.stage import LONG, Store, job_id, new_job

TEN = [[f"chunk {n}" for n in range(10)]]  # ten slices of seven characters
SHORT_WINDOW = {Queue.SPEECH: 4}


def dispatched(store: Store) -> Counter[JobId]:
    """How many slices of each job a short window took."""
    store.steps.dispatch(SHORT_WINDOW, queued_seconds=LONG)
    return Counter(claim.job_id for claim in claimed(store, 99))


def claimed(store: Store, most: int) -> list[Claim]:
    """What is queued, claimed in its order."""
    claims = (store.seat(seats=0) for _ in range(most))
    return [claim for claim in claims if claim]


def test_jobs_share_the_window_evenly(store: Store) -> None:
    store.planned(TEN, 1)
    store.planned(TEN, 2)
    assert dispatched(store) == {job_id(1): 2, job_id(2): 2}


def test_a_short_text_does_not_wait_for_a_long_one(store: Store) -> None:
    store.planned(TEN, 1)
    dispatched(store)
    store.planned([["brief"]], 2)
    assert dispatched(store) == {job_id(1): 3, job_id(2): 1}


def test_what_runs_counts_against_its_job(store: Store) -> None:
    store.planned(TEN, 1)
    dispatched(store)
    store.planned(TEN, 2)
    assert dispatched(store) == {job_id(2): 4}


def test_many_jobs_of_one_tenant_share_what_one_job_of_another_has(store: Store) -> None:
    for number in (1, 2, 3):
        store.planned(TEN, number, tenant="publisher")
    store.planned(TEN, 4, tenant="reader")
    counts = dispatched(store)
    assert counts[job_id(4)] == 2
    assert counts.total() == 4


def test_a_tenants_running_slices_count_though_their_job_has_no_others(store: Store) -> None:
    store.planned([["a long chunk " * 9]], 1, tenant="publisher")
    dispatched(store)
    store.planned(TEN, 2, tenant="publisher")
    store.planned(TEN, 3, tenant="reader")
    assert dispatched(store) == {job_id(3): 4}


def test_shares_are_of_characters_not_of_slices(store: Store) -> None:
    store.planned([["x" * 30] * 4], 1)
    store.planned([["y" * 10] * 9], 2)
    assert dispatched(store) == {job_id(1): 1, job_id(2): 3}


def test_a_job_with_too_little_leaves_its_share_to_the_others(store: Store) -> None:
    store.planned(TEN, 1)
    store.planned([["one"]], 2)
    assert dispatched(store) == {job_id(1): 3, job_id(2): 1}


def test_a_long_job_fills_the_window_by_itself(store: Store) -> None:
    store.planned(TEN, 1)
    assert dispatched(store) == {job_id(1): 4}


def test_of_a_job_whose_first_slices_wait_the_next_ones_are_dispatched(store: Store) -> None:
    store.planned(TEN)
    for claim in store.slices(7):
        store.steps.hand_back(claim, after_seconds=LONG)
    store.steps.release_all()
    assert dispatched(store) == {job_id(1): 3}


def test_claims_take_turns_among_the_jobs_that_are_queued(store: Store) -> None:
    store.planned(TEN, 1)
    store.dispatch()
    store.planned(TEN, 2)
    store.dispatch()
    assert [claim.job_id for claim in claimed(store, 4)] == [job_id(1), job_id(2)] * 2


def test_claims_take_turns_among_tenants_first(store: Store) -> None:
    for number in (1, 2):
        store.planned(TEN, number, tenant="publisher")
    store.planned(TEN, 3, tenant="reader")
    store.dispatch()
    turns = [claim.job_id for claim in claimed(store, 6)]
    assert turns == [job_id(1), job_id(3), job_id(2), job_id(3), job_id(1), job_id(3)]


def test_a_finished_slice_gives_its_job_the_next_turn(store: Store) -> None:
    store.planned(TEN, 1)
    store.planned(TEN, 2)
    store.dispatch()
    first, _ = claimed(store, 2)
    store.speak(first)
    store.steps.finish_slice(first)
    assert [claim.job_id for claim in claimed(store, 1)] == [first.job_id]


def test_plans_of_tenants_take_turns(store: Store) -> None:
    """Steps without characters weigh the same."""
    for number in (1, 2, 3):
        store.jobs.create(new_job(number, tenant="publisher"))
    store.jobs.create(new_job(4, tenant="reader"))
    store.steps.dispatch({Queue.AUDIO: 2}, queued_seconds=LONG)
    claims = [store.steps.claim(Queue.AUDIO, owner="w", lease_seconds=LONG) for _ in range(3)]
    assert [claim and claim.job_id for claim in claims] == [job_id(1), job_id(4), None]


# ------------------------------------------------------------------------------- a paused job


@pytest.mark.parametrize("why", ["account", "operator"])
def test_a_paused_job_is_neither_dispatched_nor_claimed(fleet: Fleet, why: str) -> None:
    job = fleet.store.planned(TEN, 1)
    fleet.store.steps.dispatch(SHORT_WINDOW, queued_seconds=LONG)
    fleet.pause(job.id, why)
    assert fleet.store.seat() is None
    assert fleet.store.steps.claim(Queue.SPEECH, owner="w", lease_seconds=LONG) is None
    assert fleet.store.dispatch() == {}


def test_a_paused_job_leaves_the_window_to_others(fleet: Fleet) -> None:
    job = fleet.store.planned(TEN, 1)
    fleet.store.planned(TEN, 2)
    fleet.pause(job.id, "account")
    assert dispatched(fleet.store) == {job_id(2): 4}


def test_the_render_of_a_paused_job_waits(fleet: Fleet) -> None:
    job = fleet.store.planned([["one"], ["two"]])
    claim, _ = fleet.store.slices(2)
    fleet.pause(job.id, "account")
    fleet.store.speak(claim)
    fleet.store.steps.finish_slice(claim)
    assert fleet.store.dispatch() == {}
