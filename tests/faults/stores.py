"""The object store of a rehearsed fleet, looked at without any code of the fleet."""

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.servers.s3 import S3, client

HALF_WRITTEN = ".incoming"
PROBE = "probe"  # written and removed by whoever looks whether the folder can be used
LONG_AGO = 1_000_000_000.0


class Store(Protocol):
    """What a judge needs of a store."""

    def listed(self) -> set[str]:
        """Every object's key."""

    def read(self, key: str) -> bytes:
        """An object."""

    def age(self) -> bool:
        """Make every object as old as retention wants; whether that can be done."""

    def clear(self) -> None:
        """Remove everything."""


@dataclass(frozen=True, slots=True)
class FolderStore:
    """A folder of files."""

    root: Path

    def listed(self) -> set[str]:
        """Paths beneath the folder; those of half-written files too."""
        files = (path for path in self.root.rglob("*") if path.is_file())
        return {str(path.relative_to(self.root)) for path in files} - {PROBE}

    def read(self, key: str) -> bytes:
        """A file."""
        return (self.root / key).read_bytes()

    def age(self) -> bool:
        """A file's age can be set."""
        for key in self.listed():
            with suppress(FileNotFoundError):  # the sweep was quicker
                os.utime(self.root / key, (LONG_AGO, LONG_AGO))
        return True

    def clear(self) -> None:
        """Remove what is in the folder, not the folder."""
        for path in self.root.iterdir():
            if path.name not in {HALF_WRITTEN, PROBE}:
                shutil.rmtree(path, ignore_errors=True)
        for path in (self.root / HALF_WRITTEN).glob("*"):
            path.unlink(missing_ok=True)


class BucketStore:
    """A bucket of an S3 server."""

    def __init__(self, s3: S3) -> None:
        self._bucket = s3.bucket
        self._client = client(s3)

    def listed(self) -> set[str]:
        """Every key of the bucket."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket)
        return {each["Key"] for page in pages for each in page.get("Contents", ())}

    def read(self, key: str) -> bytes:
        """An object."""
        data: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return data

    def age(self) -> bool:
        """An object is as old as its server says."""
        return False

    def clear(self) -> None:
        """Remove every object."""
        for key in self.listed():
            self._client.delete_object(Bucket=self._bucket, Key=key)
