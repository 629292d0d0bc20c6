"""The doorbell on a real broker, and on none."""

import json
import socket
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from time import monotonic

import pytest
import redis
from structlog.testing import capture_logs

from narrator.domain.errors import StoreUnavailable
from narrator.domain.steps import Queue
from narrator.doorbell import TASK, CeleryDoorbell
from tests.acceptance.fleet import wait_for
from tests.servers import process
from tests.servers.redis import valkey_program

WINDOW = {Queue.SPEECH: 5, Queue.AUDIO: 2}
SPEECH, AUDIO = "narr:speech", "narr:audio"


@pytest.fixture
def broker(redis_url: str) -> Iterator[redis.Redis]:
    """The broker, as a bystander sees it."""
    with redis.Redis.from_url(redis_url) as client:
        yield client


def wait_for_rings(broker: redis.Redis, queue: str, number: int) -> None:
    wait_for(lambda: broker.llen(queue), lambda n: n == number, timeout_seconds=10)


def wait_for_refusals(logs: Sequence[Mapping[str, object]], number: int) -> None:
    """Wait until so many rings were refused."""
    wait_for(
        lambda: [line["event"] for line in logs].count("doorbell.unanswered"),
        lambda n: n == number,
        timeout_seconds=30,
    )


def test_rings_arrive_and_carry_a_queues_name_alone(redis_url: str, broker: redis.Redis) -> None:
    CeleryDoorbell(redis_url, WINDOW).ring(Queue.SPEECH, 3)
    wait_for_rings(broker, SPEECH, 3)
    message = json.loads(broker.lrange(SPEECH, 0, 0)[0])

    assert message["headers"]["task"] == TASK
    assert message["headers"]["argsrepr"] == "['speech']"


def test_rings_that_nobody_answers_pile_up_no_higher_than_the_window(
    redis_url: str, broker: redis.Redis
) -> None:
    """A night of ringing, by all the processes of a fleet, while no worker lives."""
    for _ in range(3):
        doorbell = CeleryDoorbell(redis_url, WINDOW)
        doorbell.ring(Queue.SPEECH, 2)
        doorbell.ring(Queue.AUDIO, 1)  # after the others, by the same thread
        wait_for_rings(broker, AUDIO, 1)
        broker.delete(AUDIO)
    assert broker.llen(SPEECH) == WINDOW[Queue.SPEECH]


def test_a_ring_that_was_answered_makes_room_for_another(
    redis_url: str, broker: redis.Redis
) -> None:
    doorbell = CeleryDoorbell(redis_url, WINDOW)
    doorbell.ring(Queue.AUDIO, 9)
    wait_for_rings(broker, AUDIO, 2)
    broker.lpop(AUDIO)
    doorbell.ring(Queue.AUDIO, 9)
    wait_for_rings(broker, AUDIO, 2)


def test_a_broker_that_comes_back_empty_is_rung_again(redis_url: str, broker: redis.Redis) -> None:
    """What it held, and every connection to it, is gone."""
    doorbell = CeleryDoorbell(redis_url, WINDOW)
    doorbell.ring(Queue.AUDIO, 2)
    wait_for_rings(broker, AUDIO, 2)
    broker.flushall()
    broker.client_kill_filter(skipme=True)
    doorbell.ring(Queue.AUDIO, 2)
    wait_for_rings(broker, AUDIO, 2)


def test_a_broker_that_was_away_for_several_rings_is_rung_again(tmp_path: Path) -> None:
    """Kombu's connection breaks for good by the second: the ringer has to drop it, and to live."""
    port = process.free_port()
    url = f"redis://127.0.0.1:{port}/0"
    argv = [valkey_program(), "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    doorbell = CeleryDoorbell(url, WINDOW)

    def ring_a_broker_that_is_there() -> None:
        with (
            process.running(
                argv, log=tmp_path / "valkey.log", ready=lambda: process.listening(port)
            ),
            redis.Redis.from_url(url) as client,
        ):
            doorbell.ring(Queue.AUDIO, 1)
            wait_for_rings(client, AUDIO, 1)

    ring_a_broker_that_is_there()
    with capture_logs() as logs:
        doorbell.ring(Queue.AUDIO, 1)
        wait_for_refusals(logs, 1)
        doorbell.ring(Queue.AUDIO, 1)
        wait_for_refusals(logs, 2)
        ring_a_broker_that_is_there()
        told = wait_for(
            lambda: [line for line in logs if "part" in line],
            lambda t: len(t) == 2,
            timeout_seconds=10,
        )
    assert [line["event"] for line in told] == ["part.away", "part.back"]


def test_an_absent_broker_is_logged_by_a_thread_of_its_own() -> None:
    """Whoever rings has returned by then: it does not wait."""
    doorbell = CeleryDoorbell(f"redis://127.0.0.1:{process.free_port()}/0", WINDOW)
    with capture_logs() as logs:
        doorbell.ring(Queue.AUDIO, 1)
        returned_first = not logs
        wait_for(lambda: list(logs), bool, timeout_seconds=30)

    assert returned_first
    assert logs[0]["event"] == "part.away"


def test_a_broker_that_answers_passes_its_check(redis_url: str) -> None:
    CeleryDoorbell(redis_url, WINDOW).check()


def test_a_broker_that_is_away_fails_its_check_without_its_password() -> None:
    url = f"redis://:secret@127.0.0.1:{process.free_port()}/0"
    with pytest.raises(StoreUnavailable) as away:
        CeleryDoorbell(url, WINDOW).check()
    assert "secret" not in away.value.reason + away.value.remedy


def test_a_broker_that_hangs_fails_its_check_soon() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"redis://127.0.0.1:{mute.getsockname()[1]}/0"
        began = monotonic()
        with pytest.raises(StoreUnavailable):
            CeleryDoorbell(url, WINDOW).check()
    assert monotonic() - began < 20
