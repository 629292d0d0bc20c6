"""`narrator narrate` on a disk that is full for a while: it waits, and pays for nothing twice."""

import json
from pathlib import Path

import pytest

from tests.servers import smalldisk

pytestmark = pytest.mark.acceptance

DISK_BYTES = 24 << 20
NARRATION = """
import sys
from pathlib import Path
from threading import Event
from tests.acceptance.command import TONE, Home, running
from tests.acceptance.texts import voyage

disk = Path(sys.argv[1])
log, filler = disk.with_name("log"), disk / "filler"
(disk / "voyage.txt").write_text(voyage(30))
pace = {"NARRATOR_TRIAL_TIME_SCALE": "15", "NARRATOR_SPEECH_SOCKETS": "1"}
home = Home(path=disk / "home", settings=TONE | pace)
with running(home, "narrate", "voyage.txt", "-o", "voyage.flac", cwd=disk, log=log) as run:
    run.wait_for_chars(1_000)
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass
    Event().wait(6)
    assert run.popen.poll() is None, log.read_text()
    filler.unlink()
    assert run.popen.wait(200) == 0, log.read_text()
print(log.read_text().splitlines()[-1])
"""


def test_a_run_whose_disk_is_full_goes_on_once_there_is_room(tmp_path: Path) -> None:
    said = smalldisk.run(tmp_path / "disk", NARRATION, disk_bytes=DISK_BYTES)
    result = json.loads(said)
    assert result["state"] == "succeeded"
    assert result["verdict"]["ok"]
    assert result["chars_sent"] == result["chars"]
    assert result["chars_resent"] == 0
