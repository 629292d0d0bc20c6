"""An S3 server that says no: OpenStack Swift's s3api, from the `swift` wheel (see `swift_s3`)."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import boto3

from tests.servers import process

SCRIPT = Path(__file__).with_name("swift_s3.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class S3:
    """How to reach an S3 server, and a bucket on it."""

    endpoint_url: str
    access_key: str = "narrator:tests"
    secret_key: str = "a-secret-of-the-tests"
    region: str = "us-east-1"
    bucket: str = ""


def with_bucket(server: S3, bucket: str) -> S3:
    """The same server, with an empty bucket of that name made in it."""
    client = boto3.client(
        "s3",
        endpoint_url=server.endpoint_url,
        aws_access_key_id=server.access_key,
        aws_secret_access_key=server.secret_key,
        region_name=server.region,
    )
    client.create_bucket(Bucket=bucket)
    return replace(server, bucket=bucket)


@contextmanager
def s3_server(home: Path) -> Iterator[S3]:
    """Run Swift beneath `home`, which must keep user extended attributes."""
    keys = S3(endpoint_url="")
    port = home / "port"
    argv = [sys.executable, "-W", "ignore", SCRIPT, home, keys.access_key, keys.secret_key]
    with process.running(argv, log=home / "swift.log", ready=port.exists):
        yield S3(endpoint_url=f"http://127.0.0.1:{port.read_text()}")
