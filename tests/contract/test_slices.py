"""The port `Steps`: slices are claimed by voice, and cut up while seats are idle."""

from itertools import repeat

import pytest

from narrator.domain.errors import LeaseLost
from narrator.domain.jobs import JobState
from narrator.domain.steps import Claim, StepKind, StepState
from narrator.domain.voices import Voice
from tests.contract.stage import FAILURE, SPEAKER, Store, together

APOLLO = Voice(name="aura-2-apollo-en")
ROUNDS = range(5)  # a race is run more than once
ARTICLE = [[f"chunk {n:02} of chapter {chapter}" for n in range(24)] for chapter in range(2)]
WHOLE = {(chapter, index) for chapter in range(2) for index in range(24)}


def article(store: Store) -> None:
    """Six slices of eight chunks each, queued."""
    store.planned(ARTICLE, slice_chunks=8)
    store.dispatch()


def places(claims: list[Claim]) -> list[tuple[int, int]]:
    """Chapter and index of each chunk that is claimed."""
    return sorted((claim.chapter, index) for claim in claims for index in claim.chunks)


def seated(store: Store, seats: int) -> list[Claim]:
    """Each seat claims once, and dispatches what it cut off."""
    claims: list[Claim] = []
    for _ in repeat(None, seats):
        if claim := store.seat(seats=seats):
            claims.append(claim)
        store.dispatch()
    return claims


# ---------------------------------------------------------------------------- whose slices


def test_a_seat_claims_slices_of_its_voice_only(store: Store) -> None:
    store.planned([["one"]], 1)
    mine = store.planned([["two"]], 2, voice=APOLLO)
    store.dispatch()
    claim = store.seat(voice=APOLLO)
    assert claim
    assert claim.job_id == mine.id
    assert store.seat(voice=APOLLO) is None


def test_a_voice_at_another_speed_is_another_voice(store: Store) -> None:
    store.planned([["one"]], voice=Voice(speed=1.2))
    store.dispatch()
    assert store.seat() is None
    assert store.seat(voice=Voice(speed=1.2)) is not None


def test_a_seat_claims_slices_of_its_speaker_only(store: Store) -> None:
    store.planned([["one"]])
    store.dispatch()
    assert store.seat(speaker="deepgram") is None
    assert store.seat(speaker=SPEAKER) is not None


def test_a_seat_claims_nothing_that_is_not_dispatched(store: Store) -> None:
    store.planned([["one"]])
    assert store.seat() is None


# -------------------------------------------------------------------------------- spreading


def test_without_idle_seats_a_slice_stays_whole(store: Store) -> None:
    article(store)
    claim = store.seat(seats=0)
    assert claim
    assert claim.chunks == tuple(range(8))


def test_a_slice_is_cut_to_an_idle_seats_share(store: Store) -> None:
    """Six slices for twelve seats: half a slice each."""
    article(store)
    claim = store.seat(seats=12)
    assert claim
    assert claim.chunks == (0, 1, 2, 3)
    assert store.steps.counts()[StepKind.SLICE, StepState.READY] == 1
    store.dispatch()
    assert places(seated(store, 99)) == sorted(WHOLE - {(0, n) for n in range(4)})


def test_work_enough_for_all_seats_is_not_cut(store: Store) -> None:
    article(store)
    claims = [store.seat(seats=6) for _ in range(6)]
    assert [len(claim.chunks) for claim in claims if claim] == [8] * 6


def test_an_idle_fleet_shares_a_short_text_chunk_by_chunk(store: Store) -> None:
    article(store)
    claims = seated(store, 45)
    assert len(claims) == 45
    assert all(len(claim.chunks) == 1 for claim in claims)
    store.dispatch()
    rest = [store.seat(seats=45) for _ in range(4)]
    assert places([*claims, *(claim for claim in rest if claim)]) == sorted(WHOLE)


def test_a_single_chunk_is_not_cut(store: Store) -> None:
    store.planned([["one long chunk " * 9]])
    store.dispatch()
    claim = store.seat()
    assert claim
    assert claim.chunks == (0,)
    assert store.dispatch() == {}


def test_a_busy_seat_leaves_scarce_work_to_idle_ones(store: Store) -> None:
    article(store)
    assert store.seat(seats=12, first=False) is None
    assert store.steps.counts()[StepKind.SLICE, StepState.QUEUED] == 6


def test_a_busy_seat_claims_ahead_when_idle_ones_have_enough(store: Store) -> None:
    article(store)
    claim = store.seat(seats=3, first=False)
    assert claim
    assert len(claim.chunks) == 8


def test_a_busy_seat_claims_ahead_when_none_is_idle(store: Store) -> None:
    article(store)
    store.seat(seats=1)
    claim = store.seat(seats=1, first=False)
    assert claim
    assert len(claim.chunks) == 8


def test_only_slices_of_its_speaker_keep_a_seat_busy(store: Store) -> None:
    """Another voice's slices count: seats of one account are shared by all voices."""
    store.planned([["one"], ["two"]], 1, voice=APOLLO)
    store.dispatch()
    assert store.seat(voice=APOLLO, seats=2)
    assert store.seat(voice=APOLLO, seats=2)
    store.planned(ARTICLE, 2, slice_chunks=24)
    store.dispatch()
    claim = store.seat(seats=2)
    assert claim
    assert len(claim.chunks) == 24


# ----------------------------------------------------------------------------------- parts


def test_parts_are_spoken_and_make_one_whole(store: Store) -> None:
    job = store.planned(ARTICLE, slice_chunks=8)
    while store.dispatch() or any(state is not StepState.DONE for _, state in slices(store)):
        spoken(store)
    progress = store.jobs.progress(job.id)
    assert (progress.chunks_spoken, progress.chars_spoken) == (48, progress.chars)
    assert store.jobs.spoken_chars() == progress.chars
    renders = {state: n for (kind, state), n in store.steps.counts().items() if kind == "render"}
    assert sum(renders.values()) == 2


def test_what_is_handed_back_is_the_part_and_no_more(store: Store) -> None:
    article(store)
    claim = store.seat(seats=12)
    assert claim
    store.steps.hand_back(claim)
    store.dispatch()
    again = store.seat(seats=0)
    assert again
    assert (again.step_id, again.chunks) == (claim.step_id, claim.chunks)


def test_a_part_is_cut_again_when_more_seats_are_idle(store: Store) -> None:
    article(store)
    claim = store.seat(seats=12)
    assert claim
    store.steps.hand_back(claim)
    store.dispatch()
    assert len(seated(store, 45)) == 45


@pytest.mark.parametrize("_round", ROUNDS)
def test_seats_that_claim_at_once_get_different_chunks(store: Store, _round: int) -> None:
    article(store)
    claims: list[Claim] = []
    for _ in range(12):
        found = together(*[store.seat] * 4)
        assert not [error for error in found if isinstance(error, Exception)]
        claims += [claim for claim in found if isinstance(claim, Claim)]
        store.dispatch()
    assert len(places(claims)) == len(set(places(claims)))
    assert places([*claims, *seated(store, 45)]) == sorted(WHOLE)


@pytest.mark.parametrize("_round", ROUNDS)
def test_cancelling_while_slices_are_cut_leaves_no_open_step(store: Store, _round: int) -> None:
    job = store.planned(ARTICLE, slice_chunks=8)
    store.dispatch()
    together(*[store.seat] * 3, lambda: store.jobs.cancel(job.id), store.seat, store.dispatch)
    assert store.jobs.get(job.id).state is JobState.CANCELLED
    assert {state for _, state in store.steps.counts()} == {StepState.DONE, StepState.CANCELLED}


@pytest.mark.parametrize("_round", ROUNDS)
def test_failing_while_slices_are_cut_leaves_no_open_step(store: Store, _round: int) -> None:
    job = store.planned(ARTICLE, slice_chunks=8)
    store.dispatch()
    failing = store.seat()
    assert failing
    together(*[store.seat] * 3, lambda: store.steps.fail(failing, FAILURE), store.dispatch)
    assert store.jobs.get(job.id).state is JobState.FAILED
    ended = {StepState.DONE, StepState.CANCELLED, StepState.FAILED}
    assert {state for _, state in store.steps.counts()} == ended


def test_a_retried_job_has_every_chunk_in_one_slice(store: Store) -> None:
    job = store.planned(ARTICLE, slice_chunks=8)
    store.dispatch()
    lost = [store.seat() for _ in range(3)]
    store.jobs.cancel(job.id)
    store.jobs.retry(job.id)
    store.dispatch()
    assert places(seated(store, 48)) == sorted(WHOLE)
    for claim in lost:
        assert claim
        with pytest.raises(LeaseLost):
            store.steps.finish_slice(claim)


@pytest.mark.parametrize("_round", ROUNDS)
def test_slices_that_are_cut_and_finished_at_once_bring_one_render(
    store: Store, _round: int
) -> None:
    store.planned([["one", "two", "three", "four"]], slice_chunks=2)
    store.dispatch()
    while any(state is not StepState.DONE for _, state in slices(store)):
        found = together(lambda: spoken(store), lambda: spoken(store), store.dispatch)
        assert not [error for error in found if isinstance(error, Exception)]
    assert store.steps.counts()[StepKind.RENDER, StepState.READY] == 1


def slices(store: Store) -> list[tuple[StepKind, StepState]]:
    """The states that slices are in."""
    return [key for key in store.steps.counts() if key[0] is StepKind.SLICE]


def spoken(store: Store) -> None:
    """Claim, speak and finish, if there is anything."""
    if claim := store.seat():
        store.speak(claim)
        store.steps.finish_slice(claim)
