"""Which parts answer, and what the log says of those that do not."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import monotonic

import pytest
from structlog.testing import capture_logs

from narrator.domain.errors import StoreUnavailable
from narrator.services.readiness import NO_ANSWER, Readiness
from narrator.services.rhythm import ready_teller
from tests.contract.stage import until
from tests.unit.services.conftest import World

ALL = {"database": True, "objects": True, "broker": True, "scratch": True}


@dataclass
class Hanging:
    """A part that answers nothing until it is freed."""

    free: Event = field(default_factory=Event)
    asked: int = 0

    def check(self) -> None:
        self.asked += 1
        assert self.free.wait(timeout=30)


@dataclass
class Broken:
    """A part that is away while it is said to be."""

    is_away: bool = True

    def check(self) -> None:
        if self.is_away:
            raise StoreUnavailable("the bucket is gone")


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    part = Hanging()
    yield part
    part.free.set()


def test_where_all_is_well_every_part_answers(world: World) -> None:
    assert Readiness(world.services).look() == ALL


def test_a_part_that_does_not_answer_is_named_and_the_others_do(world: World) -> None:
    world.swap(objects=Broken())
    assert Readiness(world.services).look() == ALL | {"objects": False}


def test_a_part_that_hangs_is_waited_for_no_longer_than_it_may_take(
    world: World, hanging: Hanging
) -> None:
    world.swap(doorbell=hanging)
    readiness, began = Readiness(world.services, seconds=0.2), monotonic()
    for _ in range(3):
        assert readiness.look() == ALL | {"broker": False}
    assert monotonic() - began < 5
    assert hanging.asked == 1


def test_an_outage_is_logged_once_and_so_is_its_end(world: World) -> None:
    part = Broken()
    world.swap(objects=part)
    readiness = Readiness(world.services)
    with capture_logs() as lines:
        for part.is_away in (False, True, True, True, False, False):
            readiness.look()
    told = [(line["event"], line["part"], line.get("reason")) for line in lines]
    assert told == [
        ("part.away", "objects", "the bucket is gone"),
        ("part.back", "objects", None),
    ]


def test_a_hang_is_logged_as_one(world: World, hanging: Hanging) -> None:
    world.swap(objects=hanging)
    with capture_logs() as lines:
        Readiness(world.services, seconds=0.1).look()
    assert [line["reason"] for line in lines] == [NO_ANSWER]


def test_a_worker_that_is_ready_says_so_in_a_file(world: World, tmp_path: Path) -> None:
    file = tmp_path / "ready"
    teller = ready_teller(Readiness(world.services), file).start()
    until(lambda: file.exists() or None)
    teller.stop()


def test_a_worker_that_is_not_ready_says_nothing(world: World, tmp_path: Path) -> None:
    part = Broken()
    world.swap(objects=part)
    file, readiness = tmp_path / "ready", Readiness(world.services)
    with capture_logs() as lines:
        teller = ready_teller(readiness, file).start()
        until(lambda: lines or None)
        teller.stop()
    assert not file.exists()
