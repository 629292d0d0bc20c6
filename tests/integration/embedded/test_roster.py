"""Children written down, so that none that outlived its parent works on."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from narrator.embedded.roster import Roster, started

pytestmark = pytest.mark.integration

PROGRAM = "import sys; sys.stdin.read()"


@pytest.fixture
def orphan() -> Iterator[subprocess.Popen[bytes]]:
    """A process that leads a group of its own, as every child of ours does."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, process_group=0
    ) as process:
        yield process
        process.kill()


def test_a_living_process_has_one_start_and_keeps_it():
    assert started(os.getpid()) == started(os.getpid()) is not None


def test_a_dead_process_that_nobody_collected_counts_as_dead(orphan: subprocess.Popen[bytes]):
    orphan.kill()
    os.waitid(os.P_PID, orphan.pid, os.WEXITED | os.WNOWAIT)
    assert started(orphan.pid) is None


def test_a_child_left_over_by_an_earlier_run_is_ended(
    tmp_path: Path, orphan: subprocess.Popen[bytes]
):
    Roster(tmp_path / "children.json").add("worker", orphan.pid)
    later = Roster(tmp_path / "children.json")

    assert [member.pid for member in later.end_leftovers(seconds=5.0)] == [orphan.pid]
    assert started(orphan.pid) is None
    assert later.end_leftovers(seconds=5.0) == []


def test_a_process_that_only_has_the_same_number_is_left_alone(
    tmp_path: Path, orphan: subprocess.Popen[bytes]
):
    path = tmp_path / "children.json"
    Roster(path).add("worker", orphan.pid)
    rows = json.loads(path.read_text())
    rows[0]["started"] = "another boot/1"
    path.write_text(json.dumps(rows))

    assert Roster(path).end_leftovers(seconds=5.0) == []
    assert orphan.poll() is None


@pytest.mark.parametrize("left", ["", "[{", '{"a": 1}', '[{"name": "worker"}]', "[3]"])
def test_a_roster_that_cannot_be_read_is_an_empty_one(tmp_path: Path, left: str):
    path = tmp_path / "children.json"
    path.write_text(left)
    assert Roster(path).end_leftovers(seconds=5.0) == []


def test_a_child_started_again_takes_the_place_of_the_dead_one(
    tmp_path: Path, orphan: subprocess.Popen[bytes]
):
    path = tmp_path / "children.json"
    roster = Roster(path)
    roster.add("worker", os.getpid())
    roster.add("worker", orphan.pid)
    assert [row["pid"] for row in json.loads(path.read_text())] == [orphan.pid]
