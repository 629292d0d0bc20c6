"""Cancel, pause, resume and retry, asked of a whole fleet in the middle of its work.

The Speak server's own count is the witness of what was sent, the recording of what was kept.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.conftest import FleetStarter
from tests.acceptance.fleet import Fleet, wait_for
from tests.acceptance.jobs import heard, submit, succeeded, wait_for_chunks
from tests.acceptance.texts import voyage

pytestmark = pytest.mark.acceptance

ALLOWANCE = 3
DAYS = 60  # 14,000 characters: at this pace some six seconds' work
LONGEST_CHARS = 450  # of an utterance of such a text
OUTSTANDING = 2 * ALLOWANCE * LONGEST_CHARS
"""Two utterances a socket may have been sent and not be kept yet."""


@pytest.fixture(scope="module")
def fleet(start_fleet: FleetStarter) -> Iterator[Fleet]:
    """Two speech workers that share three sockets, twenty times as fast as the provider's."""
    with start_fleet(allowance=ALLOWANCE, time_scale=20.0) as fleet:
        yield fleet


@pytest.mark.parametrize(
    ("stop", "stopped", "go_on", "first"),
    [("pause", "paused", "resume", 1_000), ("cancel", "cancelled", "retry", 2_000)],
)
def test_nothing_is_sent_after_the_answer_and_what_was_is_kept_and_not_sent_again(
    fleet: Fleet, tmp_path: Path, stop: str, stopped: str, go_on: str, first: int
) -> None:
    fleet.restart_speak_server()
    with fleet.client() as client:
        location = submit(client, voyage(DAYS, first=first))
        wait_for_chunks(client, location, 20)
        answer = client.post(f"{location}/{stop}").raise_for_status().json()
        at_rest = wait_for(
            lambda: client.get(location).raise_for_status().json(), all_in, timeout_seconds=30
        )
        received = fleet.speak_server_stats()["characters_received"]

        assert (answer["state"], at_rest["state"]) == (stopped, stopped)
        sent_before = answer["progress"]
        assert received <= sent_before["chars_sent"] < at_rest["progress"]["chars"]
        assert sent_before["chars_sent"] - sent_before["chars_spoken"] <= OUTSTANDING
        assert at_rest["progress"]["chars_spoken"] == received

        client.post(f"{location}/{go_on}").raise_for_status()
        job = succeeded(client, location)
        assert_whole(job, client, tmp_path)
    assert fleet.speak_server_stats()["characters_received"] == job["progress"]["chars"]


def test_callers_who_pull_at_a_job_cost_two_utterances_a_socket_each_time_and_no_word(
    fleet: Fleet, tmp_path: Path
) -> None:
    """They ask at once, again and again, and wait for nothing to come in."""
    turns = 4
    fleet.restart_speak_server()
    with fleet.client() as client, ThreadPoolExecutor(2) as callers:
        location = submit(client, voyage(DAYS, first=3_000))
        for turn in range(1, turns + 1):
            wait_for_chunks(client, location, 10 * turn)
            for moves in (("pause", "cancel"), ("resume", "retry")):
                paths = [f"{location}/{move}" for move in moves]
                answers = list(callers.map(client.post, paths))
                assert {answer.status_code for answer in answers} <= {200, 409}
                assert all(answer.json().get("remedy", "told") for answer in answers)
        job = succeeded(client, location)
        assert_whole(job, client, tmp_path)
    progress, stats = job["progress"], fleet.speak_server_stats()
    assert stats["characters_received"] <= progress["chars_sent"]
    assert progress["chars_resent"] <= turns * OUTSTANDING


def all_in(job: dict[str, Any]) -> bool:
    """Whether all that was sent has come in and is kept."""
    return bool(job["progress"]["chars_sent"] == job["progress"]["chars_spoken"])


def assert_whole(job: dict[str, Any], client: httpx.Client, folder: Path) -> None:
    """The recording says each chunk of the plan once."""
    said, planned = heard(job, client, folder)
    assert said == planned
    assert job["progress"]["chars_spoken"] == job["progress"]["chars"]
