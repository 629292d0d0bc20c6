"""The ports `Jobs` and `Steps`: no more is claimed for a job than its cap pays for."""

import pytest

from narrator.domain.errors import InvalidTransition
from narrator.domain.jobs import JobOptions
from narrator.domain.ledger import Outcome, Sending
from narrator.domain.slots import Slot
from narrator.domain.steps import Claim, StepKind, StepState
from tests.contract.fleet import THALIA, Fleet
from tests.contract.stage import Store, key_of, new_job, take_of, together

SLOT = Slot(number=7, fence=1, voice=THALIA)
FIVE = [["alpha", "bravo", "delta", "gamma"]]  # chunks of five characters


def capped(store: Store, max_chars: int, texts: list[list[str]] = FIVE) -> None:
    """A job of these chunks, a slice each, that may send so many characters; queued."""
    store.planned(texts, max_chars=max_chars)
    store.dispatch()


def seated(store: Store) -> Claim:
    claim = store.seat()
    assert claim
    return claim


def send(fleet: Fleet, claim: Claim, text: str, outcome: Outcome | None = None) -> None:
    """Write down that a chunk is sent, and what became of it."""
    sending = Sending(key=key_of(text), index=claim.chunks[0], chars=len(text))
    fleet.ledger.begin(claim, [sending], slot=SLOT)
    if outcome:
        fleet.ledger.end(claim, key_of(text), outcome)


def narrate(fleet: Fleet, claim: Claim, text: str) -> None:
    """Send a slice's only chunk, keep its take, finish."""
    send(fleet, claim, text)
    fleet.store.takes.keep(claim, take_of(text), spoken_now=True)
    fleet.store.steps.finish_slice(claim)


def test_slices_are_claimed_while_their_sum_stays_within_the_cap(store: Store) -> None:
    capped(store, 14)
    assert [seated(store).excess_chars for _ in range(2)] == [0, 0]
    assert store.seat() is None


def test_a_cap_that_pays_for_all_refuses_nothing(fleet: Fleet) -> None:
    capped(fleet.store, 20)
    claims = [seated(fleet.store) for _ in range(4)]
    for claim, text in zip(claims, FIVE[0], strict=True):
        narrate(fleet, claim, text)
    assert fleet.ledger.sums().sent == 20


def test_what_a_running_slice_has_sent_counts_once(fleet: Fleet) -> None:
    capped(fleet.store, 10)
    send(fleet, seated(fleet.store), "alpha")
    assert seated(fleet.store).excess_chars == 0


def test_what_is_sent_again_counts_again(fleet: Fleet) -> None:
    capped(fleet.store, 10, [["alpha", "bravo"]])
    first = seated(fleet.store)
    send(fleet, first, "alpha", Outcome.CUT)
    fleet.store.steps.hand_back(first)
    fleet.store.dispatch()
    again = seated(fleet.store)
    assert (again.step_id, fleet.store.seat()) == (first.step_id, None)
    narrate(fleet, again, "alpha")
    assert seated(fleet.store).excess_chars == 5


def test_what_was_not_sent_after_all_counts_as_still_to_be_sent(fleet: Fleet) -> None:
    capped(fleet.store, 9, [["alpha", "bravo"]])
    send(fleet, seated(fleet.store), "alpha", Outcome.UNSENT)
    assert fleet.ledger.sums().sent == 0
    assert fleet.store.seat() is None


def test_a_slice_that_does_not_fit_is_claimed_to_be_refused_once_nothing_runs(
    fleet: Fleet,
) -> None:
    capped(fleet.store, 9, [["alpha", "bravo"]])
    claim = seated(fleet.store)
    assert fleet.store.seat() is None
    narrate(fleet, claim, "alpha")
    assert seated(fleet.store).excess_chars == 1


def test_a_slice_that_does_not_fit_keeps_no_other_job_waiting(store: Store) -> None:
    capped(store, 5)
    seated(store)
    other = store.planned([["omega"]], 2)
    store.dispatch()
    assert seated(store).job_id == other.id
    assert store.seat() is None


def test_the_same_words_count_once_and_not_at_all_when_a_take_answers(fleet: Fleet) -> None:
    store = fleet.store
    store.planned([["alpha", "alpha"], ["alpha"]], max_chars=5, slice_chunks=2)
    store.dispatch()
    claim = store.seat(seats=0)
    assert claim
    assert (claim.chunks, claim.excess_chars) == ((0, 1), 0)
    narrate(fleet, claim, "alpha")
    assert seated(store).excess_chars == 0


@pytest.mark.parametrize("_round", range(5))
def test_seats_that_claim_at_once_do_not_count_on_the_same_characters(
    store: Store, _round: int
) -> None:
    store.planned([["alpha"] + [f"c{n:04}" for n in range(11)]], max_chars=20)
    store.dispatch()
    found = together(*[store.seat] * 6)
    assert not [error for error in found if isinstance(error, Exception)]
    claims = [claim for claim in found if isinstance(claim, Claim)]
    while claim := store.seat():
        claims.append(claim)
    assert [claim.excess_chars for claim in claims] == [0] * 4


def test_claims_that_pass_over_jobs_in_turn_do_not_wait_for_each_other(store: Store) -> None:
    for number in range(1, 4):
        store.planned([[f"{number}{n:04}" for n in range(6)]], number, max_chars=10)
    store.dispatch()
    found = together(*[store.seat] * 8)
    assert not [error for error in found if isinstance(error, Exception)]
    while store.seat():
        pass
    running = store.steps.counts()[StepKind.SLICE, StepState.RUNNING]
    assert running == 6


def test_a_retry_may_raise_the_cap(store: Store) -> None:
    job = store.planned(FIVE, max_chars=5)
    store.jobs.cancel(job.id)
    assert store.jobs.retry(job.id).options.max_chars == 5
    store.jobs.cancel(job.id)
    assert store.jobs.retry(job.id, max_chars=20).options.max_chars == 20
    store.dispatch()
    assert [seated(store).excess_chars for _ in range(4)] == [0] * 4


def test_the_cap_of_a_job_that_goes_on_may_be_raised(store: Store) -> None:
    capped(store, 5)
    seated(store)
    assert store.seat() is None
    store.jobs.retry(store.jobs.recent(limit=1)[0].id, max_chars=20)
    assert seated(store).excess_chars == 0


def test_a_retry_that_is_refused_leaves_the_cap(store: Store) -> None:
    job = store.planned(FIVE, max_chars=5)
    store.jobs.pause(job.id)
    with pytest.raises(InvalidTransition):
        store.jobs.retry(job.id, max_chars=20)
    assert store.jobs.get(job.id).options.max_chars == 5


def test_a_job_submitted_again_has_the_later_cap_and_plan(store: Store) -> None:
    store.jobs.create(new_job(1, JobOptions(max_chars=5, plan_hash="a" * 64)))
    again = store.jobs.create(new_job(1, JobOptions(max_chars=9)))
    assert (again.options.max_chars, again.options.plan_hash) == (9, "")
    assert store.jobs.get(again.id) == again
