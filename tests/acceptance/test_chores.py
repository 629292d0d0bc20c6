"""What follows a job's end, by the processes of a fleet: it is told, deleted, swept."""

import hashlib
import hmac
import json
from collections.abc import Mapping

import boto3
import pytest

from tests.acceptance.conftest import FleetStarter
from tests.acceptance.fleet import wait_for
from tests.acceptance.jobs import submit, succeeded
from tests.acceptance.texts import voyage
from tests.servers.receiver import Receiver, receiving

pytestmark = pytest.mark.acceptance

SECRET = "a-secret-of-the-tests"
ORPHAN = "jobs/0123456789abcdef0123456789abcdef/artifacts/book.flac"


class Bucket:
    """The fleet's object store, as its operator sees it."""

    def __init__(self, here: Mapping[str, str]) -> None:
        self._name = here["NARRATOR_S3_BUCKET"]
        self._client = boto3.session.Session().client(
            "s3",
            endpoint_url=here["NARRATOR_S3_ENDPOINT_URL"],
            region_name="us-east-1",
            aws_access_key_id=here["NARRATOR_S3_ACCESS_KEY"],
            aws_secret_access_key=here["NARRATOR_S3_SECRET_KEY"],
        )

    def put(self, key: str) -> None:
        """Store an object."""
        self._client.put_object(Bucket=self._name, Key=key, Body=b"x")

    def names(self) -> set[str]:
        """All there is, but takes."""
        found = self._client.list_objects_v2(Bucket=self._name).get("Contents", ())
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
        fleet.client() as client,
    ):
        bucket = Bucket(fleet.here | fleet.variables)
        before = bucket.names()
        bucket.put(ORPHAN)
        job = succeeded(client, submit(client, voyage(1), webhook_url=receiver.url))
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

        assert len({key for key in bucket.names() if job["id"] in key}) >= 5
        assert client.delete(location).status_code == 204
        assert client.get(location).status_code == 404
        wait_for(bucket.names, lambda left: left <= before | {ORPHAN}, timeout_seconds=30)
        wait_for(bucket.names, lambda left: ORPHAN not in left, timeout_seconds=60)
        wait_for(
            lambda: client.delete(location).status_code, lambda s: s == 404, timeout_seconds=20
        )
        assert len(receiver.requests) == 1
        assert SECRET not in fleet.logs()
        assert receiver.url not in fleet.logs()
