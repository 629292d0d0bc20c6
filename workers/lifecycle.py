"""A worker's life: what it builds at its start, how it is asked to stop.

`process()` is built in each operating system process that does steps: in a pool of threads that is
the worker itself, in a prefork pool each child. The parent of a prefork pool builds nothing and
starts no thread, because a lock that a thread holds at the moment of a fork stays held in the child
for ever. SIGTERM sets a flag that every process shares: what is under way is finished, nothing new
is begun, and after a set time what is not finished is given back and abandoned (`Drain`). A worker
that lives on even so, its parent too, is ended by the kernel a little later.
The worker that is its own pool (threads) may hold slots; prefork children speak nothing.
"""

import ctypes
import math
import multiprocessing
import os
import secrets
import signal
import socket
import threading
from dataclasses import dataclass

from celery.concurrency import prefork
from celery.signals import (
    worker_process_init,
    worker_process_shutdown,
    worker_ready,
    worker_shutdown,
    worker_shutting_down,
)
from celery.worker.consumer import Consumer

from narrator.bootstrap import bootstrap
from narrator.services.drain import LOOK_SECONDS, Drain
from narrator.services.hands import Hands
from narrator.services.kit import Services
from narrator.services.readiness import Readiness
from narrator.services.rhythm import Every, dispatcher, heartbeat, housekeeper, ready_teller
from narrator.services.slots import SlotKeeper
from workers.app import settings
from workers.watchdog import WATCH_SECONDS, Watchdog

# One shared byte, made before any fork. An Event would have a lock in it, which a child that is
# killed at the wrong moment takes along, and which a signal handler must not wait for.
_draining = multiprocessing.RawValue(ctypes.c_bool, False)  # noqa: FBT003 — its first value
_lock = threading.Lock()
_MAIN = os.getpid()
_LATE_SECONDS = 5
_ABANDONED = 75  # EX_TEMPFAIL of sysexits.h: whoever comes next goes on


@dataclass(frozen=True, slots=True)
class Process:
    """One operating system process at work: its services, its claims, its slots, its threads."""

    services: Services
    hands: Hands
    keeper: SlotKeeper
    threads: tuple[Every, ...]

    def close(self) -> None:
        """Close speech sessions politely and give their slots back, then end the threads."""
        self.keeper.close()
        self.services.speaker.close()
        for thread in self.threads:
            thread.stop()


_processes: dict[int, Process] = {}
"""This process, by its id: what a parent built is of no use to its child."""


def process() -> Process:
    """This process, built at its first use."""
    with _lock:
        if os.getpid() not in _processes:
            _processes.clear()
            _processes[os.getpid()] = _build()
        return _processes[os.getpid()]


def _build() -> Process:
    services = bootstrap(settings)
    owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    hands = Hands(owner, services.clock)
    keeper = SlotKeeper(
        services,
        owner,
        capacity=settings.speech.sockets if _speaks() else 0,
        idle_seconds=settings.speech.idle_seconds,
        going=going,
    )
    drain = Drain(services, hands, going=going, abandon=_abandon)
    threads = (
        heartbeat(services, hands, keeper).start(),
        dispatcher(services).start(),
        Every(LOOK_SECONDS, drain.look, name="drain").start(),
        *_telling(services),
        *([] if _speaks() else _of_pool(services, hands)),
    )
    return Process(services, hands, keeper, threads)


def _telling(services: Services) -> list[Every]:
    """The thread that tells whether this worker is ready, where somebody wants to know."""
    file = settings.work.ready_file
    return [ready_teller(Readiness(services), file).start()] if file else []


def _of_pool(services: Services, hands: Hands) -> list[Every]:
    """The threads of a pool's child, which does one step at a time and can be replaced."""
    watchdog = Watchdog(hands, going=going)
    return [
        housekeeper(services, hands, going=going).start(),
        Every(WATCH_SECONDS, watchdog.look, name="watchdog").start(),
    ]


def _speaks() -> bool:
    """Whether this process may hold slots; one that does not has time for chores."""
    return os.getpid() == _MAIN


def _abandon() -> None:
    """End this process at once, whatever its threads are doing."""
    os._exit(_ABANDONED)


def going() -> bool:
    """False once the worker was asked to stop."""
    return not _draining.value


@worker_process_init.connect
def _begin_in_child(**_: object) -> None:
    process()


@worker_ready.connect
def _begin(sender: Consumer, **_: object) -> None:
    if not isinstance(sender.pool, prefork.TaskPool):
        process()


@worker_shutting_down.connect
def _drain(**_: object) -> None:
    if not _draining.value:
        signal.alarm(math.ceil(settings.work.drain_seconds) + _LATE_SECONDS)
    _draining.value = True


@worker_process_shutdown.connect
@worker_shutdown.connect
def _close(**_: object) -> None:
    if mine := _processes.pop(os.getpid(), None):
        mine.close()
