"""A paragraph that nobody can be brought to speak, as the user of `narrator narrate` sees it."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.command import Home, speak_server
from tests.acceptance.texts import voyage
from tests.acceptance.words import words_of

pytestmark = pytest.mark.acceptance

MUTE = "On day 4 the barometer"  # of the fourth chunk: a paragraph is one
TIME_SCALE = 50.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a short text in it."""
    (tmp_path / "voyage.txt").write_text(voyage(8))
    return tmp_path


def narrate(
    folder: Path, *options: str, mute: str = ""
) -> tuple[subprocess.CompletedProcess[bytes], int]:
    """Narrate the text in the folder's home; what came of it, and how many characters were sent."""
    with speak_server(folder, time_scale=TIME_SCALE, mute_text=mute) as server:
        home = Home(path=folder / "home", settings=server.settings(sockets=2))
        done = home.run("narrate", "voyage.txt", "-o", "voyage.flac", *options, cwd=folder)
        return done, server.chars()


def verified(folder: Path) -> str:
    """What `narrator verify` says of the recording, read against the document."""
    files = ("voyage.flac.manifest.json", "voyage.flac", "--source", "voyage.txt")
    done = Home(path=folder / "home").run("verify", *files, cwd=folder)
    assert done.returncode == 0, done.stdout.decode()
    return done.stdout.decode()


def heard(folder: Path) -> list[str]:
    """The words of the recording."""
    return " ".join(words_of(folder / "voyage.flac")).split()


def test_a_job_with_a_mute_paragraph_fails_with_the_list_and_goes_on_once_it_speaks(
    folder: Path,
) -> None:
    failed, _ = narrate(folder, mute=MUTE)
    told = failed.stderr.decode()
    assert failed.returncode == 1
    assert "not spoken: chapter 1, chunk 3" in told
    assert "1 chunk could not be spoken" in told
    assert not (folder / "voyage.flac").exists()

    done, sent = narrate(folder)
    assert done.returncode == 0, done.stderr.decode()
    assert sent == len(voyage(1, first=4))  # the dead chunk, and no other
    assert heard(folder) == voyage(8).split()


def test_a_job_that_skips_a_mute_paragraph_succeeds_and_states_the_gap(folder: Path) -> None:
    done, _ = narrate(folder, "--on-dead", "skip", "--json", mute=MUTE)
    assert done.returncode == 0, done.stderr.decode()
    gap_chars = len(voyage(1, first=4))

    assert json.loads(done.stdout)["verdict"]["skipped"]["unspoken"] == gap_chars
    assert f"({gap_chars} of them because they could not be spoken)" in verified(folder)
    assert heard(folder) == [*voyage(3).split(), *voyage(4, first=5).split()]
