"""The ffmpeg executable: found, fed, read, and gone when its parent is."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import soundfile

from narrator.audio.encoder import Ffmpeg, find_ffmpeg
from narrator.audio.studio import FfmpegStudio
from narrator.domain.artifacts import AudioFormat
from narrator.domain.errors import SettingsError, ToolFailed
from narrator.domain.production import Production
from narrator.services.ports import Commission

pytestmark = pytest.mark.integration


def script(path: Path, body: str) -> Path:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def test_the_wheels_ffmpeg_is_found_without_a_setting() -> None:
    version = subprocess.run([find_ffmpeg(), "-version"], check=True, capture_output=True)
    assert version.stdout.startswith(b"ffmpeg version")


def test_a_configured_ffmpeg_goes_before_every_other(tmp_path: Path) -> None:
    mine = script(tmp_path / "my-ffmpeg", "exit 0")
    assert find_ffmpeg(mine) == mine


def test_a_configured_ffmpeg_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="not-there"):
        FfmpegStudio(tmp_path / "not-there")


def test_a_failure_tells_the_last_thing_said_and_no_file_name(tmp_path: Path) -> None:
    broken = script(
        tmp_path / "ffmpeg",
        'for last; do :; done; echo "first" >&2; echo "$last: no room" >&2; exit 1',
    )
    with pytest.raises(ToolFailed) as caught, Ffmpeg(broken).fed([f"file:{tmp_path}/out"]) as write:
        write(bytes(10))
    assert caught.value.reason == "ffmpeg failed: a file: no room"


def test_an_encoder_that_dies_while_it_is_fed_is_a_failed_tool(tmp_path: Path) -> None:
    dying = script(tmp_path / "ffmpeg", "head -c 100 >/dev/null; exit 3")
    with pytest.raises(ToolFailed), Ffmpeg(dying).fed([]) as write:
        write(bytes(64 << 20))


def test_what_cannot_be_started_is_a_failed_tool(tmp_path: Path) -> None:
    not_a_program = tmp_path / "ffmpeg"
    not_a_program.write_bytes(b"\x7fELF nonsense")
    not_a_program.chmod(0o755)
    with pytest.raises(ToolFailed, match="could not be started"):
        list(Ffmpeg(not_a_program).decoded(tmp_path / "x"))


@pytest.mark.parametrize("kind", [AudioFormat.FLAC, AudioFormat.M4B])
def test_a_chapter_that_cannot_be_written_is_a_failed_tool(
    tmp_path: Path, kind: AudioFormat
) -> None:
    with pytest.raises(ToolFailed):
        FfmpegStudio().render(
            [], Commission(production=Production(), formats=[kind], folder=tmp_path / "not there")
        )


def test_a_playlist_that_calls_itself_a_recording_is_not_followed(tmp_path: Path) -> None:
    """Ffmpeg knows such a list by its first line, whatever the file is called."""
    soundfile.write(tmp_path / "other.wav", [0.0] * 4_800, 24_000)
    playlist = tmp_path / "book.m4b"
    playlist.write_text("ffconcat version 1.0\nfile other.wav\n")
    with pytest.raises(ToolFailed):
        list(Ffmpeg(find_ffmpeg()).decoded(playlist))


@pytest.fixture
def parent(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that feeds a child which would otherwise live on."""
    immortal = script(tmp_path / "ffmpeg", "echo $$ >&2; exec sleep 600")
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from narrator.audio.encoder import Ffmpeg\n"
        f"with Ffmpeg(Path({str(immortal)!r})).fed([]):\n"
        "    import psutil\n"
        "    print(psutil.Process().children()[0].pid, flush=True)\n"
        "    sys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.communicate()


def test_the_child_dies_when_its_parent_is_killed(parent: "subprocess.Popen[str]") -> None:
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait(timeout=10)
    gone, alive = psutil.wait_procs([child], timeout=10)
    assert (gone, alive) == ([child], [])


def test_the_child_stays_on_one_processor(parent: "subprocess.Popen[str]") -> None:
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    assert len(child.cpu_affinity()) == 1
