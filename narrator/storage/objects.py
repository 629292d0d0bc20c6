"""Objects in an S3 store, any that speaks the protocol."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.response import StreamingBody

from narrator.domain.errors import Missing, StoreUnavailable
from narrator.domain.ids import ObjectKey
from narrator.services.ports import StoredObject
from narrator.storage.keys import checked
from narrator.storage.uploads import Target, abandoned, age_seconds, send

BLOCK_BYTES = 1 << 20
LONGEST_LINK_SECONDS = 7 * 86_400
"""Signature version 4 allows a week."""

POOLED_CONNECTIONS = 50
"""Kept open to the store by a process: a speech worker has 20 threads, each of which may send a
large file in two parts at once. botocore keeps 10, and throws the rest away after each request."""

CHECK_SECONDS = 5.0
"""Whoever only asks whether the store answers does not wait as long as one who has bytes for it."""

PAGE_OBJECTS = 1_000
"""What S3 lists at once, at the most."""

_MISSING = {"NoSuchKey", "404", "NotFound"}
_UPLOAD_ENDED = "NoSuchUpload"


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Config:
    """Which bucket, where, and as whom.

    `endpoint_url` None means Amazon's own; `public_url` is the same store as listeners see it.
    Without keys boto3 looks for credentials where it always does (an instance's role, say).
    """

    bucket: str
    endpoint_url: str | None = None
    public_url: str | None = None
    region: str = "us-east-1"
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    path_style: bool = True  # what every store but Amazon's serves
    create_bucket: bool = False
    connect_seconds: float = 5.0
    read_seconds: float = 60.0
    attempts: int = 4


class S3Objects:
    """The port `Objects` over a bucket; connects when first used, safe to share among threads."""

    def __init__(self, config: S3Config) -> None:
        self._config = config

    def put_bytes(self, key: ObjectKey, data: bytes, *, media_type: str) -> None:
        """Store a small object."""
        with _plain_errors(self._config, checked(key)):
            self._client.put_object(
                Bucket=self._config.bucket, Key=key, Body=data, ContentType=media_type
            )

    def put_file(self, key: ObjectKey, path: Path, *, media_type: str) -> None:
        """Store a file, streamed; a large one in parts, from where an earlier try had come to.

        Two that send the same file at once share its parts; to the later of them the upload may
        have ended, and it begins anew.
        """
        with _plain_errors(self._config, checked(key)):
            try:
                send(self._target(key, media_type), _read(path))
            except ClientError as error:
                if _code(error) != _UPLOAD_ENDED:
                    raise
                send(self._target(key, media_type), _read(path))

    def put_stream(self, key: ObjectKey, blocks: Iterable[bytes], *, media_type: str) -> None:
        """Store what comes in blocks, holding no more of it than a few parts."""
        with _plain_errors(self._config, checked(key)):
            send(self._target(key, media_type), blocks)

    def _target(self, key: ObjectKey, media_type: str) -> Target:
        bucket = self._config.bucket
        return Target(client=self._client, bucket=bucket, key=key, media_type=media_type)

    def get_bytes(self, key: ObjectKey) -> bytes:
        """A small object whole; raises Missing."""
        with _plain_errors(self._config, key), self._body(key) as body:
            return body.read()

    def get_file(self, key: ObjectKey, path: Path) -> None:
        """Copy an object to a file, streamed; raises Missing."""
        blocks = self.stream(key)
        with path.open("wb") as file:
            file.writelines(blocks)

    def stream(self, key: ObjectKey) -> Iterator[bytes]:
        """An object in blocks of at most 1 MiB; raises Missing at once."""
        return self._blocks(key, self._body(key))

    def exists(self, key: ObjectKey) -> bool:
        """Whether the object is there."""
        try:
            with _plain_errors(self._config, checked(key)):
                self._client.head_object(Bucket=self._config.bucket, Key=key)
        except Missing:
            return False
        return True

    def beneath(self, folder: ObjectKey, *, after: str = "", limit: int) -> list[StoredObject]:
        """The first objects beneath a folder, in the order of their keys."""
        found: list[StoredObject] = []
        while len(found) < limit:
            page = self._page(
                checked(folder), found[-1].key if found else after, limit - len(found)
            )
            found += [
                StoredObject(ObjectKey(each["Key"]), age_seconds(page, each["LastModified"]))
                for each in page.get("Contents", ())
            ]
            if not page["IsTruncated"]:
                break
        return found

    def _page(self, folder: ObjectKey, after: str, limit: int) -> dict[str, Any]:
        with _plain_errors(self._config, folder):
            page: dict[str, Any] = self._client.list_objects_v2(
                Bucket=self._config.bucket,
                Prefix=f"{folder}/",
                StartAfter=after,
                MaxKeys=min(limit, PAGE_OBJECTS),
            )
        return page

    def delete(self, key: ObjectKey, *, older_than_seconds: float = 0.0) -> bool:
        """Remove an object unless it is too young."""
        try:
            with _plain_errors(self._config, checked(key)):
                if older_than_seconds:
                    head = self._client.head_object(Bucket=self._config.bucket, Key=key)
                    if age_seconds(head, head["LastModified"]) < older_than_seconds:
                        return False
                self._client.delete_object(Bucket=self._config.bucket, Key=key)
        except Missing:
            pass
        return True

    def abandon(self, folder: ObjectKey, *, older_than_seconds: float) -> int:
        """Drop the parts of uploads that nobody ended, nor ends meanwhile."""
        bucket = self._config.bucket
        with _plain_errors(self._config, checked(folder)):
            found = abandoned(self._client, bucket, f"{folder}/", limit=PAGE_OBJECTS)
            stale = [
                each
                for each in found
                if age_seconds(each["answer"], each["Initiated"]) >= older_than_seconds
            ]
            return sum(map(self._dropped, stale))

    def _dropped(self, upload: dict[str, Any]) -> bool:
        """Whether it was there to be dropped."""
        named = {"Key": upload["Key"], "UploadId": upload["UploadId"]}
        try:
            self._client.abort_multipart_upload(Bucket=self._config.bucket, **named)
        except ClientError as error:
            if _code(error) not in {_UPLOAD_ENDED, *_MISSING}:
                raise
            return False
        return True

    def link(self, key: ObjectKey, *, file_name: str, media_type: str, seconds: int) -> str | None:
        """A URL at which anyone may fetch the object for so long, a week at most."""
        parameters = {
            "Bucket": self._config.bucket,
            "Key": checked(key),
            "ResponseContentType": media_type,
            "ResponseContentDisposition": disposition(file_name),
        }
        with _plain_errors(self._config, key):
            url: str = self._public_client.generate_presigned_url(
                "get_object",
                Params=parameters,
                ExpiresIn=max(1, min(seconds, LONGEST_LINK_SECONDS)),
            )
        return url

    def check(self) -> None:
        """Raise StoreUnavailable unless the bucket is there (or may be, and was, created)."""
        try:
            with _plain_errors(self._config, ObjectKey("")):
                self._asking_client.head_bucket(Bucket=self._config.bucket)
        except Missing:
            self._create_bucket()

    def _create_bucket(self) -> None:
        if not self._config.create_bucket:
            raise StoreUnavailable(
                f"there is no bucket {self._config.bucket}",
                remedy="create it, or name another with NARRATOR_S3_BUCKET",
            )
        with _plain_errors(self._config, ObjectKey("")):
            self._client.create_bucket(Bucket=self._config.bucket)

    def _body(self, key: ObjectKey) -> StreamingBody:
        with _plain_errors(self._config, checked(key)):
            answer = self._client.get_object(Bucket=self._config.bucket, Key=key)
        body: StreamingBody = answer["Body"]
        return body

    def _blocks(self, key: ObjectKey, body: StreamingBody) -> Iterator[bytes]:
        with body:
            while True:
                with _plain_errors(self._config, key):
                    block = body.read(BLOCK_BYTES)
                if not block:
                    return
                yield block

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401 — boto3 makes its clients' classes as it runs
        return _client(self._config, self._config.endpoint_url)

    @cached_property
    def _asking_client(self) -> Any:  # noqa: ANN401
        """Asks once, and not for long."""
        brief = replace(self._config, read_seconds=CHECK_SECONDS, attempts=1)
        return _client(brief, self._config.endpoint_url)

    @cached_property
    def _public_client(self) -> Any:  # noqa: ANN401
        """Signs for the public address: a signature covers the host it was made for."""
        return _client(self._config, self._config.public_url or self._config.endpoint_url)


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block


def disposition(file_name: str) -> str:
    """The header that names a download: in ASCII for old readers, in UTF-8 for all (RFC 6266)."""
    plain = "".join(
        c if c.isascii() and c.isprintable() and c not in '"\\' else "_" for c in file_name
    )
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"


def _client(config: S3Config, endpoint_url: str | None) -> Any:  # noqa: ANN401
    # A session of one's own: boto3's default one is not safe to share while clients are made.
    return boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint_url,
        region_name=config.region,
        aws_access_key_id=config.access_key,
        aws_secret_access_key=config.secret_key,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if config.path_style else "auto"},
            connect_timeout=config.connect_seconds,
            read_timeout=config.read_seconds,
            max_pool_connections=POOLED_CONNECTIONS,
            retries={"mode": "standard", "total_max_attempts": config.attempts},
            # Newer checksum headers are refused by some stores that speak S3.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


@contextmanager
def _plain_errors(config: S3Config, key: ObjectKey) -> Iterator[None]:
    """Turn the vendor's errors into ours, naming object and cause, never an address or a key."""
    try:
        yield
    except ClientError as error:
        code = _code(error)
        if code in _MISSING:
            raise Missing(f"there is no object {key}") from error
        raise _unavailable(config, f"refused ({code})") from error
    except (BotoCoreError, Boto3Error, HTTPClientError) as error:
        raise _unavailable(config, f"did not answer ({type(error).__name__})") from error


def _code(error: ClientError) -> str:
    """What kind of error the store says it is."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _unavailable(config: S3Config, what: str) -> StoreUnavailable:
    return StoreUnavailable(
        f"the object store {what}, bucket {config.bucket}",
        remedy="check that it runs, and NARRATOR_S3_ENDPOINT_URL, _BUCKET and the two keys",
    )
