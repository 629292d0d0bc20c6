"""What the provider says of the account, told to the governor."""

from threading import Lock

import structlog

from narrator.domain.errors import JobFault, NarratorError, StoreUnavailable
from narrator.domain.slots import Slot
from narrator.domain.voices import Voice
from narrator.services.kit import Services

log = structlog.get_logger(__name__)


class Reporter:
    """Tells what came of handshakes, and tries a paused account; safe to share among threads."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._uneasy = True  # the account may have failures, as far as this process knows
        self._probing = Lock()

    def doubt(self) -> None:
        """The account may have failures: that a session was opened is news."""
        self._uneasy = True

    def opened(self, seconds: float) -> None:
        """A speech session was opened, in so long; told when that may be news."""
        if not self._uneasy:
            return
        self._uneasy = False
        try:
            self._services.slots.opened(handshake_seconds=seconds)
        except StoreUnavailable as error:
            self._uneasy = True
            log.warning("slots.unreported", reason=error.reason)

    def refused(self, error: NarratorError, seconds: float, slot: Slot) -> None:
        """A speech session was refused, after so long."""
        self._uneasy = True
        try:
            self._services.slots.refused(error, handshake_seconds=seconds, slot=slot)
        except StoreUnavailable as away:
            log.warning("slots.unreported", reason=away.reason)

    def probe(self, voice: Voice) -> None:
        """Try whether a paused account works again, and tell what came of it.

        Waits for the provider, but not for another that tries. Nobody hears what it would raise:
        a defect is logged, and the governor has the account tried again.
        """
        if not self._probing.acquire(blocking=False):
            return
        try:
            self._try(voice)
        except Exception:
            log.exception("probe.defect")
        finally:
            self._probing.release()

    def _try(self, voice: Voice) -> None:
        began = self._services.clock()
        error: NarratorError | None = None
        try:
            self._services.speaker.probe(voice)
        except JobFault:
            pass  # the account is let in; what is wrong with this voice is told to its own jobs
        except NarratorError as refused:
            error = refused
        seconds = self._services.clock() - began
        if error is None:
            self._uneasy = True
            self.opened(seconds)
        else:
            log.warning("speech.probe_refused", code=error.code, reason=error.reason)
            self.refused(error, seconds, Slot(number=-1, fence=0, voice=voice))
