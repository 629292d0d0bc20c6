"""Failpoints armed by files: what the first process to come by does, and nobody else."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from narrator.domain.failpoints import FailPoint
from narrator.failpoints import ArmedByFiles
from tests.servers.places import REPOSITORY

pytestmark = pytest.mark.integration

POINT = FailPoint.TAKE_STORED
COME_BY = """
import pathlib, sys
from narrator.domain.failpoints import FailPoint
from narrator.failpoints import ArmedByFiles
ArmedByFiles(pathlib.Path(sys.argv[1]))(FailPoint.TAKE_STORED)
"""


def come_by(folder: Path) -> subprocess.Popen[bytes]:
    """A process that passes the point and ends."""
    return subprocess.Popen([sys.executable, "-c", COME_BY, str(folder)], cwd=REPOSITORY)


def test_a_point_that_nobody_armed_lets_everybody_pass(tmp_path: Path) -> None:
    ArmedByFiles(tmp_path)(POINT)

    assert list(tmp_path.iterdir()) == []


def test_a_point_of_another_name_lets_everybody_pass(tmp_path: Path) -> None:
    (tmp_path / FailPoint.CLAIMED).write_text("raise")

    ArmedByFiles(tmp_path)(POINT)


def test_a_folder_that_is_not_there_arms_nothing(tmp_path: Path) -> None:
    ArmedByFiles(tmp_path / "nowhere")(POINT)


def test_an_armed_point_can_raise_what_nobody_foresaw(tmp_path: Path) -> None:
    (tmp_path / POINT).write_text("raise")

    with pytest.raises(OSError, match=POINT):
        ArmedByFiles(tmp_path)(POINT)


def test_an_armed_point_acts_once(tmp_path: Path) -> None:
    (tmp_path / POINT).write_text("raise")
    reach = ArmedByFiles(tmp_path)
    with pytest.raises(OSError, match=POINT):
        reach(POINT)

    reach(POINT)


def test_whoever_came_by_is_named(tmp_path: Path) -> None:
    (tmp_path / POINT).write_text("raise")
    with pytest.raises(OSError, match=POINT):
        ArmedByFiles(tmp_path)(POINT)

    assert [path.name for path in tmp_path.iterdir()] == [f"{POINT}.{os.getpid()}"]


def test_a_process_is_killed_where_a_point_says_so(tmp_path: Path) -> None:
    (tmp_path / POINT).write_text("kill\n")

    assert come_by(tmp_path).wait(30) == -signal.SIGKILL


def test_a_process_stops_where_a_point_says_so_and_goes_on_later(tmp_path: Path) -> None:
    (tmp_path / POINT).write_text("stop")
    child = come_by(tmp_path)

    _, how = os.waitpid(child.pid, os.WUNTRACED)

    assert os.WIFSTOPPED(how)
    child.send_signal(signal.SIGCONT)
    assert child.wait(30) == 0
