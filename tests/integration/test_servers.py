"""The servers that other tests lean on are real ones: they answer, and they say no."""

import sys
from dataclasses import replace

import httpx
import psutil
import psycopg
import pytest
import redis
from botocore.exceptions import ClientError

from tests.servers import process
from tests.servers.places import REPOSITORY
from tests.servers.s3 import client

pytestmark = pytest.mark.integration

FIVE_MEBIBYTES = 5 << 20


def refusal(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_redis_keeps_a_list(redis_url):
    with redis.Redis.from_url(redis_url) as server:
        server.rpush("queue", "first", "second")
        assert server.lpop("queue") == b"first"


def test_redis_is_new_enough_for_the_broker(redis_url):
    """Kombu's Redis transport uses ZADD GT and ZRANGE BYSCORE REV: 6.2 or later."""
    with redis.Redis.from_url(redis_url) as server:
        server.zadd("set", {"member": 1.0}, gt=True)
        assert server.zrange("set", 9, 0, desc=True, byscore=True) == [b"member"]


def test_redis_is_empty_for_each_test(redis_url):
    with redis.Redis.from_url(redis_url) as server:
        assert server.dbsize() == 0


def test_postgres_is_the_version_that_we_support(postgres_url):
    with psycopg.connect(postgres_url) as connection:
        assert connection.info.server_version >= 170_000


@pytest.mark.parametrize("time", ["first", "second"])
def test_postgres_gives_each_test_a_database_of_its_own(postgres_url, time):
    """The table that one run of this test makes is not there in the other's database."""
    with psycopg.connect(postgres_url) as connection:
        connection.execute(f"CREATE TABLE leftover AS SELECT '{time}' AS time")
        assert connection.execute("SELECT time FROM leftover").fetchall() == [(time,)]


def test_s3_returns_the_bytes_that_were_put(s3):
    store = client(s3)
    store.put_object(Bucket=s3.bucket, Key="a/b", Body=b"sound", ContentType="audio/flac")
    answer = store.get_object(Bucket=s3.bucket, Key="a/b")
    assert (answer["Body"].read(), answer["ContentType"]) == (b"sound", "audio/flac")


def test_s3_refuses_a_bad_signature(s3):
    with pytest.raises(ClientError) as error:
        client(replace(s3, secret_key="not the secret")).list_objects_v2(Bucket=s3.bucket)
    assert refusal(error) == "SignatureDoesNotMatch"


def test_s3_refuses_to_write_over_what_must_be_new(s3):
    store = client(s3)
    store.put_object(Bucket=s3.bucket, Key="k", Body=b"1", IfNoneMatch="*")
    with pytest.raises(ClientError) as error:
        store.put_object(Bucket=s3.bucket, Key="k", Body=b"2", IfNoneMatch="*")
    assert refusal(error) == "PreconditionFailed"


def test_s3_refuses_a_short_part(s3):
    store = client(s3)
    upload = store.create_multipart_upload(Bucket=s3.bucket, Key="k")["UploadId"]
    where = {"Bucket": s3.bucket, "Key": "k", "UploadId": upload}
    parts = [
        {
            "PartNumber": n,
            "ETag": store.upload_part(PartNumber=n, Body=b"x" * size, **where)["ETag"],
        }
        for n, size in [(1, FIVE_MEBIBYTES - 1), (2, 1)]
    ]
    with pytest.raises(ClientError) as error:
        store.complete_multipart_upload(MultipartUpload={"Parts": parts}, **where)
    assert refusal(error) == "EntityTooSmall"


def test_s3_serves_a_presigned_url_until_it_ends(s3):
    store = client(s3)
    store.put_object(Bucket=s3.bucket, Key="k", Body=b"sound")
    where = {"Bucket": s3.bucket, "Key": "k"}
    fresh = store.generate_presigned_url("get_object", Params=where, ExpiresIn=60)
    ended = store.generate_presigned_url("get_object", Params=where, ExpiresIn=-1)
    assert [httpx.get(url).status_code for url in (fresh, ended)] == [200, 403]


def test_s3_refuses_a_presigned_url_that_was_altered(s3):
    store = client(s3)
    store.put_object(Bucket=s3.bucket, Key="other", Body=b"sound")
    url = store.generate_presigned_url("get_object", Params={"Bucket": s3.bucket, "Key": "one"})
    assert httpx.get(url.replace("/one?", "/other?")).status_code == 403


def test_a_program_that_ends_early_is_reported_with_its_log(tmp_path):
    child = process.start(
        [sys.executable, "-c", "raise SystemExit('no such book')"], log=tmp_path / "log"
    )
    with pytest.raises(process.ChildFailed, match=r"ended with code 1(.|\n)*no such book"):
        child.wait_until(lambda: False)


def test_a_program_never_sees_the_key_of_whoever_runs_the_tests(tmp_path):
    script = "import os; print(sorted(os.environ))"
    child = process.start(
        [sys.executable, "-c", script], log=tmp_path / "log", env={"NARRATOR_HOME": "x"}
    )
    child.wait()
    seen = child.output()
    assert ("NARRATOR_HOME" in seen, "DEEPGRAM_API_KEY" in seen) == (True, False)


def test_a_child_dies_with_the_process_that_started_it(tmp_path):
    """A stand-in for the test run starts a child and is killed; the kernel kills the child."""
    script = (
        "import pathlib, sys; from tests.servers import process;"
        "wait = 'import signal; signal.pause()';"
        "child = process.start([sys.executable, '-c', wait], log=pathlib.Path(sys.argv[1]));"
        "print(child.pid, flush=True); child.wait()"
    )
    log = tmp_path / "log"
    argv = [sys.executable, "-c", script, tmp_path / "inner"]
    run = process.start(argv, log=log, cwd=REPOSITORY)
    run.wait_until(lambda: run.output().endswith("\n"))
    child = psutil.Process(int(run.output()))
    assert child.is_running()
    run.kill()
    _, alive = psutil.wait_procs([child], timeout=10)
    assert not alive
