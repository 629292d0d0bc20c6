"""An S3 server that says no: OpenStack Swift's s3api, from the `swift` wheel (see `swift_s3`)."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3

from tests.servers import process
from tests.servers.process import Child

SCRIPT = Path(__file__).with_name("swift_s3.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class S3:
    """How to reach an S3 server, and a bucket on it."""

    endpoint_url: str
    access_key: str = "narrator:tests"
    secret_key: str = "a-secret-of-the-tests"
    region: str = "us-east-1"
    bucket: str = ""


def client(server: S3) -> Any:
    """Whoever holds its keys, without any code of ours."""
    return boto3.client(
        "s3",
        endpoint_url=server.endpoint_url,
        aws_access_key_id=server.access_key,
        aws_secret_access_key=server.secret_key,
        region_name=server.region,
    )


def with_bucket(server: S3, bucket: str) -> S3:
    """The same server, with an empty bucket of that name made in it."""
    client(server).create_bucket(Bucket=bucket)
    return replace(server, bucket=bucket)


class Swift:
    """A server that may be killed and started again, on the same ports and data each time.

    `home` must be on a file system that keeps user extended attributes.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self.child = self._started()
        self.child.wait_until((home / "port").exists)
        self.port = int((home / "port").read_text())

    @property
    def s3(self) -> S3:
        """How to reach it."""
        return S3(endpoint_url=f"http://127.0.0.1:{self.port}")

    def start(self) -> None:
        """Start it again."""
        self.child = self._started()

    def wait_until_it_listens(self) -> None:
        """Return once it takes connections; raises ChildFailed when it does not."""
        self.child.wait_until(lambda: process.listening(self.port))

    def _started(self) -> Child:
        keys = S3(endpoint_url="")
        argv = [sys.executable, "-W", "ignore", SCRIPT, self._home, keys.access_key]
        return process.start([*argv, keys.secret_key], log=self._home / "swift.log")


@contextmanager
def swift(home: Path) -> Iterator[Swift]:
    """Run Swift beneath `home`."""
    server = Swift(home)
    try:
        yield server
    finally:
        server.child.stop()


@contextmanager
def s3_server(home: Path) -> Iterator[S3]:
    """Run Swift beneath `home`; give how to reach it."""
    with swift(home) as server:
        yield server.s3
