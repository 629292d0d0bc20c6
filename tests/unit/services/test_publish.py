"""Names of finished files."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from narrator.domain.jobs import JobState
from narrator.domain.steps import Queue
from narrator.services.publish import file_stem, publish
from narrator.services.settle import settle
from tests.fakes.studio import FakeStudio
from tests.unit.services.conftest import WINDOW, World


@dataclass
class OtherStudio(FakeStudio):
    """A studio of another release: its recordings have other bytes, hardly another sound."""

    def __init__(self) -> None:
        super().__init__()

    def publish(self, *args: object, path: Path, **options: object) -> None:
        super().publish(*args, path=path, **options)  # type: ignore[arg-type]
        data = bytearray(path.read_bytes())
        data[len(data) // 2 & ~1] ^= 1
        path.write_bytes(data)


def test_a_late_publisher_overwrites_nothing(world: World) -> None:
    """Its lease ended while it was held; another published meanwhile, other bytes."""
    job = world.plan()
    assert world.work_once(Queue.SPEECH)
    for _ in range(2):
        assert world.work_once(Queue.AUDIO)
    late = world.claim()
    before = world.services
    world.clock.wait(31)
    world.store.dispatch(WINDOW, queued_seconds=30)
    world.swap(studio=OtherStudio())
    world.work()
    try:
        publish(before, late)
    except Exception as error:  # noqa: BLE001 — as a worker does
        settle(before, late, error, progressed=False)
    job = world.store.get(job.id)

    assert job.state is JobState.SUCCEEDED
    for artifact in job.artifacts:
        stored = world.objects.get_bytes(artifact.object_key)
        assert hashlib.sha256(stored).hexdigest() == artifact.sha256


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("Emma, Vol. I", "emma-vol-i"),
        ("Les Misérables", "les-miserables"),
        ("../../etc/passwd", "etc-passwd"),
        ("紅樓夢", "audiobook"),
        ("a" * 300, "a" * 80),
    ],
)
def test_a_title_becomes_a_plain_file_name(title: str, stem: str) -> None:
    assert file_stem(title) == stem
