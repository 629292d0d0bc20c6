"""What befalls a fleet, and what it narrates meanwhile: the seed alone says."""

from pathlib import Path

import pytest

from narrator.domain.failpoints import FailPoint
from tests.faults.documents import documents
from tests.faults.schedule import ACTS, FEWEST, Act, Target, of_point, schedule

SEEDS = range(1, 201)


def test_a_seed_gives_the_same_schedule_each_time() -> None:
    assert schedule(7, store=True) == schedule(7, store=True)


def test_each_schedule_has_five_faults_of_as_many_targets_at_least() -> None:
    assert all(len({each.target for each in schedule(s, store=False)}) >= FEWEST for s in SEEDS)


def test_an_object_store_that_is_a_folder_is_not_stopped() -> None:
    faults = [each for seed in SEEDS for each in schedule(seed, store=False)]

    assert Target.STORE not in {each.target for each in faults}


def test_two_hundred_seeds_do_everything_to_every_target() -> None:
    done = {(each.target, each.act) for s in SEEDS for each in schedule(s, store=s % 4 == 0)}

    assert done == {(target, act) for target, acts in ACTS.items() for act in acts}


def test_two_hundred_seeds_arm_every_failpoint() -> None:
    armed = {each.point for seed in SEEDS for each in schedule(seed, store=False)}

    assert armed >= set(FailPoint)


def test_a_failpoint_s_own_schedule_kills_whoever_comes_by() -> None:
    (fault,) = of_point(FailPoint.TAKE_STORED)

    assert (fault.point, fault.act) == (FailPoint.TAKE_STORED, Act.KILL)


@pytest.mark.parametrize("seed", [1, 5])
def test_a_seed_s_documents_have_thirty_thousand_characters(seed: int, tmp_path: Path) -> None:
    assert sum(len(each.source) for each in documents(seed, tmp_path)) >= 30_000


def test_a_seed_gives_the_same_documents_each_time(tmp_path: Path) -> None:
    sources = [[each.source for each in documents(3, tmp_path)] for _ in range(2)]

    assert sources[0] == sources[1]


def test_some_seeds_submit_a_document_twice(tmp_path: Path) -> None:
    sources = [each.source for each in documents(5, tmp_path)]

    assert len(set(sources)) < len(sources)
