"""The fault suite's short form: a few seeds, and a few failpoints at once.

The long form is `make faults`. Whatever dies here, every job succeeds, every recording says exactly
its document, and the ledger is what the Speak server wrote down.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from narrator.domain.failpoints import FailPoint
from tests.faults.run import Rigs
from tests.faults.schedule import Fault, of_point, schedule

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(600)]

SEEDS = (3, 22)  # between them every kind of process; after the first everything is swept
POINTS = (
    FailPoint.JOB_INSERTED,
    FailPoint.PLAN_STORED,
    FailPoint.UTTERANCE_SPOKEN,
    FailPoint.TIMELINE_STORED,
    FailPoint.MANIFEST_STORED,
)


@pytest.fixture(scope="module")
def rigs() -> Iterator[Rigs]:
    """A fleet for all of them, but after a run that went wrong."""
    with Rigs() as rigs:
        yield rigs


def wrong(result: dict[str, Any]) -> dict[str, Any]:
    """What went wrong in a run."""
    names = ("stuck", "lost", "doubled", "wrong")
    return {name: result[name] for name in names if result[name]}


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_and_nothing_doubled_whatever_dies(rigs: Rigs, seed: int) -> None:
    assert wrong(rigs.run(seed, schedule(seed, store=False), s3=False)) == {}


def test_nothing_is_lost_and_nothing_doubled_wherever_it_dies(rigs: Rigs) -> None:
    faults: list[Fault] = [fault for point in POINTS for fault in of_point(point)]

    result = rigs.run(1, faults, s3=False)

    assert wrong(result) == {}
    assert {done["fired"] for done in result["done"] if "fired" in done} == set(POINTS)
