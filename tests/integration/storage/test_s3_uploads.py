"""Uploads to S3 in parts: they go on where they broke off, and what nobody ends is dropped."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from narrator.domain.errors import TakeCorrupt
from narrator.domain.ids import ObjectKey
from narrator.storage.objects import S3Config, S3Objects
from narrator.storage.uploads import PART_BYTES, Target, send
from tests.contract.stage import together
from tests.servers.s3 import S3, client

pytestmark = pytest.mark.integration

JOBS = ObjectKey("jobs")
KEY = ObjectKey("jobs/1/artifacts/emma.flac")
PARTS = [bytes([number]) * PART_BYTES for number in range(3)] + [b"end"]


@pytest.fixture
def objects(s3: S3) -> S3Objects:
    return S3Objects(
        S3Config(
            bucket=s3.bucket,
            endpoint_url=s3.endpoint_url,
            region=s3.region,
            access_key=s3.access_key,
            secret_key=s3.secret_key,
        )
    )


def broken_after(parts: int, *, spoilt: bytes = b"") -> Iterator[bytes]:
    yield from PARTS[: parts - 1]
    yield spoilt or PARTS[parts - 1]
    raise TakeCorrupt("broken off")


def break_off(objects: S3Objects, parts: int, *, spoilt: bytes = b"") -> None:
    with pytest.raises(TakeCorrupt):
        objects.put_stream(KEY, broken_after(parts, spoilt=spoilt), media_type="audio/flac")


def source(folder: Path) -> Path:
    path = folder / "emma.flac"
    path.write_bytes(b"".join(PARTS))
    return path


def open_uploads(s3: S3) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        client(s3).list_multipart_uploads(Bucket=s3.bucket).get("Uploads", [])
    )
    return found


def sent(s3: S3, **terms: float) -> list[int]:
    """Send the whole to the end; the numbers of the parts that took."""
    numbers: list[int] = []
    watched = client(s3)
    watched.meta.events.register(
        "provide-client-params.s3.UploadPart",
        lambda params, **_: numbers.append(params["PartNumber"]),
    )
    target = Target(client=watched, bucket=s3.bucket, key=KEY, media_type="audio/flac", **terms)
    send(target, iter(PARTS))
    return sorted(numbers)


def test_a_file_goes_on_with_the_parts_that_were_sent(
    objects: S3Objects, s3: S3, tmp_path: Path
) -> None:
    break_off(objects, 2)
    objects.put_file(KEY, source(tmp_path), media_type="audio/flac")
    assert b"".join(objects.stream(KEY)) == b"".join(PARTS)
    assert open_uploads(s3) == []


def test_parts_that_are_there_are_not_sent_again(objects: S3Objects, s3: S3) -> None:
    break_off(objects, 2)
    assert sent(s3) == [3, 4]
    assert b"".join(objects.stream(KEY)) == b"".join(PARTS)


def test_an_upload_from_long_ago_is_not_gone_on_with(objects: S3Objects, s3: S3) -> None:
    """An object would be as old as its upload, and so perhaps be swept as it appears."""
    break_off(objects, 2)
    assert sent(s3, resumed_seconds=0.0) == [1, 2, 3, 4]


def test_a_part_that_is_another_is_sent_again(objects: S3Objects, s3: S3) -> None:
    break_off(objects, 2, spoilt=b"x" * PART_BYTES)
    assert sent(s3) == [2, 3, 4]
    assert b"".join(objects.stream(KEY)) == b"".join(PARTS)


def test_a_file_begins_anew_where_its_upload_was_ended_by_another(
    objects: S3Objects, tmp_path: Path
) -> None:
    """Who died left an upload, whose parts the first to come back makes the object of."""
    break_off(objects, 1)
    path = source(tmp_path)
    with ThreadPoolExecutor(3) as pool:
        sent = [pool.submit(objects.put_file, KEY, path, media_type="a/b") for _ in range(3)]
        for each in sent:
            each.result()
    assert b"".join(objects.stream(KEY)) == b"".join(PARTS)


def test_an_upload_that_nobody_ends_is_dropped_once_it_is_old(objects: S3Objects, s3: S3) -> None:
    break_off(objects, 2)
    assert objects.abandon(JOBS, older_than_seconds=3_600) == 0
    assert len(open_uploads(s3)) == 1
    assert objects.abandon(JOBS, older_than_seconds=0) == 1
    assert open_uploads(s3) == []


def test_uploads_that_others_end_meanwhile_are_no_error(objects: S3Objects, s3: S3) -> None:
    for number in range(8):
        client(s3).create_multipart_upload(Bucket=s3.bucket, Key=f"jobs/{number}")
    dropped = together(*[lambda: objects.abandon(JOBS, older_than_seconds=0)] * 3)
    assert all(isinstance(each, int) for each in dropped), dropped
    assert open_uploads(s3) == []


def test_an_upload_to_elsewhere_is_left_alone(objects: S3Objects, s3: S3) -> None:
    client(s3).create_multipart_upload(Bucket=s3.bucket, Key="jobsite/x")
    assert objects.abandon(JOBS, older_than_seconds=0) == 0
    assert len(open_uploads(s3)) == 1
