"""The lock on a home folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from narrator.domain.errors import SettingsError
from narrator.embedded.lock import HomeLock, home_of
from narrator.settings import load


def test_a_second_holder_is_refused_and_told_who_holds_it(tmp_path: Path):
    with (
        HomeLock(tmp_path),
        pytest.raises(SettingsError, match=rf"process {os.getpid()}\) is at work") as refused,
        HomeLock(tmp_path),
    ):
        pass

    assert "NARRATOR_HOME" in refused.value.remedy


def test_the_lock_is_free_again_once_its_holder_has_left(tmp_path: Path):
    with HomeLock(tmp_path):
        pass
    with HomeLock(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_a_refused_second_holder_does_not_free_the_lock(tmp_path: Path):
    with HomeLock(tmp_path):
        for _ in range(2):
            with pytest.raises(SettingsError), HomeLock(tmp_path):
                pass


def test_a_child_does_not_inherit_the_lock(tmp_path: Path):
    """A child that outlives the holder must not keep the home locked for ever."""
    with HomeLock(tmp_path):
        child = subprocess.Popen(
            [sys.executable, "-c", "print(flush=True); input()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            close_fds=False,
        )
        assert child.stdout is not None
        child.stdout.readline()  # only now is exec, which closes what is not inherited, surely over
    with child, HomeLock(tmp_path):
        assert child.poll() is None
        child.communicate(b"\n")


def test_a_new_home_is_made_for_its_owner_alone(tmp_path: Path):
    home = tmp_path / "deep" / "home"
    with HomeLock(home):
        assert home.stat().st_mode & 0o077 == 0


def test_a_home_that_cannot_be_used_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(SettingsError, match=r"file.* cannot be used"),
        HomeLock(tmp_path / "file"),
    ):
        pass


@pytest.mark.parametrize(
    ("url", "home"),
    [
        ("sqlite:////home/ada/narrator/narrator.db", Path("/home/ada/narrator")),
        ("sqlite:////srv/other.db", None),
        ("postgresql://narrator@host/narrator.db", None),
    ],
)
def test_a_home_is_known_by_its_database(url: str, home: Path | None):
    assert home_of(url) == home


def test_the_database_of_the_settings_belongs_to_their_home(tmp_path: Path):
    settings = load({"NARRATOR_HOME": str(tmp_path)})
    assert home_of(settings.database_url) == settings.home
