"""The port `Retention`."""

from dataclasses import replace

import pytest

from narrator.domain.ids import ObjectKey
from narrator.domain.jobs import JobState
from narrator.domain.steps import Queue
from narrator.services.ports import RenderedRecord, Sweep
from tests.contract.household import Household
from tests.contract.stage import BOOK, key_of, plan_of, take_of, together

DAY = 86_400.0
HOUR = 3_600.0
SOURCE = ObjectKey("sources/0123")


def drop(house: Household, *, days: float = 30, limit: int = 100) -> list[ObjectKey]:
    return house.retention.drop_takes(unused_seconds=days * DAY, limit=limit)


def test_a_turn_comes_round_once_for_all_who_ask(house: Household) -> None:
    def ask() -> ObjectKey | None:
        return house.retention.turn(Sweep.OBJECTS, every_seconds=HOUR)

    assert sorted(map(repr, together(*[ask] * 4))) == ["''", "None", "None", "None"]
    assert ask() is None
    house.later(HOUR + 1)
    assert ask() == ""


def test_sweeps_take_turns_of_their_own(house: Household) -> None:
    for sweep in Sweep:
        assert house.retention.turn(sweep, every_seconds=HOUR) == ""


def test_a_turn_begins_where_the_last_one_stopped(house: Household) -> None:
    house.retention.turn(Sweep.OBJECTS, every_seconds=HOUR)
    house.retention.stopped(Sweep.OBJECTS, ObjectKey("jobs/x"), removed=3)
    house.later(HOUR + 1)
    assert house.retention.turn(Sweep.OBJECTS, every_seconds=HOUR) == "jobs/x"


def test_what_turns_removed_adds_up(house: Household) -> None:
    assert house.retention.removed() == {}
    house.retention.turn(Sweep.TAKES, every_seconds=HOUR)
    for removed in (3, 4):
        house.retention.stopped(Sweep.TAKES, ObjectKey(""), removed=removed)
    assert house.retention.removed() == {Sweep.TAKES: 7}


def test_a_turn_that_is_due_implausibly_late_is_due_now(house: Household) -> None:
    house.retention.turn(Sweep.TAKES, every_seconds=HOUR)
    house.later(-DAY)
    assert house.retention.turn(Sweep.TAKES, every_seconds=HOUR) == ""


def test_a_take_goes_once_nobody_has_used_it_for_long(house: Household) -> None:
    house.store.succeeded()
    assert drop(house) == []
    house.later(31 * DAY)
    assert drop(house) == [take_of("one").object_key]
    assert house.store.takes.find([key_of("one")]) == {}
    assert drop(house) == []


def test_what_was_put_by_goes_once_no_job_wants_it(house: Household) -> None:
    job = house.store.planned([["one"]])
    claim, take = house.store.next(Queue.SPEECH), take_of("one")
    house.store.takes.lease(claim, [take.key])
    house.store.takes.put_by(claim, take)
    house.later(31 * DAY)
    assert drop(house) == []
    assert house.retention.references([take.object_key]).kept == {take.object_key}
    house.store.jobs.cancel(job.id)
    assert drop(house) == [take.object_key]
    assert house.retention.references([take.object_key]).kept == frozenset()


def test_looking_a_take_up_is_using_it(house: Household) -> None:
    house.store.succeeded()
    house.later(29 * DAY)
    house.store.takes.find([key_of("one")])
    house.later(29 * DAY)
    assert drop(house) == []


@pytest.mark.parametrize("state", [JobState.RUNNING, JobState.CANCELLED])
def test_a_take_stays_as_long_as_an_open_job_refers_to_it(
    house: Household, state: JobState
) -> None:
    job = house.store.planned([["one"], ["two"]])
    house.store.narrate(1)
    if state is JobState.CANCELLED:
        house.store.jobs.cancel(job.id)
    house.later(31 * DAY)
    assert len(drop(house)) == (state is JobState.CANCELLED)


def test_no_more_takes_go_at_once_than_asked_for(house: Household) -> None:
    job = house.store.planned([["one", "two", "three"]], slice_chunks=3)
    house.store.narrate(1)
    house.store.jobs.cancel(job.id)
    house.later(31 * DAY)
    assert [len(drop(house, limit=2)) for _ in range(3)] == [2, 1, 0]


def test_a_take_that_is_being_spoken_does_not_go(house: Household) -> None:
    job = house.store.planned([["one"]])
    claim = house.store.next(Queue.SPEECH)
    house.store.takes.lease(claim, [key_of("one")])
    house.store.jobs.cancel(job.id)
    house.later(31 * DAY)
    assert drop(house) == []


def test_every_object_that_a_row_names_is_referred_to(house: Household) -> None:
    store, job = house.store, house.store.submit()
    take = take_of("one").object_key
    mine = [ObjectKey(f"jobs/{job.id}/{name}") for name in ("plan", "audio", "times", "book")]
    plan, audio, times, book = mine
    planned = replace(plan_of([["one"]]), plan_key=plan)
    store.steps.finish_plan(store.next(Queue.AUDIO), planned)
    store.narrate(1)
    record = RenderedRecord(audio_key=audio, timeline_key=times, samples=1)
    store.steps.finish_render(store.next(Queue.AUDIO), record)
    store.steps.finish_publish(store.next(Queue.AUDIO), [replace(BOOK, object_key=book)])
    others = [ObjectKey(f"{key}-2") for key in (take, *mine)]
    known = house.retention.references([SOURCE, take, *mine, *others])
    assert known.kept == {SOURCE, take, *mine}


def test_an_object_belongs_to_a_job_that_is_there(house: Household) -> None:
    job = house.store.submit()
    key, other = ObjectKey(f"jobs/{job.id}/cover.png"), ObjectKey(f"jobs/{'f' * 32}/cover.png")
    known = house.retention.references([key, other])
    assert (known.kept, known.living) == (frozenset(), frozenset({job.id}))


def test_nothing_refers_to_nothing(house: Household) -> None:
    known = house.retention.references([])
    assert (known.kept, known.living) == (frozenset(), frozenset())


def test_a_source_is_freed_only_when_no_job_has_it(house: Household) -> None:
    first, second = house.store.submit(1), house.store.submit(2)
    freed: list[str] = []

    def free() -> bool:
        return house.retention.free_source(SOURCE, lambda: freed.append(SOURCE))

    assert not free()
    house.store.jobs.delete(first.id)
    assert not free()
    house.store.jobs.delete(second.id)
    assert free()
    assert freed == [SOURCE]
