"""Waiting for a store that is away, for what is paid for already."""

from collections.abc import Callable
from itertools import count

import structlog

from narrator.domain.errors import StoreUnavailable
from narrator.domain.retry import delay_seconds
from narrator.services.kit import Services

log = structlog.get_logger(__name__)

HELD_SECONDS = 3_600.0
"""For so long a process holds what it cannot store; then another one may do better.

Each that gives up has it spoken again, and is as badly off: so the wait is long, as outages are.
"""

LOOK_SECONDS = 1.0
"""While it waits it looks so often whether it is asked to stop; from then on it tries as often."""


class Patience:
    """Does what a store must take. `going` is false once this process is asked to stop.

    From then on a store is waited for as long as things are completed at all
    (`Rhythm.completing_seconds`).
    """

    def __init__(self, services: Services, going: Callable[[], bool]) -> None:
        self._services = services
        self._going = going
        self._drained_at: float | None = None

    def going(self) -> bool:
        """False once this process is asked to stop; the time for it runs from when this is seen."""
        return not self._draining()

    def do(self, action: Callable[[], object], *, event: str) -> None:
        """Do it, again and again; raises StoreUnavailable after `HELD_SECONDS`.

        `event` is logged when it has to be waited for, and again, with how long, when it is done.
        """
        began = self._services.clock()
        for attempts in count(1):
            try:
                action()
            except StoreUnavailable as error:
                if attempts == 1:
                    log.warning(event, reason=error.reason)
                if self._services.clock() - began >= HELD_SECONDS and not self._draining():
                    raise
                if not self._wait(delay_seconds(attempts, self._services.dice())):
                    raise
            else:
                if attempts > 1:
                    log.info(event, waited_seconds=round(self._services.clock() - began, 1))
                return

    def _wait(self, seconds: float) -> bool:
        """Let so many seconds pass, few while draining; False when draining has had its time."""
        clock = self._services.clock
        until = clock() + seconds
        while clock() < until and not self._draining():
            self._services.wait(min(LOOK_SECONDS, until - clock()))
        if self._drained_at is None:
            return True
        self._services.wait(LOOK_SECONDS)
        return clock() < self._drained_at

    def _draining(self) -> bool:
        if self._drained_at is None and not self._going():
            seconds = self._services.rhythm.completing_seconds
            self._drained_at = self._services.clock() + seconds
        return self._drained_at is not None
