"""The lock on a home folder.

Whoever starts a fleet of its own there holds it alone; the processes of a fleet that was started by
hand, and works on the home's database, share it. So neither is ever at work beside the other.
"""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from narrator.domain.errors import SettingsError

DATABASE_NAME = "narrator.db"
"""The home's own database, in the home's folder."""

_SHARED = "fleet"  # what the lock says while it is shared; else its holder's process number


class HomeLock:
    """An exclusive lock on `home/lock`, for as long as this object is entered.

    The kernel frees it when the process ends, however it ends. The descriptor is closed on exec, so
    no child inherits it: a child that lives on cannot keep the lock, and cannot be mistaken for its
    holder.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        """Take the lock, making the folder if need be; raises SettingsError naming its holder."""
        self._descriptor = _open(self._home)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _read(self._descriptor)
            self._close()
            raise _held_by(holder, self._home) from None
        _write(self._descriptor, str(os.getpid()))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def home_of(database_url: str) -> Path | None:
    """The home that this database belongs to; None if it is nobody's, such as PostgreSQL."""
    path = Path(database_url.removeprefix("sqlite:///"))
    is_home = database_url.startswith("sqlite:///") and path.name == DATABASE_NAME
    return path.absolute().parent if is_home else None


def share(home: Path) -> None:
    """Hold the lock, with others that share it, until this process and all it forks have ended.

    The descriptor stays open, through exec too: it belongs to the program that this process is
    about to become. Raises SettingsError naming the process that holds the lock alone.
    """
    descriptor = _open(home)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = _read(descriptor)
        os.close(descriptor)
        raise _held_by(holder, home) from None
    _write(descriptor, _SHARED)
    os.set_inheritable(descriptor, True)  # noqa: FBT003 — it takes no keyword


def _open(home: Path) -> int:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as exc:
        raise SettingsError(
            f"the folder {home} cannot be used: {exc.strerror}",
            remedy="make it writable, or name another one by NARRATOR_HOME",
        ) from exc


def _read(descriptor: int) -> str:
    return os.pread(descriptor, 32, 0).decode("ascii", "replace").partition("\n")[0]


def _write(descriptor: int, holder: str) -> None:
    """Say who holds it; never empty, so that whoever reads meanwhile reads a name."""
    line = f"{holder}\n".encode()
    os.pwrite(descriptor, line, 0)
    os.ftruncate(descriptor, len(line))


def _held_by(holder: str, home: Path) -> SettingsError:
    if holder == _SHARED:
        return SettingsError(
            f"`narrator worker` or `narrator api` is at work in {home}",
            remedy="stop every one of them, submit the book to them (POST /v1/jobs), "
            "or name another folder by NARRATOR_HOME",
        )
    return SettingsError(
        f"another narrator (process {holder or 'unknown'}) is at work in {home}",
        remedy="wait until it has finished or stop it with Ctrl-C (its work is kept), "
        "or name another folder by NARRATOR_HOME",
    )
