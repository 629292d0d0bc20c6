"""The twin of the object stores: a dictionary."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from narrator.domain.errors import Missing, NarratorError
from narrator.domain.ids import ObjectKey
from narrator.services.ports import StoredObject
from narrator.storage.keys import checked

BLOCK_BYTES = 1 << 20


@dataclass(slots=True)
class MemoryObjects:
    """`Objects` in memory."""

    kept: dict[ObjectKey, bytes] = field(default_factory=dict)
    refusals: list[NarratorError] = field(default_factory=list)  # of takes, one a try
    clock: Callable[[], float] = time.time
    written_at: dict[ObjectKey, float] = field(default_factory=dict)

    def put_bytes(self, key: ObjectKey, data: bytes, *, media_type: str) -> None:  # noqa: ARG002
        """Store a small object."""
        if self.refusals and key.startswith("takes/"):
            raise self.refusals.pop()
        self.kept[checked(key)] = bytes(data)
        self.written_at[key] = self.clock()

    def put_file(self, key: ObjectKey, path: Path, *, media_type: str) -> None:
        """Store a file."""
        self.put_bytes(key, path.read_bytes(), media_type=media_type)

    def put_stream(self, key: ObjectKey, blocks: Iterable[bytes], *, media_type: str) -> None:
        """Store what comes in blocks."""
        self.put_bytes(key, b"".join(blocks), media_type=media_type)

    def abandon(self, folder: ObjectKey, *, older_than_seconds: float) -> int:  # noqa: ARG002
        """Nothing is ever left half written."""
        return 0

    def get_bytes(self, key: ObjectKey) -> bytes:
        """A small object whole; raises Missing."""
        try:
            return self.kept[checked(key)]
        except KeyError:
            raise Missing(f"there is no object {key}") from None

    def get_file(self, key: ObjectKey, path: Path) -> None:
        """Copy an object to a file."""
        path.write_bytes(self.get_bytes(key))

    def stream(self, key: ObjectKey) -> Iterator[bytes]:
        """An object in blocks; raises Missing at once."""
        data = self.get_bytes(key)
        return (data[at : at + BLOCK_BYTES] for at in range(0, len(data), BLOCK_BYTES))

    def exists(self, key: ObjectKey) -> bool:
        """Whether the object is there."""
        return checked(key) in self.kept

    def beneath(self, folder: ObjectKey, *, after: str = "", limit: int) -> list[StoredObject]:
        """The first objects beneath a folder, in the order of their keys."""
        found = sorted(key for key in self.kept if key.startswith(f"{folder}/") and key > after)
        return [StoredObject(key, self._age(key)) for key in found[:limit]]

    def delete(self, key: ObjectKey, *, older_than_seconds: float = 0.0) -> bool:
        """Remove an object unless it is too young."""
        if checked(key) in self.kept and self._age(key) < older_than_seconds:
            return False
        self.kept.pop(key, None)
        return True

    def _age(self, key: ObjectKey) -> float:
        return self.clock() - self.written_at.get(key, 0.0)

    def link(
        self,
        key: ObjectKey,  # noqa: ARG002
        *,
        file_name: str,  # noqa: ARG002
        media_type: str,  # noqa: ARG002
        seconds: int,  # noqa: ARG002
    ) -> str | None:
        """None: stream it instead."""
        return None

    def check(self) -> None:
        """Memory is always there."""
