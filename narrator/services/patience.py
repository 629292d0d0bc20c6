"""Waiting for a store that is away, for what is paid for already."""

from collections.abc import Callable
from itertools import count

import structlog

from narrator.domain.errors import StoreUnavailable
from narrator.domain.retry import MAX_ATTEMPTS, delay_seconds
from narrator.services.kit import Services

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 20.0
"""A process that is asked to stop waits for a store no longer than this, inside its grace."""

LOOK_SECONDS = 1.0
"""While it waits it looks so often whether it is asked to stop; from then on it tries as often."""


class Patience:
    """Does what a store must take. `going` is false once this process is asked to stop."""

    def __init__(self, services: Services, going: Callable[[], bool]) -> None:
        self._services = services
        self._going = going
        self._drained_at: float | None = None

    def do(self, action: Callable[[], object], *, event: str) -> None:
        """Do it, again and again; raises StoreUnavailable at last. `event` is logged each time."""
        for attempts in count(1):
            try:
                action()
            except StoreUnavailable as error:
                log.warning(event, reason=error.reason, attempts=attempts)
                if attempts >= MAX_ATTEMPTS and not self._draining():
                    raise
                if not self._wait(delay_seconds(attempts, self._services.dice())):
                    raise
            else:
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
            self._drained_at = self._services.clock() + DRAIN_SECONDS
        return self._drained_at is not None
