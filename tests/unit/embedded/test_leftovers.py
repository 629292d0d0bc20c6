"""What is cleared away at a start, and what is not."""

from pathlib import Path

import pytest

from narrator.domain.errors import SettingsError
from narrator.embedded.leftovers import INCOMING, SCRATCH, sweep
from narrator.settings import load
from narrator.storage import folder


def test_the_folder_of_half_written_objects_is_the_stores_own():
    settings = load({"NARRATOR_HOME": "/home/ada"})
    assert settings.home / INCOMING == settings.objects_folder / folder.INCOMING


def test_scratch_is_made_for_its_owner_alone(tmp_path: Path):
    sweep(tmp_path)
    assert (tmp_path / SCRATCH).stat().st_mode & 0o777 == 0o700


def test_what_is_left_is_removed_and_what_is_kept_is_not(tmp_path: Path):
    taken = tmp_path / "objects" / "takes" / "take.flac"
    for path in (tmp_path / SCRATCH / "narrator-render-1" / "a.wav", tmp_path / INCOMING / "b"):
        path.parent.mkdir(parents=True)
        path.touch()
    taken.parent.mkdir(parents=True)
    taken.touch()
    sweep(tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [taken]


def test_a_link_is_removed_and_not_followed(tmp_path: Path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    (tmp_path / SCRATCH).mkdir()
    (tmp_path / SCRATCH / "link").symlink_to(elsewhere)
    sweep(tmp_path)
    assert list((tmp_path / SCRATCH).iterdir()) == []
    assert (elsewhere / "kept").exists()


def test_a_scratch_folder_that_cannot_be_used_is_named(tmp_path: Path):
    (tmp_path / SCRATCH).touch()
    with pytest.raises(SettingsError, match="scratch"):
        sweep(tmp_path)
