"""A fleet whose database, broker and object store go away under load, and come back.

Seconds stand for a minute: leases are as much shorter.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.fleet import SOCKETS, Fleet, running_fleet, wait_for
from tests.acceptance.jobs import CHUNK_CHARS, submit, succeeded, wait_for_chunks
from tests.acceptance.texts import voyage
from tests.servers.family import freeze, thaw
from tests.servers.places import server_home
from tests.servers.postgres import Postgres, postgres_server
from tests.servers.redis import Valkey, valkey
from tests.servers.s3 import Swift, swift, with_bucket

pytestmark = pytest.mark.acceptance

DAYS = 50  # about 11,500 characters
AWAY_SECONDS = 5.0  # longer than a lease, and than a slot's
LEASES = {"NARRATOR_LEASE_SECONDS": "4", "NARRATOR_SLOT_SECONDS": "4"}
TIME_SCALE = 20.0


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


def test_while_redis_is_gone_jobs_are_accepted_and_nothing_is_sent_twice(rig: Rig) -> None:
    with rig.fleet.client() as client:
        under_way = submit(client, voyage(DAYS))
        wait_for_chunks(client, under_way, 5)
        rig.broker.child.kill()
        status, parts = readiness(rig)
        assert (status, parts["broker"]) == (200, "away")
        meanwhile = submit(client, voyage(DAYS, first=1_001))
        stays(rig, AWAY_SECONDS, (status, parts))
        rig.broker.start_empty()
        wait_until_ready(rig)
        ended = [succeeded(client, location) for location in (under_way, meanwhile)]
        assert [job["progress"]["chars_resent"] for job in ended] == [0, 0]
    away, back = rig.events("part.away", "broker"), rig.events("part.back", "broker")
    assert 0 < back <= away <= 2, (
        "whoever asks and whoever rings say it once each, not every second"
    )


def test_while_the_database_is_gone_work_stops_and_then_goes_on(rig: Rig) -> None:
    with rig.fleet.client() as client:
        job = submit(client, voyage(DAYS, first=2_001))
        wait_for_chunks(client, job, 5)
        rig.postgres.stop()
        stays(rig, AWAY_SECONDS, (503, "not usable: database"))
        touched_at = (rig.fleet.folder / "ready").stat().st_mtime
        rig.postgres.start()
        wait_until_ready(rig)
        assert succeeded(client, job)["progress"]["chars_resent"] <= 2 * SOCKETS * CHUNK_CHARS
    ready = rig.fleet.folder / "ready"
    wait_for(lambda: ready.stat().st_mtime, lambda at: at > touched_at, timeout_seconds=30)
    assert rig.events("part.away", "database") == rig.events("part.back", "database") == 1


def test_what_is_paid_for_waits_for_an_object_store_that_hangs(rig: Rig) -> None:
    with rig.fleet.client() as client:
        job = submit(client, voyage(DAYS, first=3_001))
        wait_for_chunks(client, job, 5)
        family = freeze(rig.store.child)
        try:
            stays(rig, AWAY_SECONDS, (503, "not usable: objects"))
        finally:
            thaw(family)
        wait_until_ready(rig)
        assert succeeded(client, job)["progress"]["chars_resent"] == 0


def test_what_is_paid_for_waits_for_an_object_store_that_is_gone(rig: Rig) -> None:
    with rig.fleet.client() as client:
        job = submit(client, voyage(DAYS, first=4_001))
        wait_for_chunks(client, job, 5)
        rig.store.child.kill()
        stays(rig, AWAY_SECONDS, (503, "not usable: objects"))
        rig.store.start()
        wait_until_ready(rig)
        assert succeeded(client, job)["progress"]["chars_resent"] == 0
