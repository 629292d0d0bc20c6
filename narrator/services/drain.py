"""Draining: the end of a process that is asked to stop, within a set time.

From the moment when it is asked, nothing is begun, and what is under way is completed and stored
(`Rhythm.completing_seconds`). What the provider still owes then is given up: the speaker is closed,
politely, and the ledger names what was cut. What is in hand even when the whole time is over is
given back for others to claim at once, and abandoned together with the process: rows of the ledger
that stay open are named as lost by whoever claims their step.
"""

from collections.abc import Callable
from threading import Thread

import structlog

from narrator.domain.errors import LeaseLost, NarratorError
from narrator.services.hands import Hands
from narrator.services.kit import Services

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.5


class Drain:
    """Watches over a process's end; `look` is called every `LOOK_SECONDS`, in one thread.

    `going` is false once the process is asked to stop; `abandon` ends it at once.
    """

    def __init__(
        self,
        services: Services,
        hands: Hands,
        *,
        going: Callable[[], bool],
        abandon: Callable[[], object],
    ) -> None:
        self._services = services
        self._hands = hands
        self._going = going
        self._abandon = abandon
        self._asked_at: float | None = None
        self._closing: Thread | None = None

    def look(self) -> None:
        """Do what the moment asks for."""
        if self._going():
            return
        now, rhythm = self._services.clock(), self._services.rhythm
        if self._asked_at is None:
            self._asked_at = now
            log.info("drain.begun", claims=len(self._hands.all()), seconds=rhythm.drain_seconds)
        elif now - self._asked_at >= rhythm.drain_seconds:
            self._give_back()
            self._abandon()
        elif now - self._asked_at >= rhythm.completing_seconds:
            self._close()

    def _close(self) -> None:
        """Close the speaker, in a thread of its own: it may take its time, this one may not."""
        if self._closing is None:
            log.info("drain.closing", claims=len(self._hands.all()))
            self._closing = Thread(target=self._services.speaker.close, name="drain", daemon=True)
            self._closing.start()

    def _give_back(self) -> None:
        for claim in self._hands.all():
            log.warning("drain.abandoned", job=claim.job_id, step=claim.step_id, kind=claim.kind)
            try:
                self._services.steps.hand_back(claim, counted=False)
            except LeaseLost:
                continue
            except NarratorError as error:
                log.warning("drain.kept", step=claim.step_id, reason=error.reason)
