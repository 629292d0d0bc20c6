"""The thread of chores, and the one of sweeping beside it."""

from narrator.services.rhythm import housekeeper
from tests.contract.stage import until
from tests.unit.services.conftest import World


def test_a_housekeeper_does_chores_and_sweeps_until_it_is_stopped(world: World) -> None:
    job = world.submit()
    world.store.delete(job.id)
    world.objects.put_bytes(job.source_key, b"x", media_type="x")
    keeper = housekeeper(world.services, world.hands, going=lambda: True).start()
    until(lambda: True if not world.store.steps_by_id and not world.objects.kept else None)
    until(lambda: world.services.retention.removed() or None)
    keeper.stop()
