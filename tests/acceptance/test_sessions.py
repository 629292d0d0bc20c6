"""Speech sessions at the provider's limit: one allowance for the fleet, and a provider that fails.

The Speak server's own counts are the witness.
"""

from collections.abc import Iterator

import pytest

from tests.acceptance.conftest import FleetStarter
from tests.acceptance.fleet import SOCKETS, Fleet, wait_for
from tests.acceptance.jobs import submit, succeeded, wait_for_chunks
from tests.acceptance.texts import voyage

pytestmark = pytest.mark.acceptance

ALLOWANCE = 3
ARTICLE_DAYS = 36  # 8,000 characters
CHAPTER_DAYS = 80  # 18,500 characters: some eight windows of one socket
WINDOW_CHARS = 2_352  # that one socket may be sent at once


@pytest.fixture(scope="module")
def fleet(start_fleet: FleetStarter) -> Iterator[Fleet]:
    """Two speech workers with room for sixteen sockets, of which they may open three."""
    with start_fleet(allowance=ALLOWANCE) as fleet:
        yield fleet


def test_an_article_spreads_over_fresh_sockets(start_fleet: FleetStarter) -> None:
    """At the provider's own pace no socket has to wait for its window."""
    with start_fleet(allowance=2 * SOCKETS, time_scale=1.0) as fleet, fleet.client() as client:
        job = succeeded(client, submit(client, voyage(ARTICLE_DAYS)))
        stats = fleet.speak_server_stats()

    assert job["progress"]["chars"] > 3 * WINDOW_CHARS
    assert max(socket["characters"] for socket in stats["sockets"]) <= WINDOW_CHARS


def test_two_workers_never_open_more_sockets_than_the_account_allows(fleet: Fleet) -> None:
    with fleet.client() as client:
        job = succeeded(client, submit(client, voyage(CHAPTER_DAYS)))
    stats = fleet.speak_server_stats()

    assert stats["sockets_open_highest"] == ALLOWANCE
    assert stats["handshakes_refused"] == {}
    assert stats["limit_warnings"] == 0
    assert "DATA-0001" not in stats["closes_by_limit"]  # an hour's age goes by in 18 seconds here
    assert stats["characters_received"] == job["progress"]["chars_sent"]


def test_a_refused_key_pauses_the_job_until_it_is_accepted(fleet: Fleet) -> None:
    fleet.restart_speak_server("--accept-key=another-key")
    with fleet.client() as client:
        location = submit(client, voyage(20, first=1_000))
        paused = wait_for(
            lambda: client.get(location).raise_for_status().json(),
            lambda job: job["state"] == "paused",
            timeout_seconds=60,
        )
        assert "401" in paused["pause"]["reason"]
        assert "request" in paused["pause"]["reason"]
        assert "DEEPGRAM_API_KEY" in paused["pause"]["remedy"]

        fleet.restart_speak_server()
        job = succeeded(client, location)

    assert job["pause"] is None
    assert job["progress"]["chars_resent"] == 0


def test_a_worker_that_is_asked_to_stop_loses_nothing(fleet: Fleet) -> None:
    """It is asked in the middle of its work; another goes on where it stopped."""
    fleet.restart_speak_server()
    with fleet.client() as client:
        location = submit(client, voyage(CHAPTER_DAYS, first=3_000))
        wait_for_chunks(client, location, 20)
        leaving = fleet.workers("speech")[0]
        fleet.start_worker("speech")
        assert leaving.stop(timeout_seconds=60) == 0
        job = succeeded(client, location)
    stats, progress = fleet.speak_server_stats(), job["progress"]

    assert progress["chars_sent"] == progress["chars_spoken"] == stats["characters_received"]
    assert progress["chars_resent"] == 0
    assert stats["sockets_open_highest"] == ALLOWANCE


def test_an_outage_and_a_burst_of_refusals_fail_no_job(fleet: Fleet) -> None:
    """What the outage cut is sent again, and named."""
    with fleet.client() as client:
        location = submit(client, voyage(CHAPTER_DAYS, first=2_000))
        wait_for_chunks(client, location, 5)
        fleet.children["speak-server"].kill()
        wait_for(
            lambda: client.get("/v1/speech").raise_for_status().json(),
            lambda account: account["failures"] > 0,
            timeout_seconds=60,
        )
        fleet.start_speak_server("--burst-every=3600", "--burst-seconds=3")
        succeeded(client, location)
    stats = fleet.speak_server_stats()

    assert stats["refused_on_purpose"] != {}
    assert stats["refused_as_full"] == 0
