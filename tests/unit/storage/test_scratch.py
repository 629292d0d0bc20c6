"""What killed processes leave in the folder of temporary files."""

import os
from pathlib import Path

import pytest

from narrator.services.scratch import Temporary
from narrator.storage.scratch import ScratchFolder

HOUR = 3_600.0


def age(path: Path, seconds: float) -> None:
    """Let a file or folder look as if it was last written so long ago."""
    at = path.lstat().st_mtime - seconds
    os.utime(path, (at, at), follow_symlinks=False)


def left(folder: Path, prefix: str, *, hours: float, newest_hours: float | None = None) -> Path:
    """A temporary folder that is so old, and in which the newest file is so old."""
    made = folder / f"{prefix}1"
    made.mkdir()
    file = made / "chapter.wav"
    file.touch()
    age(file, HOUR * (hours if newest_hours is None else newest_hours))
    age(made, HOUR * hours)
    return made


@pytest.mark.parametrize("prefix", Temporary)
def test_what_nobody_wrote_in_for_long_is_removed(tmp_path: Path, prefix: Temporary) -> None:
    left(tmp_path, prefix, hours=5)
    assert ScratchFolder(tmp_path).clear(unused_seconds=4 * HOUR) == 1
    assert list(tmp_path.iterdir()) == []


def test_what_is_still_written_in_stays(tmp_path: Path) -> None:
    old = left(tmp_path, "narrator-publish-", hours=9, newest_hours=1)
    assert ScratchFolder(tmp_path).clear(unused_seconds=4 * HOUR) == 0
    assert (old / "chapter.wav").exists()


def test_what_is_not_ours_by_name_stays(tmp_path: Path) -> None:
    left(tmp_path, "somebody-s-", hours=99)
    left(tmp_path, "narrator-doctor-", hours=99)
    assert ScratchFolder(tmp_path).clear(unused_seconds=HOUR) == 0


def test_an_upload_that_was_broken_off_is_removed(tmp_path: Path) -> None:
    upload = tmp_path / "narrator-upload-1"
    upload.write_bytes(b"x")
    age(upload, 5 * HOUR)
    assert ScratchFolder(tmp_path).clear(unused_seconds=4 * HOUR) == 1


def test_a_link_is_removed_and_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    link = tmp_path / "narrator-plan-1"
    link.symlink_to(elsewhere)
    age(link, 5 * HOUR)
    ScratchFolder(tmp_path).clear(unused_seconds=4 * HOUR)
    assert not link.is_symlink()
    assert (elsewhere / "kept").exists()


def test_a_folder_that_is_not_there_has_nothing_in_it(tmp_path: Path) -> None:
    assert ScratchFolder(tmp_path / "none").clear(unused_seconds=0) == 0
