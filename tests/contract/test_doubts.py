"""Doubts of takes: in the ledger, on takes and chunks, and what is learned of voices."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from narrator.domain.errors import LeaseLost
from narrator.domain.gate import Doubt
from narrator.domain.ledger import Outcome, Sending
from narrator.domain.pace import MOST_TAKES
from narrator.domain.slots import Slot
from narrator.domain.steps import Claim, Queue
from narrator.domain.voices import Voice
from narrator.services.ports import Paces, PutBy
from narrator.storage.database import Database
from narrator.storage.paces import SqlPaces
from tests.contract.fleet import APOLLO, THALIA, Fleet
from tests.contract.stage import RECORD, Store, key_of, take_of
from tests.fakes.paces import MemoryPaces

SLOT = Slot(number=7, fence=1, voice=THALIA)
CUT, GAP = (Doubt.CUT_OFF,), (Doubt.GAP,)


def send(fleet: Fleet, claim: Claim, text: str = "one") -> None:
    sending = Sending(key=key_of(text), index=0, chars=len(text))
    fleet.ledger.begin(claim, [sending], slot=SLOT)


def again(fleet: Fleet, claim: Claim, text: str = "one") -> bool:
    return fleet.ledger.repeat(claim, key_of(text), request_id="r", code="gate-cut-off")


@pytest.fixture
def claim(fleet: Fleet) -> Claim:
    fleet.store.planned([["one", "three"]], slice_chunks=2)
    return fleet.store.next(Queue.SPEECH)


def test_what_is_doubted_is_sent_again_under_the_same_claim(fleet: Fleet, claim: Claim) -> None:
    send(fleet, claim)
    assert again(fleet, claim)
    send(fleet, claim)
    fleet.store.takes.keep(claim, take_of("one"), spoken_now=True)
    outcomes = [(line.attempt, line.outcome, line.code) for line in fleet.lines()]
    assert sorted(outcomes) == [(1, Outcome.LATE, "gate-cut-off"), (2, Outcome.KEPT, "")]
    assert (fleet.ledger.sums().sent, fleet.ledger.sums().resent) == (6, 3)


def test_a_chunk_is_sent_three_times_in_all(fleet: Fleet, claim: Claim) -> None:
    answers = []
    for _ in range(3):
        send(fleet, claim)
        answers.append(again(fleet, claim))
    assert answers == [True, True, False]
    assert fleet.ledger.sums().chars[Outcome.SENT] == 3


def test_attempts_of_a_worker_that_died_count(fleet: Fleet, claim: Claim) -> None:
    send(fleet, claim)
    assert again(fleet, claim)
    send(fleet, claim)
    fleet.store.steps.hand_back(claim)
    later = fleet.store.next(Queue.SPEECH)
    send(fleet, later)
    assert not again(fleet, later)


def test_asking_twice_because_the_answer_went_unheard_is_harmless(
    fleet: Fleet, claim: Claim
) -> None:
    send(fleet, claim)
    assert again(fleet, claim)
    assert again(fleet, claim)
    assert len(fleet.lines()) == 1


def test_a_lost_claim_repeats_nothing(fleet: Fleet, claim: Claim) -> None:
    send(fleet, claim)
    fleet.store.jobs.cancel(claim.job_id)
    with pytest.raises(LeaseLost):
        again(fleet, claim)


@pytest.mark.parametrize(("cap", "is_allowed"), [(11, True), (10, False)])
def test_a_cap_holds_for_what_is_doubted_too(fleet: Fleet, cap: int, *, is_allowed: bool) -> None:
    """Eight characters are planned, three are sent, and three would be sent again."""
    fleet.store.planned([["one", "three"]], slice_chunks=2, max_chars=cap)
    claim = fleet.store.next(Queue.SPEECH)
    send(fleet, claim)
    assert again(fleet, claim) is is_allowed


def test_what_is_put_by_is_there_for_the_next_claim(fleet: Fleet, claim: Claim) -> None:
    takes, text = fleet.store.takes, key_of("one")
    assert takes.lease(claim, [text])
    send(fleet, claim)
    takes.put_by(claim, take_of("one"))
    assert again(fleet, claim)
    send(fleet, claim)
    fleet.store.steps.hand_back(claim)
    later = fleet.store.next(Queue.SPEECH)
    assert takes.lease(later, [text])
    assert takes.put_by_before(later, [text]) == {text: PutBy(take=take_of("one"), times=2)}


def test_what_is_put_by_is_no_kept_take(store: Store, leased: Claim) -> None:
    store.takes.put_by(leased, replace(take_of("one"), doubts=CUT))
    assert store.takes.find([key_of("one")]) == {}
    assert store.jobs.takes_doubtful() == 0


def test_a_kept_take_puts_an_end_to_what_was_put_by(store: Store, leased: Claim) -> None:
    store.takes.put_by(leased, take_of("one"))
    store.takes.keep(leased, take_of("one"), spoken_now=True)
    assert store.takes.put_by_before(leased, [key_of("one")]) == {}


def test_what_was_put_by_may_answer_though_nothing_is_sent(store: Store, leased: Claim) -> None:
    take = replace(take_of("one"), doubts=CUT)
    store.takes.put_by(leased, take)
    store.takes.keep_put_by(leased, take)
    assert store.takes.find([take.key]) == {take.key: take}
    assert store.takes.pending(leased) == []
    progress = store.jobs.progress(leased.job_id)
    assert (progress.chars_from_takes, progress.takes_doubtful) == (3, 1)


def test_nothing_is_put_by_of_words_that_are_kept(store: Store, leased: Claim) -> None:
    kept = take_of("one")
    store.takes.keep(leased, kept, spoken_now=True)
    store.takes.put_by(leased, replace(kept, samples=7))
    assert store.takes.find([kept.key])[kept.key].samples == kept.samples


def test_a_lost_claim_puts_nothing_by(store: Store, leased: Claim) -> None:
    store.jobs.cancel(leased.job_id)
    with pytest.raises(LeaseLost):
        store.takes.put_by(leased, take_of("one"))


@pytest.fixture
def leased(store: Store) -> Claim:
    store.planned([["one"]])
    claim = store.next(Queue.SPEECH)
    assert store.takes.lease(claim, [key_of("one")])
    return claim


def test_a_job_shows_how_many_of_its_takes_are_doubtful(store: Store) -> None:
    job = store.planned([["one", "three"]], slice_chunks=2)
    claim = store.next(Queue.SPEECH)
    store.takes.keep(claim, replace(take_of("one"), doubts=CUT), spoken_now=True)
    store.takes.keep(claim, replace(take_of("three"), doubts=()), spoken_now=True)
    assert store.jobs.progress(job.id).takes_doubtful == store.jobs.takes_doubtful() == 1


def test_a_take_brings_its_doubts_into_the_next_job(store: Store) -> None:
    store.planned([["one"]])
    claim = store.next(Queue.SPEECH)
    store.takes.keep(claim, replace(take_of("one"), doubts=CUT), spoken_now=True)
    other = store.planned([["one"]], 2)
    claim = store.next(Queue.SPEECH)
    store.takes.keep(claim, take_of("one"), spoken_now=False)
    assert store.jobs.progress(other.id).takes_doubtful == 1


def rendering(store: Store, doubts: tuple[Doubt, ...] | None) -> Claim:
    store.planned([["one"]])
    claim = store.next(Queue.SPEECH)
    store.takes.keep(claim, replace(take_of("one"), doubts=doubts), spoken_now=True)
    store.steps.finish_slice(claim)
    return store.next(Queue.AUDIO)


def test_a_take_without_a_verdict_gets_one_when_it_is_rendered(store: Store) -> None:
    render = rendering(store, None)
    (chunk,) = store.takes.of_chapter(render)
    assert (chunk.doubts, chunk.text) == (None, "one")
    store.takes.judged(render, {chunk.key: GAP})
    (chunk,) = store.takes.of_chapter(render)
    assert chunk.take is not None
    assert (chunk.doubts, chunk.take.doubts) == (GAP, GAP)
    assert store.jobs.progress(render.job_id).takes_doubtful == 1


def test_a_verdict_is_not_changed_afterwards(store: Store) -> None:
    render = rendering(store, ())
    store.takes.judged(render, {key_of("one"): GAP})
    (chunk,) = store.takes.of_chapter(render)
    assert chunk.take is not None
    assert chunk.take.doubts == ()


def test_what_is_rendered_tells_its_doubts_by_chunk(store: Store, publishing: Claim) -> None:
    (row,) = store.takes.of_job(publishing)
    assert row.doubts == {0: CUT}


@pytest.fixture
def publishing(store: Store) -> Claim:
    render = rendering(store, CUT)
    store.steps.finish_render(render, RECORD)
    return store.next(Queue.AUDIO)


@pytest.fixture
def paces(request: pytest.FixtureRequest, kind: str, store: Store) -> Callable[[str], Paces]:  # noqa: ARG001 — it is emptied
    """What is learned of each account's voices."""
    if kind == "memory":
        made: dict[str, MemoryPaces] = {}
        return lambda account: made.setdefault(account, MemoryPaces())
    database: Database = request.getfixturevalue(f"_{kind}_database")
    return lambda account: SqlPaces(database, account=account)


def test_takes_of_a_voice_add_up(paces: Callable[[str], Paces]) -> None:
    ours = paces("deepgram")
    ours.learn(THALIA, {150: 2, 151: 1})
    ours.learn(THALIA, {150: 1})
    assert ours.learned(THALIA) == {150: 3, 151: 1}


def test_nothing_is_learned_of_other_voices_speeds_or_accounts(
    paces: Callable[[str], Paces],
) -> None:
    paces("deepgram").learn(THALIA, {150: 2})
    assert paces("deepgram").learned(APOLLO) == {}
    assert paces("deepgram").learned(Voice(speed=1.2)) == {}
    assert paces("other").learned(THALIA) == {}


def test_what_was_learned_long_ago_weighs_less_and_less(paces: Callable[[str], Paces]) -> None:
    ours = paces("deepgram")
    ours.learn(THALIA, {100: 1, 150: MOST_TAKES})
    assert ours.learned(THALIA) == {150: MOST_TAKES // 2}
