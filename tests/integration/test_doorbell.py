"""The doorbell on a real broker, and on none."""

import json

import redis
from structlog.testing import capture_logs

from narrator.domain.steps import Queue
from narrator.doorbell import TASK, CeleryDoorbell
from tests.acceptance.fleet import wait_for
from tests.servers import process


def test_rings_arrive_and_carry_a_queues_name_alone(redis_url: str) -> None:
    CeleryDoorbell(redis_url).ring(Queue.SPEECH, 3)
    with redis.Redis.from_url(redis_url) as client:
        wait_for(lambda: client.llen("narr:speech"), lambda n: n == 3, timeout_seconds=10)
        message = json.loads(client.lindex("narr:speech", 0))

    assert message["headers"]["task"] == TASK
    assert message["headers"]["argsrepr"] == "['speech']"


def test_an_absent_broker_is_logged_by_a_thread_of_its_own() -> None:
    """Whoever rings has returned by then: it does not wait."""
    doorbell = CeleryDoorbell(f"redis://127.0.0.1:{process.free_port()}/0")
    with capture_logs() as logs:
        doorbell.ring(Queue.AUDIO, 1)
        returned_first = not logs
        wait_for(lambda: list(logs), bool, timeout_seconds=30)

    assert returned_first
    assert logs[0]["event"] == "doorbell.unanswered"
