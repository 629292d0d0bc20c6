"""The Redis-compatible server of one machine."""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest
import redis

from narrator.domain.errors import SettingsError
from narrator.embedded.broker import find_server, local_broker
from narrator.embedded.processes import ChildSpec, Supervisor
from narrator.embedded.reach import reach_broker
from narrator.embedded.roster import Roster

pytestmark = pytest.mark.integration


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    supervisor = Supervisor(Roster(tmp_path / "children.json"), on_death=lambda _: None)
    yield supervisor
    supervisor.stop(seconds=5.0, order=[["broker"]])


def test_it_answers_on_a_private_socket_and_again_after_it_was_killed(
    tmp_path: Path, supervisor: Supervisor
):
    broker = local_broker(tmp_path)
    log = tmp_path / "broker.log"
    supervisor.start(ChildSpec(name="broker", command=broker.command, environment={}, log=log))
    broker.wait(seconds=10.0)
    with redis.Redis(unix_socket_path=str(broker.socket)) as client:
        client.set("before", "1")
    assert broker.socket.stat().st_mode & 0o077 == 0
    reach_broker(broker.url, seconds=2.0)

    os.kill(supervisor.pids()["broker"], signal.SIGKILL)
    wait_for_another(supervisor)
    broker.wait(seconds=10.0)
    with redis.Redis(unix_socket_path=str(broker.socket)) as client:
        assert client.get("before") is None, "it keeps nothing, and nothing depends on it"


def wait_for_another(supervisor: Supervisor) -> None:
    first = supervisor.pids()["broker"]
    deadline = monotonic() + 10.0
    while supervisor.pids().get("broker", first) == first:
        assert monotonic() < deadline
        threading.Event().wait(0.01)
        supervisor.tend()


def test_a_home_with_a_long_name_still_gets_a_socket(tmp_path: Path):
    """A unix socket's path holds about a hundred bytes."""
    broker = local_broker(tmp_path / ("long" * 30))
    assert len(bytes(broker.socket)) < 104


def test_a_socket_is_not_put_where_others_have_access(tmp_path: Path):
    tmp_path.chmod(0o755)
    with pytest.raises(SettingsError, match="others have access"):
        local_broker(tmp_path).make_folder()


def test_a_server_is_found_on_this_machine():
    assert find_server().is_absolute()


def test_a_broker_that_does_not_answer_is_told_without_its_password():
    with pytest.raises(SettingsError) as refused:
        reach_broker("redis://:hunter2@127.0.0.1:1/0", seconds=0.5)
    assert "hunter2" not in refused.value.reason + refused.value.remedy
    assert "NARRATOR_BROKER_URL" in refused.value.reason
