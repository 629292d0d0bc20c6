"""Chores: telling, deleting, trying again."""

import json
from dataclasses import replace

from narrator.domain.errors import StoreUnavailable
from narrator.domain.ids import JobId, ObjectKey
from narrator.domain.jobs import JobState
from narrator.domain.retry import MAX_ATTEMPTS
from narrator.domain.steps import StepKind, StepState
from narrator.services.chores import do_chores
from tests.unit.services.conftest import World

URL = "https://example.org/told?token=secret"
DAY = 86_400.0


def do(world: World) -> int:
    return do_chores(world.services, world.hands, going=lambda: True)


def listen(world: World) -> None:
    world.options = replace(world.options, webhook_url=URL)


def state_of(world: World, kind: StepKind) -> list[StepState]:
    return [step.state for step in world.store.steps_by_id.values() if step.kind is kind]


def test_the_end_of_a_job_is_told_with_what_it_made(world: World) -> None:
    listen(world)
    job = world.submit()
    world.work()
    assert do(world) == 1
    ((url, body, message_id),) = world.messenger.sent
    told = json.loads(body)
    assert (url, message_id) == (URL, f"{job.id}-0")
    assert (told["event"], told["event_id"]) == ("job.succeeded", message_id)
    assert (told["job"]["id"], told["job"]["state"]) == (job.id, "succeeded")
    assert [each["name"] for each in told["job"]["artifacts"]] == ["emma.m4b", "manifest.json"]
    assert state_of(world, StepKind.WEBHOOK) == [StepState.DONE]


def test_what_is_told_does_not_name_the_receiver(world: World) -> None:
    listen(world)
    world.store.cancel(world.submit().id)
    do(world)
    ((_, body, _),) = world.messenger.sent
    assert b"secret" not in body


def test_a_receiver_that_refuses_is_told_the_same_event_later(world: World) -> None:
    listen(world)
    world.messenger.statuses["example.org"] = 503
    world.store.cancel(world.submit().id)
    assert (do(world), do(world)) == (1, 0)
    world.messenger.statuses.clear()
    world.clock.now += 60
    assert do(world) == 1
    (first, second) = world.messenger.sent
    assert first == second
    assert state_of(world, StepKind.WEBHOOK) == [StepState.DONE]


def test_a_receiver_is_given_up_after_about_a_day_and_the_job_stays_as_it_is(world: World) -> None:
    listen(world)
    world.messenger.statuses["example.org"] = 500
    job, began = world.submit(), world.clock.now
    world.work()
    for _ in range(2_880):
        if state_of(world, StepKind.WEBHOOK) != [StepState.FAILED]:
            do(world)
            world.clock.now += 60
    assert len(world.messenger.sent) == 12
    assert 0.5 * DAY < world.clock.now - began < 1.5 * DAY
    assert world.store.get(job.id).state is JobState.SUCCEEDED


def test_a_deleted_job_takes_its_objects_along_and_leaves_takes_and_ledger(world: World) -> None:
    job = world.submit()
    world.work()
    sent = world.ledger.sums(job.id)
    world.store.delete(job.id)
    assert do(world) == 1
    assert {key.split("/")[0] for key in world.objects.kept} == {"takes"}
    assert world.ledger.sums(job.id) == sent
    assert world.store.steps_by_id == {}


def test_a_source_that_another_job_has_stays(world: World) -> None:
    first, second = world.submit(1), world.submit(2)
    world.store.delete(first.id)
    do(world)
    assert world.objects.exists(second.source_key)
    world.work()
    assert world.store.get(second.id).state is JobState.SUCCEEDED


class Flaky:
    """Objects of which every other two deletions fail, one before it is made and one after."""

    def __init__(self, world: World) -> None:
        self._objects, self._calls = world.objects, 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._objects, name)

    def delete(self, key: ObjectKey, *, older_than_seconds: float = 0.0) -> bool:
        self._calls += 1
        if self._calls % 4 == 1:
            raise StoreUnavailable("gone")
        done = self._objects.delete(key, older_than_seconds=older_than_seconds)
        if self._calls % 4 == 2:
            raise StoreUnavailable("gone")
        return done


def test_a_deletion_is_repeated_until_it_is_done_however_often_it_breaks_off(world: World) -> None:
    job = world.submit()
    world.work()
    world.swap(objects=Flaky(world))
    world.store.delete(job.id)
    for _ in range(40):
        do(world)
        world.clock.now += 300
    assert {key.split("/")[0] for key in world.objects.kept} == {"takes"}
    assert world.store.steps_by_id == {}


def test_a_deletion_is_never_given_up(world: World) -> None:
    class Broken:
        def __getattr__(self, name: str) -> object:
            raise RuntimeError(name)

    world.store.delete(world.submit().id)
    objects = world.objects
    world.swap(objects=Broken())
    for _ in range(2 * MAX_ATTEMPTS):
        assert do(world) == 1
        world.clock.now += DAY
    world.swap(objects=objects)
    do(world)
    assert world.store.steps_by_id == {}


def test_a_process_that_is_to_stop_begins_no_chore(world: World) -> None:
    world.store.delete(world.submit().id)
    assert do_chores(world.services, world.hands, going=lambda: False) == 0
    assert do(world) == 1


def test_a_submission_that_crosses_a_deletion_of_the_same_document_has_its_source(
    world: World,
) -> None:
    """The deletion removes the source after the submitter saw it, and before the new job is in."""
    old = world.submit(1)

    class Crossed:
        def __getattr__(self, name: str) -> object:
            return getattr(world.store, name)

        def create(self, new: object) -> object:
            world.store.delete(old.id)
            do(world)
            return world.store.create(new)  # type: ignore[arg-type]

    world.swap(jobs=Crossed())
    job = world.submit(2)
    assert world.objects.exists(job.source_key)
    assert JobId(job.id) != old.id
