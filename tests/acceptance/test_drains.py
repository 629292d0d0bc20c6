"""Processes that are asked to stop while they wait for something, or that are held up for long."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.acceptance.conftest import FleetStarter
from tests.acceptance.fleet import SOCKETS, Fleet, wait_for
from tests.acceptance.jobs import CHUNK_CHARS, heard, submit, succeeded
from tests.acceptance.texts import voyage
from tests.servers.family import freeze, thaw
from tests.servers.process import Child

pytestmark = pytest.mark.acceptance

DRAIN_SECONDS = 2
LATE_SECONDS = 8  # a look, and what the machine takes to end a process
ABANDONED = 75
UNDER_WAY = """
    SELECT count(*) FROM utterances u JOIN steps s ON s.id = u.step_id
    WHERE u.outcome = 'sent' AND s.state = 'running' AND s.owner LIKE %s
"""
UNTOLD = "SELECT count(*) FROM utterances WHERE outcome = 'lost' AND job_id = %s"
GIVEN_BACK = """
    SELECT count(*) FILTER (WHERE state = 'running'), coalesce(max(attempts), 0) FROM steps
    WHERE kind = 'slice' AND state <> 'done'
"""


@pytest.fixture(scope="module")
def fleet(start_fleet: FleetStarter) -> Iterator[Fleet]:
    """Two speech workers, one audio worker; those started from now on end within seconds."""
    with start_fleet(allowance=2 * SOCKETS) as fleet:
        fleet.here["NARRATOR_DRAIN_SECONDS"] = str(DRAIN_SECONDS)
        yield fleet


def rows(fleet: Fleet, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """What the database answers."""
    with closing(psycopg.connect(fleet.here["NARRATOR_DATABASE_URL"])) as connection:
        return connection.execute(statement, values).fetchall()


def wait_for_line(child: Child, *words: str) -> None:
    """Return once one line of its log has all these words."""
    wait_for(
        child.output,
        lambda text: any(all(word in line for word in words) for line in text.splitlines()),
        timeout_seconds=60,
        pause_seconds=0.02,
    )


@contextmanager
def silent(child: Child) -> Iterator[None]:
    """A server that answers nobody meanwhile, and hangs up on nobody."""
    family = freeze(child)
    try:
        yield
    finally:
        thaw(family)


def test_an_audio_worker_gives_a_long_render_back_when_its_time_is_over(fleet: Fleet) -> None:
    """Uncounted, and at once: another begins it anew without waiting for a lease."""
    fleet.children["audio-1"].stop()
    leaving = fleet.start_worker("audio")
    with fleet.client() as client:
        location = submit(client, voyage(80), format="m4b")
        wait_for_line(leaving, "step.claimed", '"render"')
        leaving.popen.terminate()
        assert leaving.wait(timeout_seconds=DRAIN_SECONDS + LATE_SECONDS) in {0, ABANDONED}
        given_back = rows(fleet, "SELECT state, attempts FROM steps WHERE kind = 'render'")
        fleet.start_worker("audio")
        succeeded(client, location)

    assert "drain.abandoned" in leaving.output()
    assert [attempts for _, attempts in given_back] == [0]
    assert rows(fleet, "SELECT attempts, fence FROM steps WHERE kind = 'render'") == [(1, 2)]


def wait_until_busy(fleet: Fleet, worker: Child) -> None:
    """Return once the provider owes the worker an answer on every socket."""
    wait_for(
        lambda: rows(fleet, UNDER_WAY, f"%:{worker.pid}:%")[0][0],
        lambda count: count >= SOCKETS,
        timeout_seconds=60,
        pause_seconds=0.02,
    )


def test_a_speech_worker_ends_in_time_although_the_provider_answers_nothing(
    fleet: Fleet,
) -> None:
    """What it was owed is named in the ledger, and spoken by another."""
    fleet.restart_speak_server("--first-audio-ms=1000")
    leaving = fleet.start_worker("speech")
    wait_for_line(leaving, " ready.")
    for other in fleet.workers("speech")[:-1]:
        other.stop(timeout_seconds=60)
    with fleet.client() as client:
        location = submit(client, voyage(80, first=4_000))
        wait_until_busy(fleet, leaving)
        with silent(fleet.children["speak-server"]):
            leaving.popen.terminate()
            assert leaving.wait(timeout_seconds=DRAIN_SECONDS + LATE_SECONDS) in {0, ABANDONED}
            assert rows(fleet, GIVEN_BACK) == [(0, 0)]
        fleet.start_worker("speech")
        progress = succeeded(client, location)["progress"]

    assert progress["chars_resent"] <= 2 * SOCKETS * CHUNK_CHARS


def test_a_worker_that_was_held_up_beyond_its_lease_adds_nothing(
    fleet: Fleet, tmp_path: Path
) -> None:
    """It is stopped by SIGSTOP with its sockets busy, and goes on when the others are done."""
    late = fleet.start_worker("speech")
    wait_for_line(late, " ready.")
    with fleet.client() as client:
        location = submit(client, voyage(80, first=6_000))
        wait_until_busy(fleet, late)
        with silent(late):
            job = succeeded(client, location)
        wait_for(
            lambda: rows(fleet, UNTOLD, job["id"]),
            lambda left: left == [(0,)],
            timeout_seconds=30,
        )
        after = client.get(location).json()
        said, planned = heard(job, client, tmp_path)

    assert said == planned
    assert (after["state"], after["artifacts"]) == ("succeeded", job["artifacts"])
    progress = after["progress"]
    assert 0 < progress["chars_resent"] <= 2 * SOCKETS * CHUNK_CHARS


def test_two_jobs_that_want_the_same_words_at_once_pay_for_them_once(fleet: Fleet) -> None:
    fleet.restart_speak_server()
    text = voyage(40, first=8_000)
    with fleet.client() as client:
        jobs = [succeeded(client, each) for each in [submit(client, text) for _ in range(2)]]
    received = fleet.speak_server_stats()["characters_received"]

    assert received == jobs[0]["progress"]["chars"] == jobs[1]["progress"]["chars"]
    assert received == sum(job["progress"]["chars_sent"] for job in jobs)
    assert sum(job["progress"]["chars_resent"] for job in jobs) == 0
