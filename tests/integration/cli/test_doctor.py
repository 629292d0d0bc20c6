"""`narrator doctor`: what is wrong is named, and how to mend it."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from narrator.speakserver.background import running
from narrator.speakserver.config import SpeakServerConfig, VoiceEngine
from tests.acceptance.command import TONE, Home

pytestmark = pytest.mark.integration

SECRET = "dg-secret-key"


def doctor(folder: Path, **settings: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, checks by name (the worst of each name), and everything that was printed."""
    home = Home(path=folder / "home", settings=TONE | settings)
    done: subprocess.CompletedProcess[bytes] = home.run("doctor", "--json", cwd=folder)
    checks: dict[str, Any] = {}
    for check in json.loads(done.stdout)["checks"]:
        if checks.get(check["name"], {"state": "ok"})["state"] == "ok":
            checks[check["name"]] = check
    return done.returncode, checks, (done.stdout + done.stderr).decode()


def test_a_machine_that_has_everything_is_well(tmp_path: Path):
    code, checks, _ = doctor(tmp_path)
    assert code == 0
    assert {name for name, check in checks.items() if check["state"] == "fail"} == set()
    assert checks["ffmpeg"]["state"] == "ok"
    assert list((tmp_path / "home").glob("*")) == [], "it leaves nothing behind"


def test_a_misspelt_setting_is_named(tmp_path: Path):
    code, checks, _ = doctor(tmp_path, NARRATOR_VIOCE_ENGINE="tone")
    assert code == 0
    assert checks["settings"]["state"] == "warn"
    assert "NARRATOR_VIOCE_ENGINE" in checks["settings"]["says"]


def test_a_malformed_setting_is_named_with_a_remedy(tmp_path: Path):
    code, checks, _ = doctor(tmp_path, NARRATOR_SPEECH_SOCKETS="many")
    assert code == 1
    assert "NARRATOR_SPEECH_SOCKETS" in checks["settings"]["says"]
    assert checks["settings"]["remedy"]


def test_servers_that_do_not_answer_are_named(tmp_path: Path):
    code, checks, _ = doctor(
        tmp_path,
        NARRATOR_BROKER_URL="redis://127.0.0.1:1/0",
        NARRATOR_DATABASE_URL="postgresql://narrator@127.0.0.1:1/narrator",
    )
    assert code == 1
    assert checks["broker"]["state"] == checks["database"]["state"] == "fail"
    assert checks["database"]["remedy"]


def test_a_database_that_is_not_up_to_date_is_told_how_to_be(tmp_path: Path):
    database = tmp_path / "old.db"
    database.write_bytes(b"")
    code, checks, _ = doctor(tmp_path, NARRATOR_DATABASE_URL=f"sqlite:///{database}")
    assert code == 1
    assert "narrator migrate" in checks["database"]["remedy"]


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "home").write_text("not a folder")
    code, checks, _ = doctor(tmp_path)
    assert code == 1
    assert checks["home"]["state"] == "fail"
    assert "NARRATOR_HOME" in checks["home"]["remedy"]


def test_a_wrong_ffmpeg_is_named(tmp_path: Path):
    code, checks, _ = doctor(tmp_path, NARRATOR_FFMPEG="/bin/false")
    assert code == 1
    assert checks["ffmpeg"]["state"] == "fail"


def test_one_thing_that_is_wrong_does_not_hide_the_others(tmp_path: Path):
    code, checks, _ = doctor(
        tmp_path,
        NARRATOR_FFMPEG="/nope",
        NARRATOR_DATABASE_URL="mysql://x",
        NARRATOR_BROKER_URL="redis://127.0.0.1:1/0",
    )
    assert code == 1
    assert {name for name, check in checks.items() if check["state"] == "fail"} == {
        "ffmpeg",
        "database",
        "broker",
    }
    assert all(check["remedy"] for check in checks.values() if check["state"] == "fail")
    assert checks["object store"]["state"] == "ok"
    assert "speech" in checks


def test_a_home_where_nothing_can_be_written_is_named_for_root_too(tmp_path: Path):
    """It is tried: root may write anywhere, says the mode, but not on every file system."""
    done = Home(path=Path("/proc/narrator")).run("doctor", cwd=tmp_path)
    assert done.returncode == 1
    assert "fail  home          /proc cannot be written" in done.stdout.decode()


@pytest.fixture(scope="module")
def speak_url() -> Iterator[str]:
    """A Speak server that takes one key only."""
    config = SpeakServerConfig(voice_engine=VoiceEngine.TONE, api_keys=frozenset({SECRET}))
    with running(config) as server:
        yield server.url


def test_the_endpoint_is_asked_and_the_key_never_shown(tmp_path: Path, speak_url: str):
    code, checks, printed = doctor(tmp_path, DEEPGRAM_API_KEY=SECRET, NARRATOR_SPEAK_URL=speak_url)
    assert code == 0
    assert checks["speech"] == {
        "name": "speech",
        "state": "ok",
        "says": "the endpoint takes DEEPGRAM_API_KEY; speaks as 'custom'",
        "remedy": "",
    }
    assert SECRET not in printed


def test_a_key_that_the_endpoint_refuses_is_told(tmp_path: Path, speak_url: str):
    code, checks, printed = doctor(
        tmp_path, DEEPGRAM_API_KEY="another-key", NARRATOR_SPEAK_URL=speak_url
    )
    assert code == 1
    assert "HTTP 401" in checks["speech"]["says"]
    assert "DEEPGRAM_API_KEY" in checks["speech"]["remedy"]
    assert "another-key" not in printed


def test_an_endpoint_that_does_not_answer_is_told(tmp_path: Path):
    nobody = "ws://127.0.0.1:1/v1/speak"
    code, checks, _ = doctor(tmp_path, DEEPGRAM_API_KEY=SECRET, NARRATOR_SPEAK_URL=nobody)
    assert code == 1
    assert "Connection refused" in checks["speech"]["says"]
    assert "NARRATOR_SPEAK_URL" in checks["speech"]["remedy"]


def test_another_endpoint_without_a_key_is_told(tmp_path: Path):
    code, checks, _ = doctor(tmp_path, NARRATOR_SPEAK_URL="ws://127.0.0.1:8123/v1/speak")
    assert code == 1
    assert "DEEPGRAM_API_KEY is not" in checks["speech"]["says"]
