"""A worker's life: what it builds at its start, how it is asked to stop.

`process()` is built lazily in each operating system process, because whatever was built before a
fork (connections, threads, event loops) does not live in the child. SIGTERM sets an event that
every process shares: what is under way is finished, nothing new is begun.
"""

import multiprocessing
import os
import secrets
import socket
import threading
from dataclasses import dataclass

from celery.signals import worker_init, worker_process_shutdown, worker_ready, worker_shutdown
from celery.signals import worker_shutting_down as worker_asked_to_stop

from narrator.bootstrap import bootstrap
from narrator.services.kit import Services
from narrator.services.rhythm import Every, dispatcher, heartbeat
from workers.app import settings

_draining = multiprocessing.Event()  # made before any fork, so that children share it
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Process:
    """One operating system process at work; `owner` names it on the leases it holds."""

    pid: int
    owner: str
    services: Services
    heartbeat: Every


_process: Process | None = None
_dispatcher: Every | None = None


def process() -> Process:
    """This process, built at its first use."""
    global _process  # noqa: PLW0603 — one a process, and Celery offers no place to carry it
    with _lock:
        if _process is None or _process.pid != os.getpid():
            services = bootstrap(settings)
            owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
            _process = Process(os.getpid(), owner, services, heartbeat(services, owner).start())
        return _process


def going() -> bool:
    """False once the worker was asked to stop."""
    return not _draining.is_set()


@worker_init.connect
def _no_longer_draining(**_: object) -> None:
    _draining.clear()


@worker_ready.connect
def _start_dispatching(**_: object) -> None:
    global _dispatcher  # noqa: PLW0603
    _dispatcher = dispatcher(process().services).start()


@worker_asked_to_stop.connect
def _drain(**_: object) -> None:
    _draining.set()


@worker_process_shutdown.connect
@worker_shutdown.connect
def _close(**_: object) -> None:
    """Close speech sessions politely and stop the threads of this process."""
    if _dispatcher is not None:
        _dispatcher.stop()
    if _process is not None and _process.pid == os.getpid():
        _process.services.speaker.close()
        _process.heartbeat.stop()
