"""How workers and servers are started."""

import pytest
from celery import Celery
from celery.bin.base import CLIContext
from celery.bin.worker import worker

from narrator.domain.steps import Queue
from narrator.embedded.commands import (
    MOST_AUDIO_PROCESSES,
    api_command,
    speak_server_command,
    usual_concurrency,
    worker_command,
)
from narrator.settings import load


@pytest.mark.parametrize(("queue", "pool"), [(Queue.SPEECH, "threads"), (Queue.AUDIO, "prefork")])
def test_each_queue_has_its_own_kind_of_pool(queue: Queue, pool: str):
    command = worker_command(queue, concurrency=3, log_level="INFO")
    assert command[command.index("-P") + 1] == pool
    assert command[command.index("-Q") + 1] == queue
    assert command[command.index("-c") + 1] == "3"


def test_audio_processes_that_nobody_set_stay_within_reason():
    assert 1 <= usual_concurrency(load({}), Queue.AUDIO) <= MOST_AUDIO_PROCESSES


def test_a_worker_is_as_wide_as_its_setting_says():
    settings = load({"NARRATOR_AUDIO_PROCESSES": "11", "NARRATOR_SPEECH_SOCKETS": "45"})
    assert usual_concurrency(settings, Queue.AUDIO) == 11
    assert usual_concurrency(settings, Queue.SPEECH) == 45


@pytest.mark.parametrize("queue", Queue)
def test_every_worker_has_options_that_celery_knows(queue: Queue):
    command = worker_command(queue, concurrency=3, log_level="INFO")
    options = command[command.index("worker") + 1 :]
    anything = CLIContext(app=Celery("anything"), no_color=True, workdir=None)
    with worker.make_context("worker", list(options), obj=anything) as context:
        assert context.params["queues"] == [queue.value]


def test_the_trial_server_is_told_port_engine_pace_and_how_many_sockets_it_lets_in():
    command = speak_server_command(port=4000, voice_engine="tone", time_scale=60.0, sockets=45)
    assert command[-8:-2] == ("--port", "4000", "--voice-engine", "tone", "--time-scale", "60")
    assert command[-2:] == ("--sockets", "45")


def test_the_api_listens_where_it_is_told():
    command = api_command(host="::1", port=9000, drain_seconds=4.5)
    assert command[-7:-1] == (
        *("--timeout-graceful-shutdown", "5"),
        *("--host", "::1", "--port", "9000"),
    )
