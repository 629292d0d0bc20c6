"""The port `Takes`."""

from collections.abc import Callable

import pytest

from narrator.domain.plan import Boundary
from narrator.domain.steps import Claim, Queue
from tests.contract.stage import FAILURE, RECORD, Store, key_of, take_of, together, until


def test_a_slice_has_its_own_chunks_pending_in_order(store: Store) -> None:
    store.planned([["one", "two", "three", "four"]], slice_chunks=2)
    _, second = store.slices(2)
    first_chunk, last_chunk = store.takes.pending(second)
    assert (first_chunk.index, first_chunk.text) == (2, "three")
    assert (last_chunk.index, last_chunk.key) == (3, key_of("four"))
    assert (first_chunk.boundary, last_chunk.boundary) == (Boundary.SENTENCE, Boundary.CHAPTER)


def test_a_kept_take_is_not_pending_any_more(store: Store) -> None:
    store.planned([["one", "two"]], slice_chunks=2)
    claim = store.next(Queue.SPEECH)
    store.takes.keep(claim, take_of("one"), spoken_now=True)
    assert [chunk.text for chunk in store.takes.pending(claim)] == ["two"]


def test_a_kept_take_is_found_by_whoever_needs_it(store: Store) -> None:
    store.planned([["one", "two"]])
    store.narrate(1)
    assert store.takes.find([key_of("one"), key_of("two")]) == {key_of("one"): take_of("one")}


def test_many_takes_are_found_at_once(store: Store) -> None:
    texts = [f"text {n}" for n in range(1_200)]
    store.planned([texts], slice_chunks=1_200)
    claim = store.next(Queue.SPEECH)
    for text in texts[:3]:
        store.takes.keep(claim, take_of(text), spoken_now=True)
    assert len(store.takes.find(map(key_of, texts))) == 3


def test_nothing_is_found_for_no_keys(store: Store) -> None:
    assert store.takes.find([]) == {}


def test_chunks_of_the_same_words_share_a_take_that_was_sent_once(store: Store) -> None:
    job = store.planned([["yes", "no", "yes"]], slice_chunks=3)
    claim = store.next(Queue.SPEECH)
    store.takes.keep(claim, take_of("yes"), spoken_now=True)
    progress = store.jobs.progress(job.id)
    assert (progress.chunks_spoken, progress.chars_from_takes) == (2, len("yes"))


def test_a_take_answers_only_the_slice_it_was_kept_for(store: Store) -> None:
    store.planned([["yes", "yes"]])
    first, second = store.slices(2)
    store.takes.keep(first, take_of("yes"), spoken_now=True)
    assert [chunk.index for chunk in store.takes.pending(second)] == [1]


def test_the_first_take_of_a_key_stays(store: Store) -> None:
    """Its audio is what the row's digest is of, whoever comes later."""
    job = store.planned([["yes", "yes"]])
    first, second = store.slices(2)
    store.takes.keep(first, take_of("yes", samples=1), spoken_now=True)
    store.takes.keep(second, take_of("yes", samples=2), spoken_now=True)
    assert store.takes.find([key_of("yes")])[key_of("yes")].samples == 1
    assert store.jobs.progress(job.id).samples == 2


def test_a_take_that_is_gone_answers_nothing(store: Store) -> None:
    """It was removed between the look-up and the answer."""
    store.planned([["one"]])
    claim = store.next(Queue.SPEECH)
    assert not store.takes.keep(claim, take_of("one"), spoken_now=False)
    assert [chunk.text for chunk in store.takes.pending(claim)] == ["one"]
    assert store.takes.find([key_of("one")]) == {}


def test_words_that_are_spoken_anew_are_not_answered_by_the_take_that_was_there(
    store: Store,
) -> None:
    """Else what is being spoken would be paid for and thrown away."""
    store.planned([["yes", "yes"]])
    first, second = store.slices(2)
    store.takes.lease(first, [key_of("yes")])
    assert not store.takes.keep(second, take_of("yes", samples=1), spoken_now=False)
    store.takes.keep(first, take_of("yes", samples=2), spoken_now=True)
    assert store.takes.find([key_of("yes")])[key_of("yes")].samples == 2


# ---------------------------------------------------------------------------------------- leases


def test_words_nobody_speaks_are_leased(store: Store) -> None:
    store.planned([["one", "two"]], slice_chunks=2)
    claim = store.next(Queue.SPEECH)
    keys = {key_of("one"), key_of("two")}
    assert store.takes.lease(claim, keys) == keys
    assert store.takes.find(keys) == {}


def test_leasing_nothing_gives_nothing(store: Store) -> None:
    store.planned([["one"]])
    assert store.takes.lease(store.next(Queue.SPEECH), []) == set()


def test_leasing_again_is_harmless(store: Store) -> None:
    store.planned([["one"]])
    claim = store.next(Queue.SPEECH)
    store.takes.lease(claim, [key_of("one")])
    assert store.takes.lease(claim, [key_of("one")]) == {key_of("one")}


def test_words_that_another_slice_speaks_are_not_leased(store: Store) -> None:
    store.planned([["yes", "no", "yes", "maybe"]], slice_chunks=2)
    first, second = store.slices(2)
    store.takes.lease(first, [key_of("yes"), key_of("no")])
    assert store.takes.lease(second, [key_of("yes"), key_of("maybe")]) == {key_of("maybe")}


def test_words_that_have_a_take_are_not_leased(store: Store) -> None:
    store.planned([["yes", "yes"]])
    store.narrate(1)
    assert store.takes.lease(store.next(Queue.SPEECH), [key_of("yes")]) == set()


def _claimed_anew(store: Store, claim: Claim) -> None:
    store.steps.hand_back(claim)
    store.next(Queue.SPEECH)


ENDS: dict[str, Callable[[Store, Claim], object]] = {
    "handed back": lambda store, claim: store.steps.hand_back(claim),
    "claimed anew": _claimed_anew,
    "run out": lambda store, claim: store.steps.renew([claim], lease_seconds=0),
    "run out and dispatched": lambda store, claim: (
        store.steps.renew([claim], lease_seconds=0),
        until(lambda: store.dispatch() or None),
    ),
    "of another clock": lambda store, claim: store.steps.renew([claim], lease_seconds=4_200.0),
    "failed": lambda store, claim: store.steps.fail(claim, FAILURE),
    "cancelled": lambda store, claim: store.jobs.cancel(claim.job_id),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_lease_ends_with_its_step(store: Store, end: str) -> None:
    store.planned([["yes"]], 1)
    store.planned([["yes"]], 2)
    holder = store.next(Queue.SPEECH)
    waiting = store.next(Queue.SPEECH, owner="other")
    store.takes.lease(holder, [key_of("yes")])
    assert store.takes.lease(waiting, [key_of("yes")]) == set()
    ENDS[end](store, holder)
    assert until(lambda: store.takes.lease(waiting, [key_of("yes")]) or None) == {key_of("yes")}


@pytest.mark.parametrize("_round", range(5))
def test_of_two_who_want_the_same_words_at_once_one_speaks_them(store: Store, _round: int) -> None:
    store.planned([["yes", "yes"]])
    wanted = {key_of("yes"), key_of("no")}
    answers = together(*[lambda c=claim: store.takes.lease(c, wanted) for claim in store.slices(2)])
    assert sorted(len(answer) for answer in answers if isinstance(answer, set)) == [0, 2]


# --------------------------------------------------------------------------- rendering, publishing


def test_a_chapter_has_its_takes_in_chunk_order(store: Store) -> None:
    store.planned([["other"], ["one", "two", "yes", "yes"]])
    store.narrate(5)
    renders = [store.next(Queue.AUDIO) for _ in range(2)]
    second = next(claim for claim in renders if claim.chapter == 1)
    takes = store.takes.of_chapter(second)
    assert [chapter_take.index for chapter_take in takes] == [0, 1, 2, 3]
    assert [chapter_take.take for chapter_take in takes] == [
        take_of(text) for text in ("one", "two", "yes", "yes")
    ]
    assert [chapter_take.boundary for chapter_take in takes] == [
        *[Boundary.SENTENCE] * 3,
        Boundary.CHAPTER,
    ]


def test_a_book_has_its_chapters_in_order_with_their_keys(store: Store) -> None:
    store.planned([["one", "two"], ["three"]])
    store.narrate(3)
    store.render(2)
    first, second = store.takes.of_job(store.next(Queue.AUDIO))
    assert (first.number, first.title, first.record) == (1, "Chapter 1", RECORD)
    assert first.keys == (key_of("one"), key_of("two"))
    assert (second.number, second.keys) == (2, (key_of("three"),))
