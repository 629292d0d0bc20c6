"""What killed processes leave behind in a home, and nobody will come back for."""

from pathlib import Path

from narrator.domain.errors import SettingsError
from narrator.storage.scratch import remove

SCRATCH = "scratch"
INCOMING = "objects/.incoming"
"""Where the home's object store has files that are not yet whole."""


def sweep(home: Path) -> None:
    """Empty the scratch folder, which is made if need be, and that of half-written objects.

    For the holder of the home's lock, once no child of an earlier run lives. Raises SettingsError.
    """
    try:
        (home / SCRATCH).mkdir(mode=0o700, exist_ok=True)
        for folder in (home / SCRATCH, home / INCOMING):
            _empty(folder)
    except OSError as exc:
        raise SettingsError(
            f"{exc.filename or home} cannot be cleared away: {exc.strerror}",
            remedy="remove it by hand, or name another folder by NARRATOR_HOME",
        ) from exc


def _empty(folder: Path) -> None:
    for entry in folder.iterdir() if folder.is_dir() else ():
        remove(entry)
