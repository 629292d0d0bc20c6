"""Stored bytes that change or vanish, as the user of `narrator narrate` sees it."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from narrator.domain.failpoints import FailPoint
from tests.acceptance.command import Home, SpeakServer, running, speak_server, wait_until
from tests.acceptance.texts import voyage
from tests.acceptance.words import words_of

pytestmark = pytest.mark.acceptance

DAYS = 8  # about 1,900 characters, in nine takes or so
TIME_SCALE = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A short text, a home, and a Speak server that counts."""

    folder: Path
    home: Home
    server: SpeakServer

    @property
    def takes(self) -> list[Path]:
        """The audio files of all takes, in order of their names."""
        return sorted((self.home.path / "objects" / "takes").rglob("*.flac"))

    def narrate(self, out: str, point: FailPoint, spoil: Callable[[], None]) -> dict[str, Any]:
        """Narrate the text; where a process first comes by a point, it waits for `spoil`."""
        points, log = self.folder / "points", self.folder / f"{out}.log"
        (points / "armed").write_text("stop")
        (points / "armed").rename(points / point)
        with running(
            self.home, "narrate", "voyage.txt", "-o", out, cwd=self.folder, log=log
        ) as run:
            wait_until(lambda: list(points.glob(f"{point}.*")) != [], f"{point} in {log}")
            (held,) = points.glob(f"{point}.*")
            spoil()
            held.unlink()
            os.kill(int(held.suffix[1:]), signal.SIGCONT)
            assert run.popen.wait(120) == 0, log.read_text()
        told: dict[str, Any] = json.loads(log.read_text().splitlines()[-1])
        return told

    def says(self, out: str) -> list[str]:
        """The words of a recording."""
        return " ".join(words_of(self.folder / out)).split()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (tmp_path / "voyage.txt").write_text(voyage(DAYS))
    (tmp_path / "points").mkdir()
    with speak_server(tmp_path, time_scale=TIME_SCALE) as server:
        settings = {"NARRATOR_FAILPOINTS": str(tmp_path / "points")}
        home = Home(path=tmp_path / "home", settings=server.settings(sockets=1) | settings)
        yield Desk(folder=tmp_path, home=home, server=server)


def flip(path: Path) -> None:
    """Change a byte in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_a_take_that_is_spoilt_before_it_is_rendered_is_paid_for_twice_and_counted(
    desk: Desk,
) -> None:
    told = desk.narrate("voyage.flac", FailPoint.TAKE_KEPT, lambda: flip(desk.takes[0]))

    assert desk.says("voyage.flac") == voyage(DAYS).split()
    assert told["takes_spoilt"] == 1
    assert 0 < told["chars_resent"] <= 450  # one chunk
    assert told["chars_sent"] == told["chars"] + told["chars_resent"] == desk.server.chars()


def test_takes_and_a_chapter_that_are_spoilt_are_made_anew_and_nothing_else_is(desk: Desk) -> None:
    """Of an earlier recording's takes one is changed and one is gone; then a chapter is changed."""
    desk.narrate("voyage.mp3", FailPoint.CHAPTERS_JOINED, lambda: None)
    sent = desk.server.chars()
    changed, gone, *_ = desk.takes
    flip(changed)
    gone.unlink()

    def spoil_the_chapter() -> None:
        (chapter,) = (desk.home.path / "objects" / "jobs").glob("*/chapters/*.flac")
        flip(chapter)

    told = desk.narrate("voyage.flac", FailPoint.TIMELINE_STORED, spoil_the_chapter)

    assert desk.says("voyage.flac") == voyage(DAYS).split()
    assert told["takes_spoilt"] == 2
    assert 0 < told["chars_sent"] == desk.server.chars() - sent <= 900  # two chunks
    assert told["chars"] == told["chars_from_takes"] + told["chars_sent"] - told["chars_resent"]
