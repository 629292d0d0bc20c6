"""Temporary files: a folder for a step, and a disk that has no room for them.

A disk that is full is a store that is away: whatever fails for it is done again, uncounted, once
there is room. What was being written is removed first, which makes some.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from errno import EDQUOT, EFBIG, EIO, ENOSPC, EROFS
from pathlib import Path

from narrator.domain.errors import StoreUnavailable, ToolFailed

LEAST_BYTES = 1 << 20
"""With less room than this a disk counts as full: whoever writes to it writes blocks that large."""

_NO_ROOM = {EDQUOT, EFBIG, EIO, ENOSPC, EROFS}
_REMEDY = "make room on the disk of NARRATOR_SCRATCH; what waits for it goes on by itself"


class Temporary(StrEnum):
    """How the name of each temporary file or folder begins: the folder may be everybody's.

    What a killed process left is known, and removed, by it.
    """

    PLAN = "narrator-plan-"
    RENDER = "narrator-render-"
    PUBLISH = "narrator-publish-"
    UPLOAD = "narrator-upload-"


@contextmanager
def scratch_folder(scratch: Path, prefix: Temporary) -> Iterator[Path]:
    """A folder in `scratch`, gone at the end. Raises StoreUnavailable where there is no room."""
    with (
        room(scratch),
        tempfile.TemporaryDirectory(dir=scratch, prefix=prefix) as folder,
        room(scratch),  # asked while what fills the disk is still there
    ):
        yield Path(folder)


@contextmanager
def room(scratch: Path) -> Iterator[None]:
    """What fails in the block because the disk of `scratch` is full raises StoreUnavailable.

    Encoders and libraries say no more than that they failed, so the disk itself is asked.
    """
    try:
        yield
    except (OSError, RuntimeError, ToolFailed) as error:
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            raise _full(scratch, str(error.strerror)) from error
        if not has_room(scratch):
            raise _full(scratch, "no space left") from error
        raise


def has_room(scratch: Path) -> bool:
    """Whether the disk of `scratch` has any room; true where nobody can tell."""
    try:
        return shutil.disk_usage(scratch).free >= LEAST_BYTES
    except OSError:
        return True


def check(scratch: Path) -> None:
    """Raise StoreUnavailable unless a file can be written in `scratch` and its disk has room."""
    with room(scratch):
        try:
            with tempfile.TemporaryFile(dir=scratch) as file:
                file.write(b"narrator")
        except OSError as error:
            raise _full(scratch, str(error.strerror)) from error
    if not has_room(scratch):
        raise _full(scratch, "no space left")


def _full(scratch: Path, why: str) -> StoreUnavailable:
    return StoreUnavailable(f"the scratch folder {scratch} takes no files: {why}", remedy=_REMEDY)
