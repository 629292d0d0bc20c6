"""Outages in the log: a line when something goes away, a line when it is back, none in between."""

from threading import Lock

import structlog

log = structlog.get_logger(__name__)


class Outage:
    """Whether a part is away, as somebody sees it who asks it often; safe among threads."""

    def __init__(self, part: str) -> None:
        self._part = part
        self._lock = Lock()
        self._is_away = False

    def away(self, reason: str) -> None:
        """It does not answer, for this reason."""
        if self._is_now(away=True):
            log.warning("part.away", part=self._part, reason=reason)

    def back(self) -> None:
        """It answers."""
        if self._is_now(away=False):
            log.info("part.back", part=self._part)

    def _is_now(self, *, away: bool) -> bool:
        """Whether that is news."""
        with self._lock:
            was, self._is_away = self._is_away, away
        return was is not away
