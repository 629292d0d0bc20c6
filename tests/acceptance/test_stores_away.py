"""A fleet whose database, broker and object store go away under load, and come back.

Seconds stand for a minute: leases are as much shorter.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.fleet import SOCKETS, Fleet, running_fleet, wait_for, wait_for_job
from tests.acceptance.texts import voyage
from tests.servers.family import freeze, thaw
from tests.servers.places import server_home
from tests.servers.postgres import Postgres, postgres_server
from tests.servers.redis import Valkey, valkey
from tests.servers.s3 import Swift, swift, with_bucket

pytestmark = pytest.mark.acceptance

DAYS = 60  # about 14,000 characters
AWAY_SECONDS = 8.0  # longer than a lease, and than a slot's
LEASES = {"NARRATOR_LEASE_SECONDS": "6", "NARRATOR_SLOT_SECONDS": "6"}
TIME_SCALE = 20.0
CHUNK_CHARS = 500  # more than any chunk of these texts has


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """A fleet, and the servers that it alone leans on."""

    fleet: Fleet
    postgres: Postgres
    broker: Valkey
    store: Swift

    def events(self, event: str, part: str) -> int:
        """How often the API has logged an event of a part."""
        lines = (self.fleet.folder / "api.log").read_text().splitlines()
        return sum(f'"{event}"' in line and f'"part": "{part}"' in line for line in lines)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """One speech worker, one audio worker, and servers that may be stopped."""
    with (
        server_home() as home,
        postgres_server(room(home, "postgres")) as postgres,
        valkey(room(home, "redis")) as broker,
        swift(room(home, "s3")) as store,
        running_fleet(
            tmp_path_factory.mktemp("fleet"),
            redis_url=broker.url,
            postgres_url=postgres.create("narrator"),
            s3=with_bucket(store.s3, "narrator"),
            speech_workers=1,
            time_scale=TIME_SCALE,
            further=LEASES,
        ) as fleet,
    ):
        yield Rig(fleet=fleet, postgres=postgres, broker=broker, store=store)


def room(home: Path, name: str) -> Path:
    """A folder that PostgreSQL may pass through, which is run as somebody else."""
    folder = home / name
    folder.mkdir(mode=0o711)
    return folder


def submit(client: httpx.Client, first: int) -> str:
    """Submit a text of its own; returns the job's URL."""
    text = voyage(DAYS, first=first)
    answer = client.post("/v1/jobs", json={"text": text, "title": "Voyage", "format": "flac"})
    assert answer.status_code == 202, answer.text
    return str(answer.headers["Location"])


def wait_for_chunks(client: httpx.Client, location: str, chunks: int) -> None:
    """Return once so many chunks of the job are spoken."""
    wait_for(
        lambda: client.get(location).raise_for_status().json()["progress"]["chunks_spoken"],
        lambda spoken: spoken >= chunks,
        timeout_seconds=60,
    )


def readiness(rig: Rig) -> tuple[int, Any]:
    """What the API says of itself: status, and what is missing or how each part is."""
    answer = httpx.get(f"{rig.fleet.api_url}/readyz", timeout=10.0)
    body = answer.json()
    return answer.status_code, body.get("checks") or body["detail"]


def wait_until_ready(rig: Rig) -> None:
    """Return once every part answers."""
    wait_for(
        lambda: readiness(rig),
        lambda said: said[0] == 200 and set(said[1].values()) == {"ok"},
        timeout_seconds=30,
    )


def stays(rig: Rig, seconds: float, said: tuple[int, Any]) -> None:
    """For so long the API says no other than that."""
    with pytest.raises(AssertionError, match="still"):
        wait_for(lambda: readiness(rig), lambda now: now != said, timeout_seconds=seconds)


def succeeded(client: httpx.Client, location: str) -> dict[str, Any]:
    """The job's progress, once it has ended, and ended well."""
    job = wait_for_job(client, location, timeout_seconds=180)
    assert job["state"] == "succeeded", job["failure"]
    progress: dict[str, Any] = job["progress"]
    assert progress["chars_sent"] == progress["chars_spoken"] + progress["chars_resent"]
    return progress


def test_while_redis_is_gone_jobs_are_accepted_and_nothing_is_sent_twice(rig: Rig) -> None:
    with rig.fleet.client() as client:
        under_way = submit(client, 1)
        wait_for_chunks(client, under_way, 5)
        rig.broker.child.kill()
        status, parts = readiness(rig)
        assert (status, parts["broker"]) == (200, "away")
        meanwhile = submit(client, 1_001)
        stays(rig, AWAY_SECONDS, (status, parts))
        rig.broker.start_empty()
        wait_until_ready(rig)
        assert [succeeded(client, job)["chars_resent"] for job in (under_way, meanwhile)] == [0, 0]
    assert rig.events("part.away", "broker") == rig.events("part.back", "broker") > 0


def test_while_the_database_is_gone_work_stops_and_then_goes_on(rig: Rig) -> None:
    with rig.fleet.client() as client:
        job = submit(client, 2_001)
        wait_for_chunks(client, job, 5)
        rig.postgres.stop()
        stays(rig, AWAY_SECONDS, (503, "not usable: database"))
        touched_at = (rig.fleet.folder / "ready").stat().st_mtime
        rig.postgres.start()
        wait_until_ready(rig)
        assert succeeded(client, job)["chars_resent"] <= 2 * SOCKETS * CHUNK_CHARS
    ready = rig.fleet.folder / "ready"
    wait_for(lambda: ready.stat().st_mtime, lambda at: at > touched_at, timeout_seconds=30)
    assert rig.events("part.away", "database") == rig.events("part.back", "database") == 1


def test_what_is_paid_for_waits_for_an_object_store_that_hangs(rig: Rig) -> None:
    with rig.fleet.client() as client:
        job = submit(client, 3_001)
        wait_for_chunks(client, job, 5)
        family = freeze(rig.store.child)
        try:
            stays(rig, AWAY_SECONDS, (503, "not usable: objects"))
        finally:
            thaw(family)
        wait_until_ready(rig)
        assert succeeded(client, job)["chars_resent"] == 0


def test_what_is_paid_for_waits_for_an_object_store_that_is_gone(rig: Rig) -> None:
    with rig.fleet.client() as client:
        job = submit(client, 4_001)
        wait_for_chunks(client, job, 5)
        rig.store.child.kill()
        stays(rig, AWAY_SECONDS, (503, "not usable: objects"))
        rig.store.start()
        wait_until_ready(rig)
        assert succeeded(client, job)["chars_resent"] == 0
