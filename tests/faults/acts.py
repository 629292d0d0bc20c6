"""How a fault is done to a fleet, and what is done later to undo it."""

import signal
from collections.abc import Callable

import psutil
import redis

from tests.faults.rig import Rig
from tests.faults.schedule import Act, Fault, Target
from tests.servers.process import Child

ARMED = {Act.KILL: "kill", Act.STOP: "stop", Act.RAISE: "raise"}


def name_of(fault: Fault) -> str:
    """The process that a fault befalls, by its name in the rig."""
    names = {Target.SPEECH: f"speech-{fault.number}", Target.AUDIO: "audio-1"}
    return names.get(fault.target, str(fault.target))


def child_of(rig: Rig, name: str) -> Child:
    """The running program of that name."""
    match name:
        case Target.VALKEY:
            return rig.valkey.child
        case Target.POSTGRES:
            return rig.postgres.child
        case Target.STORE:
            assert rig.swift is not None
            return rig.swift.child
        case _:
            return rig.fleet.children[name]


def arm(rig: Rig, fault: Fault) -> None:
    """Arm a failpoint; its file appears whole."""
    assert fault.point is not None
    fresh = rig.points / f"{fault.point}.new"
    fresh.write_text(ARMED[fault.act])
    fresh.rename(rig.points / fault.point)


def stopped(rig: Rig, fault: Fault) -> Callable[[], None] | None:
    """Stop a server; how it is started again, or None where it did not have to be stopped."""
    match fault.target, fault.act:
        case Target.VALKEY, Act.FLUSH:
            flush(rig.valkey.url)
            return None
        case Target.VALKEY, Act.EMPTY:
            rig.valkey.child.kill()
            return rig.valkey.start_empty
        case Target.VALKEY, _:
            rig.valkey.child.kill()
            return rig.valkey.start
        case Target.POSTGRES, Act.KILL:
            rig.postgres.drop_everything()
            return rig.postgres.begin
        case Target.POSTGRES, _:
            rig.postgres.stop()
            return rig.postgres.begin
        case _:
            assert rig.swift is not None
            rig.swift.child.kill()
            return rig.swift.start


def flush(url: str) -> None:
    """Remove everything that a Redis server holds."""
    with redis.Redis.from_url(url) as client:
        client.flushall()


def go_on(pid: int) -> None:
    """SIGCONT a process that may have ended."""
    try:
        psutil.Process(pid).send_signal(signal.SIGCONT)
    except psutil.NoSuchProcess:
        return
