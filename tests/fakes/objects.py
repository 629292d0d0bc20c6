"""The twin of the object stores: a dictionary."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from narrator.domain.errors import Missing, NarratorError
from narrator.domain.ids import ObjectKey
from narrator.storage.keys import checked

BLOCK_BYTES = 1 << 20


@dataclass(slots=True)
class MemoryObjects:
    """`Objects` in memory."""

    kept: dict[ObjectKey, bytes] = field(default_factory=dict)
    refusals: list[NarratorError] = field(default_factory=list)  # of takes, one a try

    def put_bytes(self, key: ObjectKey, data: bytes, *, media_type: str) -> None:  # noqa: ARG002
        """Store a small object."""
        if self.refusals and key.startswith("takes/"):
            raise self.refusals.pop()
        self.kept[checked(key)] = bytes(data)

    def put_file(self, key: ObjectKey, path: Path, *, media_type: str) -> None:
        """Store a file."""
        self.put_bytes(key, path.read_bytes(), media_type=media_type)

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
