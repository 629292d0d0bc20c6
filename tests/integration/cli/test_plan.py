"""`narrator plan`, as people read it."""

from pathlib import Path

import pytest

from tests.acceptance.command import Home

pytestmark = pytest.mark.integration


def test_what_is_left_out_is_counted_with_its_reason(tmp_path: Path):
    (tmp_path / "emma.html").write_text("<h1>Start</h1><p>Emma was <i hidden>x</i>clever.</p>")
    done = Home(path=tmp_path / "home").run("plan", "emma.html", cwd=tmp_path)
    assert done.returncode == 0
    lines = done.stdout.decode().splitlines()
    assert "left out (hidden): 1 character in 1 place" in lines
    assert len(next(line for line in lines if line.startswith("plan ")).split()[1]) == 64
    assert lines[-1].startswith("in all: 1 chapter, 22 characters of spoken text, about 0:00:01")


def test_every_stretch_that_is_left_out_can_be_listed_with_its_place(tmp_path: Path):
    (tmp_path / "emma.html").write_text("<h1>Start</h1><p>Emma was <i hidden>x</i>clever.</p>")
    home = Home(path=tmp_path / "home")
    lines = home.run("plan", "emma.html", "--skips", cwd=tmp_path).stdout.decode().splitlines()
    (listed,) = (line for line in lines if line.endswith(" x"))
    assert listed.split() == ["14", "to", "15", "hidden", "x"]


def test_a_plan_of_another_hash_is_refused(tmp_path: Path):
    (tmp_path / "emma.txt").write_text("Emma was clever.")
    home = Home(path=tmp_path / "home")
    done = home.run("plan", "emma.txt", "--plan-hash", "0f" * 32, cwd=tmp_path)
    assert done.returncode == 2
    assert b"the plan is not the one that was priced" in done.stderr
