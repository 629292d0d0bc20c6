"""Failpoints: what a job goes through, to its last trace, comes by each of them, in order."""

from dataclasses import replace

from narrator.domain.failpoints import FailPoint
from narrator.domain.jobs import JobState
from narrator.services.chores import do_chores
from narrator.services.sweep import sweep
from tests.unit.services.conftest import World

DAY_SECONDS = 86_400.0


def passed(world: World) -> list[FailPoint]:
    """Narrate the document, tell of it, delete the job, sweep its takes; what was passed, once."""
    seen: dict[FailPoint, None] = {}
    world.swap(reach=seen.setdefault)
    world.options = replace(world.options, webhook_url="https://example.org/told")
    job = world.submit()
    world.work()
    assert world.services.jobs.get(job.id).state is JobState.SUCCEEDED
    do_chores(world.services, world.hands, going=lambda: True)
    world.services.jobs.delete(job.id)
    do_chores(world.services, world.hands, going=lambda: True)
    world.clock.now += 31 * DAY_SECONDS
    sweep(world.services)
    return list(seen)


def test_a_job_passes_every_failpoint(world: World) -> None:
    assert set(passed(world)) == set(FailPoint)


def test_failpoints_are_listed_in_the_order_in_which_they_are_passed(world: World) -> None:
    assert passed(world) == list(FailPoint)
