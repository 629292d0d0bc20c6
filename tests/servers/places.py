"""Where the servers keep their data: a temporary directory that suits all of them."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


@contextmanager
def server_home() -> Iterator[Path]:
    """Make a directory on a file system with user extended attributes, and remove it at the end.

    Swift keeps an object's metadata in such attributes; tmpfs learned them only in Linux 6.6.
    """
    home = Path(tempfile.mkdtemp(prefix="narrator-tests-", dir=_fit_place()))
    home.chmod(0o711)  # as root, PostgreSQL runs as `nobody` and must get through to its own
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _fit_place() -> Path:
    places = [Path(tempfile.gettempdir()), Path("/var/tmp"), REPOSITORY / ".venv"]  # noqa: S108
    for place in places:
        if place.is_dir() and _keeps_attributes(place):
            return place
    raise OSError(
        f"none of {', '.join(map(str, places))} is on a file system with user extended "
        "attributes: set TMPDIR to a directory on ext4, xfs or btrfs"
    )


def _keeps_attributes(place: Path) -> bool:
    try:
        with tempfile.NamedTemporaryFile(dir=place) as file:
            os.setxattr(file.name, "user.narrator", b"probe")
    except OSError:
        return False
    return True
