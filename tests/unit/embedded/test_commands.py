"""How workers and servers are started."""

import pytest

from narrator.domain.steps import Queue
from narrator.embedded.commands import (
    MOST_AUDIO_PROCESSES,
    api_command,
    audio_processes,
    speak_server_command,
    worker_command,
)


@pytest.mark.parametrize(("queue", "pool"), [(Queue.SPEECH, "threads"), (Queue.AUDIO, "prefork")])
def test_each_queue_has_its_own_kind_of_pool(queue: Queue, pool: str):
    command = worker_command(queue, concurrency=3, log_level="INFO")
    assert command[command.index("-P") + 1] == pool
    assert command[command.index("-Q") + 1] == queue
    assert command[command.index("-c") + 1] == "3"


def test_audio_processes_stay_within_reason():
    assert 1 <= audio_processes() <= MOST_AUDIO_PROCESSES


def test_the_trial_server_is_told_port_engine_and_pace():
    command = speak_server_command(port=4000, voice_engine="tone", time_scale=60.0)
    assert command[-6:] == ("--port", "4000", "--voice-engine", "tone", "--time-scale", "60")


def test_the_api_listens_where_it_is_told():
    assert api_command(host="::1", port=9000)[-5:-1] == ("--host", "::1", "--port", "9000")
