"""The folder of temporary files, and what killed processes leave in it."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from narrator.services.scratch import Temporary


class ScratchFolder:
    """The port `Scratch` over a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def clear(self, *, unused_seconds: float) -> int:
        """Remove what is ours by name and owner, and in which nothing was written for so long.

        What cannot be removed, or is gone by now, is left alone.
        """
        before = time.time() - unused_seconds
        removed = 0
        for entry in self._entries():
            with suppress(OSError):
                if entry.lstat().st_uid == os.getuid() and _written_at(entry) <= before:
                    remove(entry)
                    removed += 1
        return removed

    def _entries(self) -> Iterator[Path]:
        with suppress(OSError):
            for entry in self._folder.iterdir():
                if entry.name.startswith(tuple(Temporary)):
                    yield entry


def remove(entry: Path) -> None:
    """Remove a file, a link (which is not followed) or a folder with all that is in it."""
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry)
    else:
        entry.unlink()


def _written_at(entry: Path) -> float:
    """When it, or anything in it, was last written."""
    inside: list[str] = [
        os.path.join(folder, name)  # noqa: PTH118 — there may be thousands
        for folder, folders, files in (() if entry.is_symlink() else os.walk(entry))
        for name in (*folders, *files)
    ]
    return max(os.lstat(each).st_mtime for each in (str(entry), *inside))
