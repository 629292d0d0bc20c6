"""Objects as files beneath one folder.

A file appears under its name only when it is whole and on the disk: it is written in `.incoming`,
where no key can reach, synced, renamed, and the folder of its name is synced too. A killed process
leaves at most what is in `.incoming`, which may be emptied whenever nobody writes.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import IO

from narrator.domain.errors import Missing, StoreUnavailable
from narrator.domain.ids import ObjectKey
from narrator.services.ports import StoredObject
from narrator.storage.keys import checked

BLOCK_BYTES = 1 << 20
INCOMING = ".incoming"


class FolderObjects:
    """The port `Objects` over a folder, which is made when first written to."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = root / INCOMING  # on the same file system, so that a rename is atomic

    def put_bytes(self, key: ObjectKey, data: bytes, *, media_type: str) -> None:  # noqa: ARG002
        """Store a small object; a folder keeps no media types."""
        with self._writing(key) as file:
            file.write(data)

    def put_file(self, key: ObjectKey, path: Path, *, media_type: str) -> None:  # noqa: ARG002
        """Store a file, streamed; a folder keeps no media types."""
        with path.open("rb") as source, self._writing(key) as file:
            shutil.copyfileobj(source, file, BLOCK_BYTES)

    def put_stream(
        self,
        key: ObjectKey,
        blocks: Iterable[bytes],
        *,
        media_type: str,  # noqa: ARG002
    ) -> None:
        """Store what comes in blocks; a folder keeps no media types."""
        with self._writing(key) as file:
            file.writelines(blocks)

    def get_bytes(self, key: ObjectKey) -> bytes:
        """A small object whole; raises Missing."""
        with self._opened(key) as file, _plain_errors(key):
            return file.read()

    def get_file(self, key: ObjectKey, path: Path) -> None:
        """Copy an object to a file, streamed; raises Missing."""
        with self._opened(key) as file, path.open("wb") as target, _plain_errors(key):
            shutil.copyfileobj(file, target, BLOCK_BYTES)

    def stream(self, key: ObjectKey) -> Iterator[bytes]:
        """An object in blocks of at most 1 MiB; raises Missing at once."""
        return _blocks(key, self._opened(key))

    def exists(self, key: ObjectKey) -> bool:
        """Whether the object is there."""
        with _plain_errors(key):
            return self._path(key).is_file()

    def beneath(self, folder: ObjectKey, *, after: str = "", limit: int) -> list[StoredObject]:
        """The first objects beneath a folder, in the order of their keys."""
        with _plain_errors(folder):
            found = _walk(self._path(folder), f"{folder}/", after)
            return list(islice(found, limit))

    def delete(self, key: ObjectKey, *, older_than_seconds: float = 0.0) -> bool:
        """Remove an object unless it is too young. Its folder stays: somebody may be writing."""
        path = self._path(key)
        try:
            with _plain_errors(key):
                if _age(path.stat()) < older_than_seconds:
                    return False
                path.unlink()
                _sync_folder(path.parent)
        except Missing:
            pass
        return True

    def abandon(self, folder: ObjectKey, *, older_than_seconds: float) -> int:
        """Remove what killed processes left of files that they were writing, whatever its key."""
        with _plain_errors(folder):
            halves = list(self._incoming.iterdir()) if self._incoming.is_dir() else []
        return sum(_removed_half(half, older_than_seconds) for half in halves)

    def link(
        self,
        key: ObjectKey,  # noqa: ARG002
        *,
        file_name: str,  # noqa: ARG002
        media_type: str,  # noqa: ARG002
        seconds: int,  # noqa: ARG002
    ) -> str | None:
        """None: nobody else can reach a folder."""
        return None

    def check(self) -> None:
        """Raise StoreUnavailable unless a file can be written and removed."""
        probe = ObjectKey("probe")
        with self._writing(probe) as file:
            file.write(b"narrator")
        with _plain_errors(probe):
            self._path(probe).unlink(missing_ok=True)

    def _path(self, key: ObjectKey) -> Path:
        return self._root.joinpath(*checked(key).split("/"))

    def _opened(self, key: ObjectKey) -> IO[bytes]:
        path = self._path(key)
        with _plain_errors(key):
            return path.open("rb")

    @contextmanager
    def _writing(self, key: ObjectKey) -> Iterator[IO[bytes]]:
        """A file that takes the key's place once the block ends without an error."""
        path = self._path(key)
        with _plain_errors(key):
            _make_folder(path.parent)
            _make_folder(self._incoming)
            descriptor, name = tempfile.mkstemp(dir=self._incoming)
            try:
                with open(descriptor, "wb") as file:  # noqa: PTH123 — a descriptor has no Path
                    yield file
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(path)
                _sync_folder(path.parent)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise


def _walk(folder: Path, prefix: str, after: str) -> Iterator[StoredObject]:
    """Files in the order of their keys; a folder is passed by that lies before `after` as a whole.

    A file that vanishes meanwhile is none.
    """
    entries = list(os.scandir(folder)) if folder.is_dir() else []
    named = {
        f"{prefix}{e.name}{'/' if e.is_dir(follow_symlinks=False) else ''}": e for e in entries
    }
    for key, entry in sorted(named.items()):
        if key.endswith("/"):
            if key > after or after.startswith(key):
                yield from _walk(Path(entry.path), key, after)
        elif key > after and not entry.name.startswith("."):
            with suppress(FileNotFoundError):
                yield StoredObject(ObjectKey(key), _age(entry.stat(follow_symlinks=False)))


def _removed_half(half: Path, older_than_seconds: float) -> bool:
    with suppress(FileNotFoundError):  # its writer has just ended
        if _age(half.stat()) >= older_than_seconds:
            half.unlink()
            return True
    return False


def _age(found: os.stat_result) -> float:
    return max(0.0, time.time() - found.st_mtime)


def _blocks(key: ObjectKey, file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while True:
            with _plain_errors(key):
                block = file.read(BLOCK_BYTES)
            if not block:
                return
            yield block


def _make_folder(folder: Path) -> None:
    """Make the folder and those above it, each entry synced into the one that holds it."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _plain_errors(key: ObjectKey) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise Missing(f"there is no object {key}") from error
    except OSError as error:
        raise StoreUnavailable(
            f"the object folder does not serve {key}: {error.strerror}",
            remedy="check that its disk has room and that this user may write there",
        ) from error
