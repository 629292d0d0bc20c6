"""Failpoints: an ordinary run comes by each of them, in the order of the work."""

from narrator.domain.failpoints import FailPoint
from narrator.domain.jobs import JobState
from tests.unit.services.conftest import World


def passed(world: World) -> list[FailPoint]:
    """Narrate the document; the failpoints that were passed, each at its first time."""
    seen: dict[FailPoint, None] = {}
    world.swap(reach=seen.setdefault)
    job = world.submit()
    world.work()
    assert world.services.jobs.get(job.id).state is JobState.SUCCEEDED
    return list(seen)


def test_an_ordinary_run_passes_every_failpoint(world: World) -> None:
    assert set(passed(world)) == set(FailPoint)


def test_failpoints_are_listed_in_the_order_in_which_they_are_passed(world: World) -> None:
    assert passed(world) == list(FailPoint)
