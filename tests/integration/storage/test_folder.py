"""What is particular to a folder of objects: nobody ever sees half a file."""

from pathlib import Path

import pytest

from narrator.domain.errors import StoreUnavailable
from narrator.domain.ids import ObjectKey
from narrator.storage.folder import FolderObjects

KEY = ObjectKey("jobs/1/book.m4b")
UNREADABLE = Path("/proc/self/mem")  # opens, then fails at the first read


def files(root: Path) -> list[str]:
    return [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    objects = FolderObjects(tmp_path)
    objects.put_bytes(KEY, b"whole", media_type="audio/mp4")
    with pytest.raises(StoreUnavailable):
        objects.put_file(KEY, UNREADABLE, media_type="audio/mp4")
    assert objects.get_bytes(KEY) == b"whole"
    assert files(tmp_path) == [KEY]


def test_a_reader_goes_on_with_the_bytes_it_began_with(tmp_path: Path) -> None:
    objects = FolderObjects(tmp_path)
    objects.put_bytes(KEY, b"first" * (1 << 20), media_type="audio/mp4")
    stream = objects.stream(KEY)
    began = next(stream)
    objects.put_bytes(KEY, b"second", media_type="audio/mp4")
    assert began + b"".join(stream) == b"first" * (1 << 20)


def test_the_check_leaves_nothing_behind(tmp_path: Path) -> None:
    FolderObjects(tmp_path / "objects").check()
    assert files(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match="probe") as failure:
        FolderObjects(tmp_path / "file" / "objects").check()
    assert "disk" in failure.value.remedy


def test_objects_are_for_their_owner_only(tmp_path: Path) -> None:
    objects = FolderObjects(tmp_path / "objects")
    objects.put_bytes(KEY, b"words", media_type="text/plain")
    folder, file = tmp_path / "objects", tmp_path / "objects" / KEY
    assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
