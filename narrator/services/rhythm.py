"""Threads that repeat one thing: dispatching, renewing leases, chores, sweeping."""

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Self

import structlog

from narrator.domain.errors import StoreUnavailable
from narrator.services.chores import do_chores
from narrator.services.dispatch import ring_next
from narrator.services.hands import Hands
from narrator.services.kit import Services
from narrator.services.outage import Outage
from narrator.services.readiness import Readiness
from narrator.services.slots import SlotKeeper
from narrator.services.sweep import sweep

log = structlog.get_logger(__name__)

STOP_SECONDS = 5.0
READY_SECONDS = 5.0
SWEEP_LOOK_SECONDS = 60.0
"""A process looks so often whether a sweep's turn is due: one of the fleet gets it."""


class Every:
    """Calls `action` every `seconds` in a daemon thread, from `start` to `stop`.

    A store that does not answer is logged, once, and tried again at each turn. A defect is logged
    each time, because a process that silently stopped renewing its leases would lose its work.
    Another that is given as `beside` starts and stops with it, in a thread of its own: neither
    waits for the other.
    """

    def __init__(
        self,
        seconds: float,
        action: Callable[[], object],
        *,
        name: str,
        beside: "Every | None" = None,
    ) -> None:
        self._seconds = seconds
        self._action = action
        self._beside = beside
        self._stopped = threading.Event()
        self._outage = Outage(name)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> Self:
        """Begin; the first call comes at once."""
        self._thread.start()
        if self._beside:
            self._beside.start()
        return self

    def stop(self) -> None:
        """End after the call under way, which is waited for, but not for ever; idempotent."""
        self._stopped.set()
        if self._beside:
            self._beside.stop()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while True:
            try:
                self._action()
                self._outage.back()
            except StoreUnavailable as error:
                self._outage.away(error.reason)
            except Exception:
                log.exception("rhythm.defect", name=self._thread.name)
            if self._stopped.wait(self._seconds):
                return


def dispatcher(services: Services) -> Every:
    """The dispatcher of this process; any number may run beside one another."""
    return Every(services.rhythm.dispatch_seconds, lambda: ring_next(services), name="dispatcher")


def housekeeper(services: Services, hands: Hands, *, going: Callable[[], bool]) -> Every:
    """Does chores, and beside that sweeps; any number may run beside one another."""
    seconds = min(SWEEP_LOOK_SECONDS, services.keeping.sweep_seconds)
    sweeper = Every(seconds, lambda: sweep(services), name="sweeper")
    chores = partial(do_chores, services, hands, going=going)
    return Every(services.rhythm.dispatch_seconds, chores, name="chores", beside=sweeper)


def ready_teller(readiness: Readiness, file: Path) -> Every:
    """Touches a file every `READY_SECONDS` while every part answers: whoever is ready is so lately.

    It never removes it: of several processes that share it one that is ready is enough.
    """

    def tell() -> None:
        if all(readiness.look().values()):
            with suppress(OSError):  # it grows stale then, which says enough
                file.touch()

    return Every(READY_SECONDS, tell, name="ready-teller")


def heartbeat(services: Services, hands: Hands, keeper: SlotKeeper) -> Every:
    """Renews the lease of every claim that this process has in hand, and beside that of every slot.

    The fleet's slots are renewed through one row, which may have to be waited for; claims are not.
    """
    seconds = services.rhythm.heartbeat_seconds

    def renew() -> None:
        if claims := hands.renewable():
            services.steps.renew(claims, lease_seconds=services.rhythm.lease_seconds)

    slots = Every(seconds, keeper.beat, name="slots-heartbeat")
    return Every(seconds, renew, name="heartbeat", beside=slots)
