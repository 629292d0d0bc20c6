"""The port `Steps`: spoilt takes are spoken again, spoilt chapters rendered again."""

import pytest

from narrator.domain.errors import InvalidTransition, LeaseLost, StoredSpoilt
from narrator.domain.ids import TakeKey
from narrator.domain.jobs import JobState
from narrator.domain.ledger import Outcome, Sending
from narrator.domain.slots import Slot
from narrator.domain.spoilt import MOST_SPOILT
from narrator.domain.steps import Claim, Queue, StepKind, StepState
from narrator.domain.takes import Take
from tests.contract.fleet import Fleet
from tests.contract.stage import (
    BOOK,
    FAILURE,
    RECORD,
    THALIA,
    Store,
    key_of,
    take_of,
    together,
)

SLOT = Slot(number=7, fence=1, voice=THALIA)
Seen = dict[TakeKey, Take | None]


def send(fleet: Fleet, how_many: int = 1) -> None:
    """Finish the next so many slices: what no take answers is sent and kept."""
    for claim in fleet.store.slices(how_many):
        for chunk in fleet.store.takes.pending(claim):
            sent = not fleet.store.takes.find([chunk.key])
            if sent:
                sending = Sending(key=chunk.key, index=chunk.index, chars=len(chunk.text))
                fleet.ledger.begin(claim, [sending], slot=SLOT)
            fleet.store.takes.keep(claim, take_of(chunk.text), spoken_now=sent)
        fleet.store.steps.finish_slice(claim)


def seen(store: Store, render: Claim, *texts: str) -> Seen:
    """The takes of these texts, as a render of their chapter finds them."""
    keys = set(map(key_of, texts))
    return {c.key: c.take for c in store.takes.of_chapter(render) if c.key in keys}


def spoil(store: Store, *texts: str) -> int:
    """The next render finds the takes of these texts spoilt; how many takes are spoken again."""
    render = store.next(Queue.AUDIO)
    return store.steps.respeak(render, seen(store, render, *texts))


def open_steps(store: Store, kind: StepKind) -> int:
    closed = {StepState.DONE, StepState.FAILED, StepState.CANCELLED}
    return sum(n for (k, s), n in store.steps.counts().items() if k is kind and s not in closed)


# ----------------------------------------------------------------------------------------- takes


def test_words_whose_take_is_spoilt_are_spoken_again_and_no_others(store: Store) -> None:
    job = store.planned([["one", "two", "three"]], slice_chunks=3)
    store.narrate(1)
    assert spoil(store, "one", "three") == 2
    assert store.jobs.progress(job.id).chars_spoken == len("two")
    (again,) = store.slices(1)
    assert [chunk.text for chunk in store.takes.pending(again)] == ["one", "three"]
    assert store.takes.find(map(key_of, ["one", "two", "three"])).keys() == {key_of("two")}


def test_a_mended_chapter_is_rendered_and_its_book_published(store: Store) -> None:
    job = store.planned([["one", "two"], ["three"]])
    store.narrate(3)
    spoil(store, "one")
    store.narrate(1)
    store.render(2)
    store.steps.finish_publish(store.next(Queue.AUDIO), [BOOK])
    assert store.jobs.get(job.id).state is JobState.SUCCEEDED


def test_a_spoilt_take_is_counted(store: Store) -> None:
    job = store.planned([["one", "two", "one"]], slice_chunks=3)
    store.narrate(1)
    assert store.jobs.progress(job.id).takes_spoilt == 0
    spoil(store, "one", "two")
    assert store.jobs.progress(job.id).takes_spoilt == store.jobs.takes_spoilt() == 2


def test_a_long_chapter_is_spoken_again_in_slices(store: Store) -> None:
    texts = [f"{number} " + "a" * 700 for number in range(6)]
    store.planned([texts], slice_chunks=6)
    store.narrate(1)
    spoil(store, *texts)
    assert [len(claim.chunks) for claim in store.slices(3)] == [2, 2, 2]


def test_the_same_words_elsewhere_in_the_job_are_spoken_again_with_them(store: Store) -> None:
    job = store.planned([["yes", "one"], ["two", "yes"]])
    store.narrate(4)
    first, second = (store.next(Queue.AUDIO) for _ in range(2))
    store.steps.respeak(first, seen(store, first, "yes"))
    assert store.jobs.progress(job.id).chunks_spoken == 2
    with pytest.raises(LeaseLost):
        store.steps.finish_render(second, RECORD)
    store.narrate(2)
    assert open_steps(store, StepKind.RENDER) == 2


def test_a_chapter_that_is_rendered_stays_so(store: Store) -> None:
    job = store.planned([["yes"], ["yes"]])
    store.narrate(2)
    store.render(1)
    spoil(store, "yes")
    progress = store.jobs.progress(job.id)
    assert [(each.chunks_spoken, each.rendered) for each in progress.chapters] == [
        (1, True),
        (0, False),
    ]


def test_a_take_that_was_kept_since_is_not_removed(store: Store) -> None:
    """Another job found the same take spoilt, and its words were spoken again already."""
    store.planned([["yes"]], 1)
    store.planned([["yes"]], 2)
    store.narrate(2)
    mine, other = (store.next(Queue.AUDIO) for _ in range(2))
    found = seen(store, mine, "yes")
    store.steps.respeak(other, seen(store, other, "yes"))
    store.narrate(1)
    kept = store.takes.find([key_of("yes")])[key_of("yes")].kept_at

    assert store.steps.respeak(mine, found) == 0
    assert store.takes.find([key_of("yes")])[key_of("yes")].kept_at == kept
    assert store.jobs.progress(mine.job_id).takes_spoilt == 0
    assert store.next(Queue.AUDIO).job_id in {mine.job_id, other.job_id}


def test_a_take_whose_row_is_gone_is_none(store: Store) -> None:
    store.planned([["yes"]], 1)
    store.planned([["yes", "no"]], 2, slice_chunks=2)
    store.narrate(2)
    mine, other = (store.next(Queue.AUDIO) for _ in range(2))
    store.steps.respeak(mine, seen(store, mine, "yes"))
    gone = seen(store, other, "yes")
    assert gone == {key_of("yes"): None}
    assert store.steps.respeak(other, gone) == 1


def test_of_two_jobs_that_find_a_take_spoilt_at_once_one_speaks(store: Store) -> None:
    store.planned([["yes"]], 1)
    store.planned([["yes"]], 2)
    store.narrate(2)
    renders = [store.next(Queue.AUDIO) for _ in range(2)]
    found = [seen(store, render, "yes") for render in renders]
    answers = together(
        *[lambda r=r, f=f: store.steps.respeak(r, f) for r, f in zip(renders, found, strict=True)]
    )
    assert answers == [1, 1]
    leased = [store.takes.lease(claim, [key_of("yes")]) for claim in store.slices(2)]
    assert sorted(map(len, leased)) == [0, 1]


def test_a_chunk_of_an_open_slice_is_left_to_it(store: Store) -> None:
    """Its worker was slow to finish it; now it has words to say again."""
    store.planned([["one", "two"]])
    slow, quick = store.slices(2)
    store.speak(slow)
    store.speak(quick)
    store.steps.finish_slice(quick)
    spoil(store, "one")
    assert open_steps(store, StepKind.SLICE) == 1
    with pytest.raises(InvalidTransition):
        store.steps.finish_slice(slow)
    store.speak(slow)
    store.steps.finish_slice(slow)
    store.render(1)


def test_a_late_render_lets_nothing_be_spoken_again(store: Store) -> None:
    job = store.planned([["one"]])
    store.narrate(1)
    late = store.next(Queue.AUDIO)
    found = seen(store, late, "one")
    store.steps.hand_back(late)
    store.next(Queue.AUDIO)
    with pytest.raises(LeaseLost):
        store.steps.respeak(late, found)
    assert store.jobs.progress(job.id).chunks_spoken == 1
    assert key_of("one") in store.takes.find([key_of("one")])


def test_a_job_that_was_cancelled_speaks_nothing_again(store: Store) -> None:
    job = store.planned([["one"]])
    store.narrate(1)
    late = store.next(Queue.AUDIO)
    found = seen(store, late, "one")
    store.jobs.cancel(job.id)
    with pytest.raises(LeaseLost):
        store.steps.respeak(late, found)


# ---------------------------------------------------------------------------------------- ledger


def adds_up(fleet: Fleet, claim: Claim) -> bool:
    """Whether sent = finished - answered by takes + sent again."""
    progress = fleet.store.jobs.progress(claim.job_id)
    finished = progress.chars_spoken - progress.chars_from_takes
    return progress.chars_sent == finished + progress.chars_resent


def test_what_was_sent_for_a_spoilt_take_counts_as_lost(fleet: Fleet) -> None:
    fleet.store.planned([["one", "two"]], slice_chunks=2)
    send(fleet)
    render = fleet.store.next(Queue.AUDIO)
    fleet.store.steps.respeak(render, seen(fleet.store, render, "one"))
    lines = [(line.chunk, line.outcome, line.code) for line in fleet.lines()]
    assert lines == [(0, Outcome.LOST, "take-corrupt"), (1, Outcome.KEPT, "")]
    assert adds_up(fleet, render)
    send(fleet)
    assert fleet.ledger.sums(render.job_id).resent == len("one")
    assert adds_up(fleet, render)


def test_the_ledger_adds_up_when_one_of_two_chapters_is_rendered(fleet: Fleet) -> None:
    """Of a take that was sent for the chapter that is rendered, nothing is lost."""
    fleet.store.planned([["yes"], ["yes"]])
    send(fleet, 2)
    fleet.store.render(1)
    render = fleet.store.next(Queue.AUDIO)
    fleet.store.steps.respeak(render, seen(fleet.store, render, "yes"))
    assert adds_up(fleet, render)
    send(fleet)
    assert fleet.ledger.sums(render.job_id).sent == 2 * len("yes")
    assert adds_up(fleet, render)


def test_an_earlier_jobs_take_that_is_spoilt_costs_its_words_once(fleet: Fleet) -> None:
    fleet.store.planned([["yes"]], 1)
    fleet.store.planned([["yes"]], 2)
    send(fleet, 2)
    renders = [fleet.store.next(Queue.AUDIO) for _ in range(2)]
    render = next(claim for claim in renders if not fleet.ledger.sums(claim.job_id).sent)
    fleet.store.steps.respeak(render, seen(fleet.store, render, "yes"))
    send(fleet)
    assert adds_up(fleet, render)
    assert all(adds_up(fleet, claim) for claim in renders)


def test_words_that_are_spoilt_each_time_are_spoken_so_often_and_no_more(fleet: Fleet) -> None:
    fleet.store.planned([["one", "two"]], slice_chunks=2)
    for _ in range(MOST_SPOILT - 1):
        send(fleet)
        spoil(fleet.store, "one")
    send(fleet)
    render = fleet.store.next(Queue.AUDIO)
    found = seen(fleet.store, render, "one", "two")
    with pytest.raises(StoredSpoilt, match="3 times"):
        fleet.store.steps.respeak(render, found)
    assert fleet.store.jobs.progress(render.job_id).chunks_spoken == 2
    assert seen(fleet.store, render, "one", "two") == found


def test_a_retried_job_may_speak_spoilt_words_again(fleet: Fleet) -> None:
    fleet.store.planned([["one"]])
    for _ in range(MOST_SPOILT - 1):
        send(fleet)
        spoil(fleet.store, "one")
    send(fleet)
    render = fleet.store.next(Queue.AUDIO)
    fleet.store.steps.fail(render, FAILURE)
    fleet.store.jobs.retry(render.job_id)
    assert spoil(fleet.store, "one") == 1


# -------------------------------------------------------------------------------------- chapters


def test_a_spoilt_chapter_is_rendered_again_and_no_other(store: Store) -> None:
    job = store.planned([["one"], ["two"], ["three"]])
    store.narrate(3)
    store.render(3)
    store.steps.rerender(store.next(Queue.AUDIO), [1])
    assert [c.rendered for c in store.jobs.progress(job.id).chapters] == [True, False, True]
    render = store.next(Queue.AUDIO)
    assert (render.kind, render.chapter) == (StepKind.RENDER, 1)
    store.steps.finish_render(render, RECORD)
    publish = store.next(Queue.AUDIO)
    assert len(store.takes.of_job(publish)) == 3
    store.steps.finish_publish(publish, [BOOK])
    assert store.jobs.get(job.id).state is JobState.SUCCEEDED


def test_a_late_publisher_lets_nothing_be_rendered_again(store: Store) -> None:
    job = store.planned([["one"]])
    store.narrate(1)
    store.render(1)
    late = store.next(Queue.AUDIO)
    store.steps.hand_back(late)
    store.next(Queue.AUDIO)
    with pytest.raises(LeaseLost):
        store.steps.rerender(late, [0])
    assert store.jobs.progress(job.id).chapters[0].rendered


def test_a_publisher_that_lets_chapters_be_rendered_again_has_done_its_step(store: Store) -> None:
    store.planned([["one"]])
    store.narrate(1)
    store.render(1)
    publish = store.next(Queue.AUDIO)
    store.steps.rerender(publish, [0])
    with pytest.raises(LeaseLost):
        store.steps.finish_publish(publish, [BOOK])


def test_a_take_is_spoken_again_for_a_chapter_that_is_rendered_again(store: Store) -> None:
    store.planned([["one"], ["two"]])
    store.narrate(2)
    store.render(2)
    store.steps.rerender(store.next(Queue.AUDIO), [0])
    spoil(store, "one")
    store.narrate(1)
    store.render(1)
    assert store.next(Queue.AUDIO).kind is StepKind.PUBLISH


def test_a_chapter_that_is_spoilt_each_time_is_rendered_so_often_and_no_more(store: Store) -> None:
    job = store.planned([["one"], ["two"]])
    store.narrate(2)
    store.render(2)
    for _ in range(MOST_SPOILT - 1):
        store.steps.rerender(store.next(Queue.AUDIO), [1])
        store.render(1)
    publish = store.next(Queue.AUDIO)
    with pytest.raises(StoredSpoilt, match="chapter 2 of the plan"):
        store.steps.rerender(publish, [0, 1])
    assert all(chapter.rendered for chapter in store.jobs.progress(job.id).chapters)
    store.steps.finish_publish(publish, [BOOK])


def test_chapters_of_a_retried_job_may_be_rendered_again(store: Store) -> None:
    store.planned([["one"]])
    store.narrate(1)
    store.render(1)
    for _ in range(MOST_SPOILT - 1):
        store.steps.rerender(store.next(Queue.AUDIO), [0])
        store.render(1)
    publish = store.next(Queue.AUDIO)
    store.steps.fail(publish, FAILURE)
    store.jobs.retry(publish.job_id)
    store.steps.rerender(store.next(Queue.AUDIO), [0])
    store.render(1)
