"""A process that was killed leaves nothing behind once the next fleet has started."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from narrator.embedded.environment import Caller
from narrator.embedded.fleet import Fleet
from tests.servers import process

pytestmark = pytest.mark.integration

HALF_WAY = """
import sys, tempfile
from pathlib import Path
from narrator.domain.ids import ObjectKey
from narrator.storage.folder import FolderObjects
home, pipe = Path(sys.argv[1]), Path(sys.argv[2])
(home / "scratch").mkdir()
with tempfile.TemporaryDirectory(dir=home / "scratch", prefix="narrator-render-"):
    print("in scratch", flush=True)
    FolderObjects(home / "objects").put_file(ObjectKey("jobs/1/book"), pipe, media_type="")
"""


def kill_half_way(home: Path, pipe: Path) -> None:
    """Kill a process that has a temporary folder, and an object of which one block came."""
    os.mkfifo(pipe)
    with subprocess.Popen(
        [sys.executable, "-c", HALF_WAY, str(home), str(pipe)], stdout=subprocess.PIPE
    ) as writer:
        with pipe.open("wb") as blocks:  # waits until the writer reads
            blocks.write(bytes(1 << 20))  # more than a pipe holds: the writer has begun to take it
            writer.send_signal(signal.SIGKILL)
        assert writer.wait() == -signal.SIGKILL


def leftovers(home: Path) -> list[Path]:
    return [*(home / "scratch").iterdir(), *(home / "objects").rglob(".incoming/*")]


def test_a_fleet_clears_away_what_a_killed_process_left(tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "narrator.db").touch()  # not new: its workers wait until they are wanted
    kill_half_way(home, tmp_path / "pipe")
    assert len(leftovers(home)) == 2

    given = {"NARRATOR_HOME": str(home), "NARRATOR_VOICE_ENGINE": "tone"}
    with Fleet(Caller(given=given, inherited=process.environment()), on_death=print):
        assert leftovers(home) == []
    assert [path for path in (home / "objects").rglob("*") if path.is_file()] == []
