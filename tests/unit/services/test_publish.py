"""Names of finished files."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from narrator.domain.choices import Casting, TextChoices
from narrator.domain.jobs import JobOptions, JobState
from narrator.domain.recordings import file_stem
from tests.fakes.studio import FakeStudio
from tests.unit.services.conftest import WINDOW, World


class HeldStudio(FakeStudio):
    """Joins a book, and then something happens before it is stored."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__()
        self.meanwhile = meanwhile

    def publish(self, *args: object, path: Path, **options: object) -> None:
        super().publish(*args, path=path, **options)  # type: ignore[arg-type]
        self.meanwhile()


class OtherStudio(FakeStudio):
    """A studio of another release: its recordings have other bytes, hardly another sound."""

    def publish(self, *args: object, path: Path, **options: object) -> None:
        super().publish(*args, path=path, **options)  # type: ignore[arg-type]
        data = bytearray(path.read_bytes())
        data[len(data) // 2 & ~1] ^= 1
        path.write_bytes(data)


def test_a_late_publisher_overwrites_nothing(world: World) -> None:
    """Its lease ended while it was held; another published meanwhile, other bytes."""
    job = world.plan()

    def another_publishes() -> None:
        world.clock.wait(31)
        world.store.dispatch(WINDOW, queued_seconds=30)
        world.swap(studio=OtherStudio())
        world.work()
        assert world.store.get(job.id).state is JobState.SUCCEEDED

    world.swap(studio=HeldStudio(another_publishes))
    world.work()

    for artifact in world.store.get(job.id).artifacts:
        stored = world.objects.get_bytes(artifact.object_key)
        assert hashlib.sha256(stored).hexdigest() == artifact.sha256


def test_the_tags_name_the_narrator_first_and_then_who_else_is_heard(world: World) -> None:
    casting = Casting(chapters=((1, "aura-2-orion-en"),))
    world.options = JobOptions(text=TextChoices(casting=casting))
    studio = FakeStudio()
    world.swap(studio=studio)
    world.submit()
    world.work()
    ((_, narrator, _, _),) = studio.published
    assert narrator == "aura-2-thalia-en, aura-2-orion-en"


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
