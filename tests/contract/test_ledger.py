"""The port `Ledger`, and the rows that keeping a take ends."""

from collections.abc import Callable

import pytest

from narrator.domain.errors import InvalidTransition, LeaseLost
from narrator.domain.ids import TakeKey
from narrator.domain.ledger import Outcome, Sending
from narrator.domain.slots import Slot
from narrator.domain.steps import Claim, Queue
from tests.contract.fleet import THALIA, Fleet
from tests.contract.stage import BOOK, FAILURE, Store, job_id, key_of, take_of, until

SLOT = Slot(number=7, fence=1, voice=THALIA)


def sending(text: str, index: int = 0) -> Sending:
    return Sending(key=key_of(text), index=index, chars=len(text))


def reclaimed(store: Store, claim: Claim) -> Claim:
    """The same step's next claim, the first one's time having run out."""
    store.steps.renew([claim], lease_seconds=0)

    def again() -> Claim | None:
        store.dispatch()
        return store.steps.claim(Queue.SPEECH, owner="other", lease_seconds=600)

    return until(again)


def adds_up(fleet: Fleet, claim: Claim) -> bool:
    """Whether sent = finished - answered by takes + sent again, in the claim's job."""
    progress = fleet.store.jobs.progress(claim.job_id)
    finished = progress.chars_spoken - progress.chars_from_takes
    return progress.chars_sent == finished + progress.chars_resent


@pytest.fixture
def claim(fleet: Fleet) -> Claim:
    """A slice of the chunks "one" and "three"."""
    fleet.store.planned([["one", "three"]], slice_chunks=2)
    return fleet.store.next(Queue.SPEECH)


def test_what_is_about_to_be_sent_counts_as_sent(fleet: Fleet, claim: Claim) -> None:
    fleet.ledger.begin(claim, [sending("one"), sending("three", 1)], slot=SLOT)
    assert (fleet.ledger.sums().sent, fleet.ledger.sums().resent) == (8, 0)


def test_a_row_names_the_chunk_the_attempt_and_the_slot(fleet: Fleet, claim: Claim) -> None:
    fleet.ledger.begin(claim, [sending("three", 1)], slot=SLOT)
    fleet.ledger.end(claim, key_of("three"), Outcome.CUT, request_id="r-1", code="silence")
    assert fleet.lines() == [(1, 1, Outcome.CUT, "r-1", "silence", 7)]


def test_nothing_is_begun_by_a_claim_that_lost_its_lease(fleet: Fleet, claim: Claim) -> None:
    reclaimed(fleet.store, claim)
    with pytest.raises(LeaseLost):
        fleet.ledger.begin(claim, [sending("one")], slot=SLOT)
    assert fleet.lines() == []


def test_nothing_is_begun_for_a_cancelled_job(fleet: Fleet, claim: Claim) -> None:
    fleet.store.jobs.cancel(claim.job_id)
    with pytest.raises(LeaseLost):
        fleet.ledger.begin(claim, [sending("one")], slot=SLOT)


def test_what_a_dead_process_left_open_is_lost(fleet: Fleet, claim: Claim) -> None:
    fleet.ledger.begin(claim, [sending("one")], slot=SLOT)
    fleet.ledger.begin(reclaimed(fleet.store, claim), [sending("three", 1)], slot=SLOT)
    assert [line.outcome for line in fleet.lines()] == [Outcome.LOST, Outcome.SENT]
    assert (fleet.ledger.sums().sent, fleet.ledger.sums().resent) == (8, 3)


def test_a_claim_that_sends_nothing_loses_what_its_predecessor_left_open(
    fleet: Fleet, claim: Claim
) -> None:
    """Another job's takes answer the slice."""
    fleet.ledger.begin(claim, [sending("one")], slot=SLOT)
    again = reclaimed(fleet.store, claim)
    assert [line.outcome for line in fleet.lines()] == [Outcome.LOST]
    fleet.store.found(again, "one", "three")
    for text in ("one", "three"):
        fleet.store.takes.keep(again, take_of(text), spoken_now=False)
    fleet.store.steps.finish_slice(again)
    assert adds_up(fleet, claim)


def test_a_slice_claimed_for_a_seat_loses_what_was_left_open(fleet: Fleet, claim: Claim) -> None:
    fleet.ledger.begin(claim, [sending("one")], slot=SLOT)
    fleet.store.steps.hand_back(claim)
    fleet.store.dispatch()
    assert fleet.store.seat() is not None
    assert [line.outcome for line in fleet.lines()] == [Outcome.LOST]


def test_a_slice_is_finished_without_losing_what_is_under_way(fleet: Fleet, claim: Claim) -> None:
    """Whoever sent it has its end still to write."""
    fleet.store.found(claim, "one", "three")
    fleet.ledger.begin(claim, [sending("one")], slot=SLOT)
    for text in ("one", "three"):
        fleet.store.takes.keep(claim, take_of(text), spoken_now=False)
    fleet.store.steps.finish_slice(claim)
    assert [line.outcome for line in fleet.lines()] == [Outcome.SENT]


def cancel(fleet: Fleet, claim: Claim) -> None:
    fleet.store.jobs.cancel(claim.job_id)


def fail(fleet: Fleet, claim: Claim) -> None:
    fleet.store.steps.fail(claim, FAILURE)


def fail_elsewhere(fleet: Fleet, claim: Claim) -> None:  # noqa: ARG001 — one signature for all
    fleet.store.steps.fail(fleet.store.next(Queue.SPEECH), FAILURE)


@pytest.mark.parametrize("end", [cancel, fail, fail_elsewhere])
def test_a_job_that_ends_leaves_nothing_open(
    fleet: Fleet, end: Callable[[Fleet, Claim], None]
) -> None:
    fleet.store.planned([["one", "three"], ["seven"]], slice_chunks=2)
    claim = fleet.store.next(Queue.SPEECH)
    fleet.ledger.begin(claim, [sending("one"), sending("three", 1)], slot=SLOT)
    fleet.store.takes.keep(claim, take_of("one"), spoken_now=True)
    end(fleet, claim)
    assert [line.outcome for line in fleet.lines()] == [Outcome.KEPT, Outcome.LOST]
    assert adds_up(fleet, claim)


def test_a_job_that_was_handed_back_and_cancelled_leaves_nothing_open(
    fleet: Fleet, claim: Claim
) -> None:
    fleet.ledger.begin(claim, [sending("one")], slot=SLOT)
    fleet.store.steps.hand_back(claim)
    fleet.store.jobs.cancel(claim.job_id)
    assert [line.outcome for line in fleet.lines()] == [Outcome.LOST]


def test_a_job_that_succeeds_leaves_nothing_open(fleet: Fleet) -> None:
    """A slice's worker died with its chunk; another slice's take answered it."""
    fleet.store.planned([["yes", "no"]])
    dead, other = fleet.store.slices(2)
    fleet.store.found(dead, "yes")
    fleet.ledger.begin(dead, [sending("yes")], slot=SLOT)
    fleet.ledger.begin(other, [sending("no", 1)], slot=SLOT)
    fleet.store.takes.keep(dead, take_of("yes"), spoken_now=False)
    fleet.store.takes.keep(other, take_of("no"), spoken_now=True)
    fleet.store.steps.finish_slice(other)
    fleet.store.render(1)
    fleet.store.steps.finish_publish(fleet.store.next(Queue.AUDIO), [BOOK])
    assert [line.outcome for line in fleet.lines()] == [Outcome.LOST, Outcome.KEPT]
    assert adds_up(fleet, dead)


def test_a_job_leaves_another_jobs_rows_open(fleet: Fleet) -> None:
    for number, text in ((1, "one"), (2, "three")):
        fleet.store.planned([[text]], number)
        fleet.ledger.begin(fleet.store.next(Queue.SPEECH), [sending(text)], slot=SLOT)
    fleet.store.jobs.cancel(job_id(1))
    assert [line.outcome for line in fleet.lines()] == [Outcome.LOST, Outcome.SENT]


@pytest.mark.parametrize("outcome", [Outcome.LATE, Outcome.CUT, Outcome.UNSENT])
def test_whoever_spoke_for_a_job_that_ended_may_say_what_became_of_it(
    fleet: Fleet, claim: Claim, outcome: Outcome
) -> None:
    fleet.ledger.begin(claim, [sending("one")], slot=SLOT)
    fleet.store.jobs.cancel(claim.job_id)
    fleet.ledger.end(claim, key_of("one"), outcome, request_id="r-1")
    assert fleet.lines() == [(0, 1, outcome, "r-1", "", 7)]
    assert adds_up(fleet, claim)


def test_a_job_taken_up_again_adds_up_when_it_ends_again(fleet: Fleet, claim: Claim) -> None:
    fleet.ledger.begin(claim, [sending("one")], slot=SLOT)
    fleet.store.jobs.cancel(claim.job_id)
    fleet.store.jobs.retry(claim.job_id)
    again = fleet.store.next(Queue.SPEECH)
    fleet.ledger.begin(again, [sending("one"), sending("three", 1)], slot=SLOT)
    fleet.store.speak(again)
    fleet.store.steps.finish_slice(again)
    fleet.store.render(1)
    fleet.store.steps.finish_publish(fleet.store.next(Queue.AUDIO), [BOOK])
    assert (fleet.ledger.sums().sent, fleet.ledger.sums().resent) == (11, 3)
    assert adds_up(fleet, claim)


def test_what_another_step_left_open_is_left_alone(fleet: Fleet) -> None:
    fleet.store.planned([["one", "three"]])
    first, second = fleet.store.slices(2)
    fleet.ledger.begin(first, [sending("one")], slot=SLOT)
    fleet.ledger.begin(reclaimed(fleet.store, second), [sending("three", 1)], slot=SLOT)
    assert [line.outcome for line in fleet.lines()] == [Outcome.SENT, Outcome.SENT]


def test_the_next_claim_sends_a_chunk_for_the_second_time(fleet: Fleet, claim: Claim) -> None:
    fleet.ledger.begin(claim, [sending("one")], slot=SLOT)
    fleet.ledger.end(claim, key_of("one"), Outcome.CUT)
    fleet.ledger.begin(
        reclaimed(fleet.store, claim), [sending("one"), sending("three", 1)], slot=SLOT
    )
    assert [(line.chunk, line.attempt) for line in fleet.lines()] == [(0, 1), (0, 2), (1, 1)]


def test_beginning_again_what_is_open_changes_nothing(fleet: Fleet, claim: Claim) -> None:
    """The first commit may have succeeded without its caller hearing of it."""
    fleet.ledger.begin(claim, [sending("one")], slot=SLOT)
    fleet.ledger.begin(claim, [sending("one")], slot=SLOT)
    assert fleet.lines() == [(0, 1, Outcome.SENT, "", "", 7)]


def test_what_was_not_sent_after_all_may_be_sent(fleet: Fleet, claim: Claim) -> None:
    fleet.ledger.begin(claim, [sending("one")], slot=SLOT)
    fleet.ledger.end(claim, key_of("one"), Outcome.UNSENT)
    assert fleet.ledger.sums().sent == 0
    fleet.ledger.begin(claim, [sending("one")], slot=SLOT)
    assert fleet.ledger.sums().sent == 3


@pytest.mark.parametrize("outcome", [Outcome.CUT, Outcome.KEPT, Outcome.LATE])
def test_what_was_sent_is_not_sent_again_under_the_same_fence(
    fleet: Fleet, claim: Claim, outcome: Outcome
) -> None:
    fleet.ledger.begin(claim, [sending("one")], slot=SLOT)
    fleet.ledger.end(claim, key_of("one"), outcome)
    with pytest.raises(InvalidTransition):
        fleet.ledger.begin(claim, [sending("three", 1), sending("one")], slot=SLOT)
    assert [line.outcome for line in fleet.lines()] == [outcome]


def test_the_first_end_of_a_row_stays(fleet: Fleet, claim: Claim) -> None:
    fleet.ledger.begin(claim, [sending("one")], slot=SLOT)
    fleet.ledger.end(claim, key_of("one"), Outcome.CUT, code="silence")
    fleet.ledger.end(claim, key_of("one"), Outcome.LATE, code="trickle")
    assert [(line.outcome, line.code) for line in fleet.lines()] == [(Outcome.CUT, "silence")]


def test_ending_what_never_began_changes_nothing(fleet: Fleet, claim: Claim) -> None:
    fleet.ledger.end(claim, key_of("one"), Outcome.CUT)
    assert fleet.lines() == []


def test_a_claim_that_lost_its_lease_says_what_became_of_its_words(
    fleet: Fleet, claim: Claim
) -> None:
    fleet.ledger.begin(claim, [sending("one")], slot=SLOT)
    reclaimed(fleet.store, claim)
    fleet.ledger.end(claim, key_of("one"), Outcome.LATE, request_id="r-1")
    assert fleet.lines() == [(0, 1, Outcome.LATE, "r-1", "", 7)]


def test_what_counted_as_lost_may_still_be_told(fleet: Fleet, claim: Claim) -> None:
    """Its process was frozen, not dead."""
    fleet.ledger.begin(claim, [sending("one")], slot=SLOT)
    fleet.ledger.begin(reclaimed(fleet.store, claim), [sending("one")], slot=SLOT)
    fleet.ledger.end(claim, key_of("one"), Outcome.LATE, request_id="r-1")
    assert [line.outcome for line in fleet.lines()] == [Outcome.LATE, Outcome.SENT]


# ------------------------------------------------------------------------------------- with takes


def test_keeping_a_take_ends_its_row(fleet: Fleet, claim: Claim) -> None:
    fleet.ledger.begin(claim, [sending("one")], slot=SLOT)
    fleet.store.takes.keep(claim, take_of("one"), spoken_now=True, request_id="r-1")
    assert fleet.lines() == [(0, 1, Outcome.KEPT, "r-1", "", 7)]


def test_a_take_that_came_second_was_sent_in_vain(fleet: Fleet) -> None:
    """Its chunk is answered by the first one, and so were its characters."""
    job = fleet.store.planned([["yes", "yes"]])
    first, second = fleet.store.slices(2)
    for claim, index in ((first, 0), (second, 1)):
        fleet.ledger.begin(claim, [sending("yes", index)], slot=SLOT)
        fleet.store.takes.keep(claim, take_of("yes"), spoken_now=True)
    assert [line.outcome for line in fleet.lines()] == [Outcome.KEPT, Outcome.LATE]
    progress = fleet.store.jobs.progress(job.id)
    assert (progress.chars_sent, progress.chars_resent) == (6, 3)
    assert (progress.chars_spoken, progress.chars_from_takes) == (6, 3)


def test_keeping_the_same_take_again_leaves_its_row(fleet: Fleet, claim: Claim) -> None:
    """The first commit may have succeeded without its caller hearing of it."""
    fleet.ledger.begin(claim, [sending("one")], slot=SLOT)
    for _ in range(2):
        fleet.store.takes.keep(claim, take_of("one"), spoken_now=True)
    assert [line.outcome for line in fleet.lines()] == [Outcome.KEPT]


def test_what_was_paid_for_is_kept_although_its_claim_is_lost(fleet: Fleet, claim: Claim) -> None:
    """The database was away for longer than a lease: nobody else speaks these words yet."""
    takes = fleet.store.takes
    takes.lease(claim, [key_of("one")])
    fleet.ledger.begin(claim, [sending("one")], slot=SLOT)
    later = reclaimed(fleet.store, claim)
    with pytest.raises(LeaseLost):
        takes.keep(claim, take_of("one"), spoken_now=True, request_id="r-1")
    assert fleet.lines() == [(0, 1, Outcome.KEPT, "r-1", "", 7)]
    assert [chunk.key for chunk in takes.pending(later) if chunk.key == key_of("one")] == []
    progress = fleet.store.jobs.progress(claim.job_id)
    assert progress.chars_sent == progress.chars_spoken - progress.chars_from_takes == 3


def test_a_lost_claim_keeps_nothing_that_somebody_else_is_speaking(
    fleet: Fleet, claim: Claim
) -> None:
    takes = fleet.store.takes
    takes.lease(claim, [key_of("one")])
    fleet.ledger.begin(claim, [sending("one")], slot=SLOT)
    later = reclaimed(fleet.store, claim)
    takes.lease(later, [key_of("one")])
    with pytest.raises(LeaseLost):
        takes.keep(claim, take_of("one"), spoken_now=True)
    assert takes.find([key_of("one")]) == {}


def test_a_take_that_was_there_ends_no_row(fleet: Fleet, claim: Claim) -> None:
    fleet.store.found(claim, "one")
    fleet.ledger.begin(claim, [sending("one")], slot=SLOT)
    fleet.store.takes.keep(claim, take_of("one"), spoken_now=False)
    assert [line.outcome for line in fleet.lines()] == [Outcome.SENT]


# ------------------------------------------------------------------------------------------- sums


def test_sums_are_of_one_job_or_of_the_account(fleet: Fleet) -> None:
    for number, text in ((1, "one"), (2, "three")):
        fleet.store.planned([[text]], number)
        claim = fleet.store.next(Queue.SPEECH)
        fleet.ledger.begin(claim, [sending(text)], slot=SLOT)
        fleet.ledger.end(claim, TakeKey(key_of(text)), Outcome.CUT)
    assert fleet.ledger.sums(job_id(1)).chars == {Outcome.CUT: 3}
    assert fleet.ledger.sums(job_id(2)).chars == {Outcome.CUT: 5}
    assert fleet.ledger.sums().chars == {Outcome.CUT: 8}


def test_what_was_sent_through_another_account_is_its_own(fleet: Fleet) -> None:
    """One database may have had more than one speaker."""
    texts = {"offline-tone": "one", "deepgram": "three"}
    for number, (account, text) in enumerate(texts.items(), 1):
        fleet.store.planned([[text]], number)
        claim = fleet.store.next(Queue.SPEECH)
        fleet.books(account).begin(claim, [sending(text)], slot=SLOT)
    sent = {account: fleet.books(account).sums().sent for account in (*texts, "custom")}
    assert sent == {"offline-tone": 3, "deepgram": 5, "custom": 0}
    assert fleet.books("deepgram").sums(job_id(1)).sent == 3


def test_a_job_that_sent_nothing_has_empty_sums(fleet: Fleet) -> None:
    job = fleet.store.submit()
    assert fleet.ledger.sums(job.id).chars == {}
    progress = fleet.store.jobs.progress(job.id)
    assert (progress.chars_sent, progress.chars_resent) == (0, 0)


def test_a_jobs_progress_says_what_was_sent_and_what_in_vain(fleet: Fleet, claim: Claim) -> None:
    """Sent = finished - answered by takes + sent again, once all is finished."""
    fleet.ledger.begin(claim, [sending("one"), sending("three", 1)], slot=SLOT)
    fleet.ledger.end(claim, key_of("one"), Outcome.CUT)
    fleet.store.takes.keep(claim, take_of("three"), spoken_now=True)
    again = reclaimed(fleet.store, claim)
    fleet.ledger.begin(again, [sending("one")], slot=SLOT)
    fleet.store.takes.keep(again, take_of("one"), spoken_now=True)
    progress = fleet.store.jobs.progress(claim.job_id)
    assert (progress.chars_sent, progress.chars_resent) == (11, 3)
    assert adds_up(fleet, claim)
