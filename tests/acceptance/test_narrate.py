"""`narrator narrate`, as its user runs it: on one machine, with every process killed at will."""

import hashlib
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from narrator.domain.manifest_json import from_json
from tests.acceptance.command import (
    TONE,
    Home,
    SpeakServer,
    kill_all,
    running,
    speak_server,
    wait_until,
)
from tests.acceptance.texts import voyage
from tests.acceptance.words import words_of

pytestmark = pytest.mark.acceptance

SOCKETS = 1  # one socket at 2,400 characters in 1.2 s: slow enough to be killed half way
TIME_SCALE = 50.0


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home: the trial Speak server, with the tone voice."""
    return Home(path=tmp_path / "home")


def words(text: str) -> list[str]:
    return text.split()


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrated:
    """A short text of about 2,000 characters, narrated once in a new home."""

    home: Home
    folder: Path
    text: str
    result: dict[str, Any]

    def again(self) -> subprocess.CompletedProcess[bytes]:
        """The same command."""
        return self.home.run("narrate", "voyage.txt", "-o", "voyage.flac", cwd=self.folder)


@pytest.fixture(scope="module")
def narrated(tmp_path_factory: pytest.TempPathFactory) -> Narrated:
    folder = tmp_path_factory.mktemp("narrated")
    home = Home(path=folder / "home")
    (folder / "voyage.txt").write_text(voyage(8))
    done = home.run("narrate", "voyage.txt", "-o", "voyage.flac", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr.decode()
    return Narrated(home=home, folder=folder, text=voyage(8), result=json.loads(done.stdout))


def test_a_text_becomes_a_recording_that_says_its_words(narrated: Narrated):
    assert words(" ".join(words_of(narrated.folder / "voyage.flac"))) == words(narrated.text)


def test_the_finished_file_is_verified_against_the_document(narrated: Narrated):
    verdict = narrated.result["verdict"]
    assert verdict["ok"]
    assert verdict["level"] == "audio"
    assert verdict["with_document"]
    assert (narrated.folder / "voyage.flac.manifest.json").exists()


def test_a_manifest_beside_another_file_says_which_one_it_was_written_for(narrated: Narrated):
    other = narrated.folder / "other.flac"
    other.write_bytes((narrated.folder / "voyage.flac").read_bytes()[:-1_000])
    done = narrated.home.run("verify", "voyage.flac.manifest.json", other.name, cwd=narrated.folder)
    assert done.returncode == 1
    assert "was written for voyage.flac, and this is other.flac" in done.stdout.decode()


def test_it_says_what_it_would_have_cost(narrated: Narrated):
    chars = narrated.result["chars"]
    assert narrated.result["dollars"] == pytest.approx(chars / 1000 * 0.030)
    assert not narrated.result["billed"]


def test_a_finished_command_leaves_no_process(narrated: Narrated):
    assert narrated.home.processes() == []


def test_the_same_command_again_gives_the_same_file_and_speaks_nothing(narrated: Narrated):
    recording = narrated.folder / "voyage.flac"
    made = sha256(recording)
    recording.unlink()
    log = narrated.home.path / "logs" / "speech-worker.log"
    logged = log.stat().st_size

    again = narrated.again()

    assert again.returncode == 0, again.stderr.decode()
    assert b"verified" in again.stdout
    assert sha256(recording) == made
    assert log.stat().st_size == logged, "no worker was started"


def test_standard_input_is_a_document_too(home: Home, tmp_path: Path):
    text = "Call me Ishmael. Some years ago, never mind how long precisely."
    done = home.run("narrate", "-", "-o", "whale.wav", cwd=tmp_path, stdin=text.encode())
    assert done.returncode == 0, done.stderr.decode()
    assert words(" ".join(words_of(tmp_path / "whale.wav"))) == words(text)


def test_a_document_that_cannot_be_read_is_refused_in_two_lines(home: Home, tmp_path: Path):
    (tmp_path / "torn.epub").write_bytes(b"PK\x03\x04 torn in half")
    done = home.run("narrate", "torn.epub", cwd=tmp_path)
    told = done.stderr.decode()
    assert done.returncode == 1
    assert "narrator: " in told
    assert "remedy: " in told
    assert "Traceback" not in told
    assert list(tmp_path.glob("*.m4b")) == []


def test_an_endpoint_without_a_key_is_refused_before_anything_is_begun(tmp_path: Path):
    home = Home(
        path=tmp_path / "home", settings={"NARRATOR_SPEAK_URL": "ws://127.0.0.1:1/v1/speak"}
    )
    (tmp_path / "whale.txt").write_text("Call me Ishmael.")
    done = home.run("narrate", "whale.txt", "--json", cwd=tmp_path)
    assert done.returncode == 2
    failure = json.loads(done.stdout)["failure"]
    assert failure["code"] == "settings"
    assert "DEEPGRAM_API_KEY" in failure["remedy"]
    assert not home.path.exists()


def test_a_broker_that_does_not_answer_is_named(tmp_path: Path):
    settings = TONE | {"NARRATOR_BROKER_URL": "redis://:secret@127.0.0.1:1/0"}
    home = Home(path=tmp_path / "home", settings=settings)
    (tmp_path / "whale.txt").write_text("Call me Ishmael.")
    done = home.run("narrate", "whale.txt", cwd=tmp_path, timeout_seconds=60.0)
    told = done.stderr.decode()
    assert done.returncode == 2
    assert "the broker of NARRATOR_BROKER_URL does not answer" in told
    assert "secret" not in told
    assert home.processes() == []


def test_an_endpoint_that_does_not_answer_is_named_while_it_is_waited_for(tmp_path: Path):
    settings = {"NARRATOR_SPEAK_URL": "ws://127.0.0.1:1/v1/speak", "DEEPGRAM_API_KEY": "any"}
    home = Home(path=tmp_path / "home", settings=settings)
    (tmp_path / "whale.txt").write_text("Call me Ishmael.")
    with running(home, "narrate", "whale.txt", cwd=tmp_path, log=tmp_path / "log") as run:
        wait_until(lambda: "Connection refused" in run.log.read_text(), "the reason is told")
        assert run.interrupt() == 130


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpeakServer]:
    """A Speak server that no kill reaches, and that counts what it was sent."""
    with speak_server(tmp_path_factory.mktemp("witness"), time_scale=TIME_SCALE) as server:
        yield server


@pytest.fixture(scope="module")
def long_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """About 10,000 characters."""
    path = tmp_path_factory.mktemp("book") / "voyage.txt"
    path.write_text(voyage(42))
    return path


@pytest.fixture(scope="module")
def undisturbed(
    witness: SpeakServer, long_book: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The long book as a run makes it that nobody disturbs."""
    folder = tmp_path_factory.mktemp("undisturbed")
    home = Home(path=folder / "home", settings=witness.settings(sockets=SOCKETS))
    done = home.run("narrate", long_book, "--format", "flac", cwd=folder)
    assert done.returncode == 0, done.stderr.decode()
    return folder / "voyage.flac"


@pytest.mark.parametrize("victims", ["the parent alone", "everything"])
def test_a_run_killed_half_way_goes_on_where_it_was(
    victims: str, witness: SpeakServer, long_book: Path, undisturbed: Path, tmp_path: Path
):
    """Same bytes in the end, no child left over, at most two utterances a socket spoken twice."""
    home = Home(path=tmp_path / "home", settings=witness.settings(sockets=SOCKETS))
    before = witness.chars()
    with running(
        home, "narrate", long_book, "-o", "voyage.flac", cwd=tmp_path, log=tmp_path / "log"
    ) as run:
        run.wait_for_chars(4_000)
        if victims == "everything":
            kill_all(home.processes())
        run.kill()
    wait_until(lambda: home.processes() == [], "no process left", timeout_seconds=5.0)

    done = home.run("narrate", long_book, "-o", "voyage.flac", cwd=tmp_path)

    assert done.returncode == 0, done.stderr.decode()
    assert sha256(tmp_path / "voyage.flac") == sha256(undisturbed)
    assert list((home.path / "scratch").iterdir()) == []
    assert list((home.path / "objects" / ".incoming").iterdir()) == []
    manifest = from_json((tmp_path / "voyage.flac.manifest.json").read_bytes())
    chunks = [each.chunk.chars for chapter in manifest.chapters for each in chapter.chunks]
    spoken_twice = witness.chars() - before - sum(chunks)
    assert 0 <= spoken_twice <= 2 * SOCKETS * max(chunks)


def test_a_run_outlives_the_death_of_each_of_its_children(
    long_book: Path, undisturbed: Path, tmp_path: Path
):
    """Speak server, broker and both workers are killed under it, one after another."""
    pace = {
        "NARRATOR_SPEECH_SOCKETS": "1",
        "NARRATOR_TRIAL_TIME_SCALE": f"{TIME_SCALE:g}",
        "NARRATOR_LEASE_SECONDS": "2",
        "NARRATOR_HEARTBEAT_SECONDS": "0.5",
        "NARRATOR_QUEUED_SECONDS": "2",
    }
    home = Home(path=tmp_path / "home", settings=TONE | pace)
    with running(
        home, "narrate", long_book, "-o", "voyage.flac", cwd=tmp_path, log=tmp_path / "log"
    ) as run:
        run.wait_for_chars(1_000)
        for name, pid in home.children().items():
            os.kill(pid, signal.SIGKILL)
            home.wait_for_another(name, pid)
        assert run.popen.wait(60) == 0, run.log.read_text()
    assert sha256(tmp_path / "voyage.flac") == sha256(undisturbed)


def test_a_second_run_on_the_same_home_is_refused_and_ctrl_c_ends_the_first(
    witness: SpeakServer, tmp_path: Path
):
    book = tmp_path / "endless.txt"
    book.write_text(voyage(420))  # so that it is not finished before it is interrupted
    home = Home(path=tmp_path / "home", settings=witness.settings(sockets=SOCKETS))
    with running(
        home, "narrate", book, "-o", "endless.flac", cwd=tmp_path, log=tmp_path / "log"
    ) as run:
        run.wait_for_chars(1)
        fleet = home.children()

        second = home.run("narrate", book, "-o", "second.flac", cwd=tmp_path)

        assert second.returncode == 2
        assert f"process {run.popen.pid}" in second.stderr.decode()
        assert home.children() == fleet
        assert run.interrupt() == 130
        assert json.loads(run.log.read_text().splitlines()[-1]) == {"state": "interrupted"}
    assert home.processes() == []
