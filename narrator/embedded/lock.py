"""The lock on a home folder: whoever holds it may start a fleet there, and nobody else."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from narrator.domain.errors import SettingsError


class HomeLock:
    """An exclusive lock on `home/lock`, for as long as this object is entered.

    The kernel frees it when the process ends, however it ends. The descriptor is closed on exec, so
    no child inherits it: a child that lives on cannot keep the lock, and cannot be mistaken for its
    holder.
    """

    def __init__(self, home: Path) -> None:
        self._path = home / "lock"
        self._home = home
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        """Take the lock, making the folder if need be; raises SettingsError naming its holder."""
        self._descriptor = self._open()
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._descriptor, 32, 0).decode("ascii", "replace").strip()
            self._close()
            raise self._held_by(holder) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def _open(self) -> int:
        try:
            self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as exc:
            raise SettingsError(
                f"the folder {self._home} cannot be used: {exc.strerror}",
                remedy="make it writable, or name another one by NARRATOR_HOME",
            ) from exc

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _held_by(self, holder: str) -> SettingsError:
        return SettingsError(
            f"another narrator (process {holder or 'unknown'}) is at work in {self._home}",
            remedy="wait until it has finished or stop it with Ctrl-C (its work is kept), "
            "or name another folder by NARRATOR_HOME",
        )
