"""What is particular to S3: links, credentials, buckets, silence."""

from urllib.parse import urlsplit

import httpx
import pytest

from narrator.domain.errors import StoreUnavailable
from narrator.domain.ids import ObjectKey
from narrator.storage.objects import S3Config, S3Objects
from tests.servers import process
from tests.servers.s3 import S3

pytestmark = pytest.mark.integration

KEY = ObjectKey("jobs/1/artifacts/emma.m4b")
SECRET = "not-the-secret-of-the-tests"


def config(s3: S3, **changes: object) -> S3Config:
    known = {
        "bucket": s3.bucket,
        "endpoint_url": s3.endpoint_url,
        "region": s3.region,
        "access_key": s3.access_key,
        "secret_key": s3.secret_key,
    }
    return S3Config(**{**known, **changes})  # type: ignore[arg-type]


def link_to(objects: S3Objects) -> str:
    link = objects.link(KEY, file_name="emma.m4b", media_type="audio/mp4", seconds=60)
    assert link is not None
    return link


def test_a_link_is_signed_for_the_address_that_listeners_see(s3: S3) -> None:
    public = s3.endpoint_url.replace("127.0.0.1", "localhost")
    objects = S3Objects(config(s3, public_url=public))
    objects.put_bytes(KEY, b"music", media_type="audio/mp4")
    link = link_to(objects)
    assert urlsplit(link).netloc == urlsplit(public).netloc
    assert httpx.get(link).content == b"music"


def test_a_link_opens_one_object_only(s3: S3) -> None:
    objects = S3Objects(config(s3))
    objects.put_bytes(KEY, b"music", media_type="audio/mp4")
    objects.put_bytes(ObjectKey("jobs/2/artifacts/emma.m4b"), b"other", media_type="audio/mp4")
    assert httpx.get(link_to(objects).replace("jobs/1", "jobs/2")).status_code == 403


def test_an_object_keeps_its_media_type(s3: S3) -> None:
    objects = S3Objects(config(s3))
    objects.put_bytes(KEY, b"{}", media_type="application/json")
    plain = objects.link(KEY, file_name="m.json", media_type="application/json", seconds=60)
    assert plain is not None
    assert httpx.get(plain).headers["content-type"] == "application/json"


def test_wrong_credentials_are_told_without_showing_them(s3: S3) -> None:
    objects = S3Objects(config(s3, secret_key=SECRET))
    with pytest.raises(StoreUnavailable, match="SignatureDoesNotMatch") as refusal:
        objects.get_bytes(KEY)
    assert "the two keys" in refusal.value.remedy
    assert SECRET not in f"{refusal.value} {refusal.value.__cause__}"


def test_a_configuration_does_not_show_its_keys(s3: S3) -> None:
    shown = repr(config(s3))
    assert s3.secret_key not in shown
    assert s3.access_key not in shown


def test_a_bucket_that_is_not_there_fails_the_check(s3: S3) -> None:
    with pytest.raises(StoreUnavailable, match="no bucket elsewhere") as refusal:
        S3Objects(config(s3, bucket="elsewhere")).check()
    assert "NARRATOR_S3_BUCKET" in refusal.value.remedy


def test_writing_to_a_bucket_that_is_not_there_is_no_missing_object(s3: S3) -> None:
    with pytest.raises(StoreUnavailable, match="NoSuchBucket"):
        S3Objects(config(s3, bucket="elsewhere")).put_bytes(KEY, b"", media_type="text/plain")


def test_a_bucket_may_be_created(s3: S3) -> None:
    objects = S3Objects(config(s3, bucket=f"{s3.bucket}-made", create_bucket=True))
    objects.check()
    objects.put_bytes(KEY, b"music", media_type="audio/mp4")
    assert objects.exists(KEY)


def test_a_server_that_is_down_is_unavailable() -> None:
    silent = S3(endpoint_url=f"http://127.0.0.1:{process.free_port()}", bucket="b")
    objects = S3Objects(config(silent, attempts=1))
    with pytest.raises(StoreUnavailable, match="did not answer"):
        objects.exists(KEY)
