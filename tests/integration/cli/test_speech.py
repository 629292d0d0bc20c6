"""`narrator speech`, as people run it."""

import json
from pathlib import Path

import pytest

from tests.acceptance.command import TONE, Home

pytestmark = pytest.mark.integration


def test_a_home_without_a_database_is_named_and_none_is_made(tmp_path: Path):
    home = Home(path=tmp_path / "home")
    done = home.run("speech", cwd=tmp_path)
    assert done.returncode == 1
    assert f"nothing has been narrated in {home.path} yet" in done.stderr.decode()
    assert not home.path.exists()


@pytest.mark.parametrize(
    ("settings", "arguments", "speaker"),
    [
        (TONE, (), "offline-tone"),
        ({"DEEPGRAM_API_KEY": "any"}, (), "deepgram"),
        (TONE, ("--speaker", "spare"), "spare"),
    ],
    ids=["trial", "key", "named"],
)
def test_the_account_is_that_of_who_would_speak(
    tmp_path: Path, settings: dict[str, str], arguments: tuple[str, ...], speaker: str
):
    home = Home(path=tmp_path / "home", settings=settings)
    assert home.run("migrate", cwd=tmp_path).returncode == 0
    done = home.run("speech", *arguments, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    told = json.loads(done.stdout)
    assert (told["speaker"], told["slots_used"], told["chars_sent"]) == (speaker, 0, 0)
