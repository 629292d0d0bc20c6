"""A home is worked in by `narrator narrate` alone, or by a fleet's processes, never by both."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from narrator.domain.errors import SettingsError
from narrator.embedded.lock import HomeLock
from narrator.storage.database import Database
from tests.servers import process
from tests.servers.places import REPOSITORY
from tests.servers.process import Child

pytestmark = pytest.mark.integration

NARRATOR = (sys.executable, "-m", "narrator")
FLEET = {
    "celery": ("worker", "speech"),
    "uvicorn": ("api", "--port", "0"),
}
"""A fleet's commands, by the program that each turns into."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose database is up to date, as the API asks for."""
    Database(f"sqlite:///{tmp_path}/narrator.db").migrate()
    return tmp_path


def environment(home: Path) -> dict[str, str]:
    """A home, and a broker that never answers: nobody here gets as far as needing it."""
    return {
        "PYTHONPATH": str(REPOSITORY),
        "NARRATOR_HOME": str(home),
        "NARRATOR_BROKER_URL": "redis://127.0.0.1:1/0",
        "NARRATOR_VOICE_ENGINE": "tone",
    }


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*NARRATOR, *arguments],
        env=process.environment() | environment(home),
        cwd=home,
        input="Call me Ishmael.",
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )


@contextmanager
def at_work(home: Path, program: str) -> Iterator[Child]:
    """One process of a fleet, once it has turned into its program."""

    def has_turned() -> bool:
        return program in psutil.Process(child.pid).cmdline()

    child = process.start(
        [*NARRATOR, *FLEET[program]], log=home / f"{program}.log", env=environment(home)
    )
    try:
        child.wait_until(has_turned)
        yield child
    finally:
        child.kill()


@pytest.mark.parametrize("program", FLEET)
def test_a_narration_is_refused_while_a_fleets_process_lives(program: str, home: Path):
    """It would release, and cancel, what they have in hand."""
    with at_work(home, program):
        refused = run(home, "narrate", "-", "-o", "whale.flac")
    assert refused.returncode == 2
    assert "`narrator worker` or `narrator api` is at work" in refused.stderr
    assert "POST /v1/jobs" in refused.stderr
    assert not (home / "children.json").exists(), "nothing was touched"


@pytest.mark.parametrize("program", FLEET)
def test_a_fleets_process_is_refused_while_a_narration_holds_the_home(program: str, home: Path):
    with HomeLock(home):
        refused = run(home, *FLEET[program])
    assert refused.returncode == 2
    assert "another narrator (process " in refused.stderr
    assert "remedy: " in refused.stderr


def test_a_fleets_processes_share_a_home_which_is_free_once_all_are_dead(home: Path):
    with at_work(home, "uvicorn"):
        with at_work(home, "celery"):
            pass
        with pytest.raises(SettingsError), HomeLock(home):
            pass
    with HomeLock(home):
        pass
