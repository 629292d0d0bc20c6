"""Large objects sent to an S3 store in parts, that an earlier sender's death does not waste.

A part that the store holds already, of the same size and digest, is not sent again. Never more than
a few parts are in memory, whatever the length. Parts become an object all at once, at the end.
"""

import hashlib
from base64 import b64encode
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any

from narrator.domain.ids import ObjectKey

PART_BYTES = 8 << 20
"""S3 takes 5 MiB at the least, and 10,000 parts at the most: objects of up to 78 GiB."""

SENDERS = 2
"""Parts on their way at once; another is being filled meanwhile: 24 MiB in all."""

RESUMED_SECONDS = 6 * 3_600.0
"""Older uploads are left to the sweep. An object's age is that of its upload (S3's Last-Modified is
when that was begun): finished late, it would pass for one that nobody wanted for as long."""

Kept = dict[int, tuple[int, str]]
"""Of each part by its number: its bytes, and the MD5 digest that S3 calls its entity tag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where an object is to be. `client` is a boto3 client of S3, which threads may share.

    Uploads that are older than `resumed_seconds` are not gone on with.
    """

    client: Any
    bucket: str
    key: ObjectKey
    media_type: str
    resumed_seconds: float = RESUMED_SECONDS

    @property
    def place(self) -> dict[str, str]:
        """The object, as every request names it."""
        return {"Bucket": self.bucket, "Key": self.key}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Upload:
    target: Target
    id: str
    kept: Kept

    def part(self, number: int, data: bytes) -> dict[str, object]:
        """Send a part unless it is there; how the end of the upload will name it."""
        digest = hashlib.md5(data, usedforsecurity=False)
        tag = digest.hexdigest()
        if self.kept.get(number) != (len(data), tag):
            answer = self.target.client.upload_part(
                **self.target.place,
                UploadId=self.id,
                PartNumber=number,
                Body=data,
                ContentMD5=b64encode(digest.digest()).decode(),
            )
            tag = answer["ETag"].strip('"')
        return {"PartNumber": number, "ETag": f'"{tag}"'}

    def complete(self, parts: list[dict[str, object]]) -> None:
        self.target.client.complete_multipart_upload(
            **self.target.place, UploadId=self.id, MultipartUpload={"Parts": parts}
        )


def send(target: Target, blocks: Iterable[bytes]) -> None:
    """Store an object: a small one at once, a large one in parts. Raises botocore's errors.

    Where `blocks` raises, the parts that were sent stay, for the next try or for `abandon`.
    """
    parts = _parts(blocks)
    first = next(parts, b"")
    if len(first) < PART_BYTES:
        target.client.put_object(**target.place, Body=first, ContentType=target.media_type)
        return
    upload = _continued(target) or _begun(target)
    upload.complete(_sent(upload, first, parts))


def _parts(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The bytes in parts of the same size, but for the last, which is shorter or empty."""
    filling = bytearray()
    for block in blocks:
        filling += block
        while len(filling) >= PART_BYTES:
            yield bytes(filling[:PART_BYTES])
            del filling[:PART_BYTES]
    if filling:
        yield bytes(filling)


def _sent(upload: _Upload, first: bytes, parts: Iterator[bytes]) -> list[dict[str, object]]:
    sent: list[dict[str, object]] = []
    with ThreadPoolExecutor(SENDERS) as pool:
        under_way: deque[Future[dict[str, object]]] = deque()
        under_way.append(pool.submit(upload.part, 1, first))
        del first
        for number, data in enumerate(parts, start=2):
            if len(under_way) == SENDERS:
                sent.append(under_way.popleft().result())
            under_way.append(pool.submit(upload.part, number, data))
        sent += [each.result() for each in under_way]
    return sent


def _begun(target: Target) -> _Upload:
    answer = target.client.create_multipart_upload(**target.place, ContentType=target.media_type)
    return _Upload(target=target, id=answer["UploadId"], kept={})


def _continued(target: Target) -> _Upload | None:
    """The latest upload to this very key that was begun of late and not ended."""
    found = [
        each
        for each in _open_uploads(target.client, target.bucket, target.key)
        if each["Key"] == target.key
        and age_seconds(each["answer"], each["Initiated"]) < target.resumed_seconds
    ]
    if not found:
        return None
    latest = max(found, key=lambda each: each["Initiated"])
    return _Upload(target=target, id=latest["UploadId"], kept=_kept(target, latest["UploadId"]))


def _kept(target: Target, upload_id: str) -> Kept:
    pages = target.client.get_paginator("list_parts")
    return {
        part["PartNumber"]: (part["Size"], part["ETag"].strip('"'))
        for page in pages.paginate(**target.place, UploadId=upload_id)
        for part in page.get("Parts", ())
    }


def _open_uploads(client: Any, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:  # noqa: ANN401 — boto3 makes its clients' classes as it runs
    pages = client.get_paginator("list_multipart_uploads")
    for page in pages.paginate(Bucket=bucket, Prefix=prefix):
        for each in page.get("Uploads", ()):
            yield {**each, "answer": page}


def abandoned(client: Any, bucket: str, prefix: str, *, limit: int) -> list[dict[str, Any]]:  # noqa: ANN401
    """The first uploads beneath a prefix that did not end; `answer` is what listed each."""
    return list(islice(_open_uploads(client, bucket, prefix), limit))


def age_seconds(answer: dict[str, Any], written_at: datetime) -> float:
    """How long ago that was, by the store's own clock at the moment of its answer."""
    answered_at = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
    return max(0.0, (answered_at - written_at).total_seconds())
