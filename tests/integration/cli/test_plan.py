"""`narrator plan`, as people read it."""

from pathlib import Path

import pytest

from tests.acceptance.command import Home

pytestmark = pytest.mark.integration


def test_what_is_left_out_is_counted_with_its_reason(tmp_path: Path):
    (tmp_path / "emma.html").write_text("<h1>I</h1><p>Emma was <i hidden>x</i>clever.</p>")
    done = Home(path=tmp_path / "home").run("plan", "emma.html", cwd=tmp_path)
    assert done.returncode == 0
    lines = done.stdout.decode().splitlines()
    assert "left out (hidden): 1 character in 1 place" in lines
    assert lines[-1].startswith("in all: 1 chapter, 18 characters of spoken text, about 0:00:01")
