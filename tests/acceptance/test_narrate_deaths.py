"""`narrator narrate` while its processes are killed one by one, and while its user interrupts it.

The Speak server is outside and counts: what it was sent beyond the book is what was paid for twice.
"""

import json
import os
import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import psutil
import pytest

from narrator.domain.manifest_json import from_json
from tests.acceptance.command import Home, Run, SpeakServer, running, speak_server, wait_until
from tests.acceptance.texts import voyage
from tests.acceptance.words import words_of

pytestmark = pytest.mark.acceptance

SOCKETS = 1
TEXT = voyage(30)  # about 7,000 characters
INTERRUPTIONS = 3
SEED = 20_261_123

Kill = Callable[[Home], None]


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpeakServer]:
    """A Speak server that no kill reaches: one socket takes 2,400 characters in 2.4 s."""
    with speak_server(tmp_path_factory.mktemp("witness"), time_scale=25.0) as server:
        yield server


@pytest.fixture
def home(witness: SpeakServer, tmp_path: Path) -> Home:
    """An empty home that speaks to the witness, with short leases."""
    pace = {
        "NARRATOR_LEASE_SECONDS": "2",
        "NARRATOR_HEARTBEAT_SECONDS": "0.5",
        "NARRATOR_SLOT_SECONDS": "2",
        "NARRATOR_SLOT_GRACE_SECONDS": "1",
        "NARRATOR_QUEUED_SECONDS": "2",
        "NARRATOR_AUDIO_PROCESSES": "1",
    }
    (tmp_path / "voyage.txt").write_text(TEXT)
    return Home(path=tmp_path / "home", settings=witness.settings(sockets=SOCKETS) | pace)


def narrating(home: Home) -> Iterator[Run]:
    """The command under way."""
    folder = home.path.parent
    with running(
        home, "narrate", "voyage.txt", "-o", "voyage.flac", cwd=folder, log=folder / "log"
    ) as run:
        yield run


def spoken_twice(home: Home, witness: SpeakServer, before: int) -> int:
    """Characters that were sent beyond those of the finished book, which says every word of it."""
    folder = home.path.parent
    assert " ".join(words_of(folder / "voyage.flac")).split() == TEXT.split()
    manifest = from_json((folder / "voyage.flac.manifest.json").read_bytes())
    chars = sum(each.chunk.chars for chapter in manifest.chapters for each in chapter.chunks)
    return witness.chars() - before - chars


def longest_utterance(home: Home) -> int:
    """Its characters."""
    manifest = from_json((home.path.parent / "voyage.flac.manifest.json").read_bytes())
    return max(each.chunk.chars for chapter in manifest.chapters for each in chapter.chunks)


def kill(name: str) -> Kill:
    """Kill the child of that name, and wait for another."""

    def do(home: Home) -> None:
        pid = home.children()[name]
        os.kill(pid, signal.SIGKILL)
        home.wait_for_another(name, pid)

    return do


def kill_encoding_process(home: Home) -> None:
    """Kill what the audio worker does its steps in, and wait for another."""
    worker = psutil.Process(home.children()["audio-worker"])
    (process,) = worker.children()
    process.kill()
    wait_until(
        lambda: [each.pid for each in worker.children()] not in ([], [process.pid]),
        "another process of the audio worker",
    )


@pytest.mark.parametrize(
    ("victims", "utterances_lost"),
    [
        pytest.param(
            [kill_encoding_process, kill("broker"), kill("audio-worker")],
            0,
            id="those that send nothing",
        ),
        pytest.param([kill("speech-worker")], 2 * SOCKETS, id="the one that sends"),
    ],
)
def test_a_run_goes_on_by_itself_when_its_processes_are_killed_one_after_another(
    victims: list[Kill], utterances_lost: int, home: Home, witness: SpeakServer
) -> None:
    before = witness.chars()
    for run in narrating(home):
        run.wait_for_chars(500)
        for victim in victims:
            victim(home)
        assert run.popen.wait(120) == 0, run.log.read_text()
    assert 0 <= spoken_twice(home, witness, before) <= utterances_lost * longest_utterance(home)
    assert home.processes() == []


def test_a_run_that_is_interrupted_at_any_moment_goes_on_the_next_time(
    home: Home, witness: SpeakServer
) -> None:
    """Each ends in good order, whatever it was doing; what was under way is finished first."""
    dice, never, before = random.Random(SEED), Event(), witness.chars()  # noqa: S311
    lock = home.path / "lock"
    for _ in range(INTERRUPTIONS):
        lock.unlink(missing_ok=True)
        for run in narrating(home):
            wait_until(lock.exists, "the home is locked")
            never.wait(dice.uniform(0.0, 8.0))
            code = run.interrupt()
            assert code in {0, 130}, run.log.read_text()
            if code:
                assert "Traceback" not in run.log.read_text()
                assert json.loads(run.log.read_text().splitlines()[-1]) == {"state": "interrupted"}
        assert home.processes() == []
    done = home.run("narrate", "voyage.txt", "-o", "voyage.flac", cwd=home.path.parent)
    assert done.returncode == 0, done.stderr.decode()
    assert spoken_twice(home, witness, before) == 0
