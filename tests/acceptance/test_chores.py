"""What follows a job's end, by the processes of a fleet: it is told, deleted, swept."""

import hashlib
import hmac
import json
from functools import partial

import pytest

from tests.acceptance.conftest import FleetStarter
from tests.acceptance.fleet import wait_for
from tests.acceptance.jobs import submit, succeeded
from tests.acceptance.texts import voyage
from tests.servers.receiver import Receiver, receiving
from tests.servers.s3 import S3, client

pytestmark = pytest.mark.acceptance

SECRET = "a-secret-of-the-tests"
ORPHAN = "jobs/0123456789abcdef0123456789abcdef/artifacts/book.flac"


def names(s3: S3) -> set[str]:
    """The objects that there are, but takes."""
    found = client(s3).list_objects_v2(Bucket=s3.bucket).get("Contents", ())
    return {each["Key"] for each in found if not each["Key"].startswith("takes/")}


def test_a_job_s_end_is_told_and_what_is_deleted_or_orphaned_goes(
    start_fleet: FleetStarter,
) -> None:
    settings = {
        "NARRATOR_WEBHOOK_SECRET": SECRET,
        "NARRATOR_WEBHOOK_PRIVATE": "1",
        "NARRATOR_SWEEP_SECONDS": "1",
        "NARRATOR_ORPHAN_SECONDS": "10",
    }
    with (
        receiving(Receiver()) as receiver,
        start_fleet(speech_workers=1, further=settings) as fleet,
        fleet.client() as caller,
    ):
        s3 = fleet.s3
        before = names(s3)
        client(s3).put_object(Bucket=s3.bucket, Key=ORPHAN, Body=b"x")
        job = succeeded(caller, submit(caller, voyage(1), webhook_url=receiver.url))
        location = job["href"]

        ((_, headers, body),) = wait_for(lambda: list(receiver.requests), bool, timeout_seconds=20)
        at, _, signed = headers["Narrator-Signature"].removeprefix("t=").partition(",v1=")
        expected = hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        assert signed == expected
        message = json.loads(body)
        assert (message["event"], message["job"]["id"]) == ("job.succeeded", job["id"])
        same = ("id", "href", "state", "title", "creators", "source_name", "state_times")
        assert {n: message["job"][n] for n in same} == {n: job[n] for n in same}
        assert message["job"]["artifacts"] == job["artifacts"]

        assert len({key for key in names(s3) if job["id"] in key}) >= 5
        assert caller.delete(location).status_code == 204
        assert caller.get(location).status_code == 404
        wait_for(partial(names, s3), lambda left: left <= before | {ORPHAN}, timeout_seconds=30)
        wait_for(partial(names, s3), lambda left: ORPHAN not in left, timeout_seconds=60)
        wait_for(
            lambda: caller.delete(location).status_code, lambda s: s == 404, timeout_seconds=20
        )
        assert len(receiver.requests) == 1
        assert SECRET not in fleet.logs()
        assert receiver.url not in fleet.logs()
