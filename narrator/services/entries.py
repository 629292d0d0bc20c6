"""A stay's entries in the ledger: written before anything is sent, ended by what became of it."""

from collections import deque
from collections.abc import Callable
from functools import partial

import structlog

from narrator.domain.errors import LeaseLost, StoreUnavailable
from narrator.domain.failpoints import FailPoint
from narrator.domain.ids import TakeKey
from narrator.domain.ledger import Outcome, Sending
from narrator.domain.pacing import counted_chars
from narrator.services.holds import HeldSlot
from narrator.services.kit import Services
from narrator.services.parts import Part
from narrator.services.patience import Patience

log = structlog.get_logger(__name__)


class Entries:
    """The rows of what is sent through one slot."""

    def __init__(self, services: Services, hold: HeldSlot, patience: Patience) -> None:
        self._services = services
        self._hold = hold
        self._patience = patience
        self._endings: deque[Callable[[], None]] = deque()

    def begin(self, part: Part, keys: list[TakeKey]) -> bool:
        """Write down that these are about to be sent; False when they must not be.

        Raises StoreUnavailable: then nothing is to be sent any more.
        """
        if part.hopeless:
            return False
        sendings = [
            Sending(key=key, index=part.chunks[key].index, chars=len(part.chunks[key].text))
            for key in keys
        ]
        try:
            self._services.ledger.begin(part.claim, sendings, slot=self._hold.slot)
        except LeaseLost as error:  # the job was cancelled, or the step is somebody else's by now
            part.error = part.error or error
            return False
        except StoreUnavailable:
            part.begun.update(keys)  # a commit may have gone unheard: the rows end as unsent
            raise
        part.begun.update(keys)
        self._services.reach(FailPoint.UTTERANCE_BEGUN)
        for key in keys:
            self._hold.note(counted_chars(part.chunks[key].text), self._services.clock())
        return True

    def ended(
        self, part: Part, key: TakeKey, outcome: Outcome, request_id: str = "", code: str = ""
    ) -> None:
        """What became of a row that was begun."""
        if key in part.begun:
            part.begun.discard(key)
            end = partial(self._services.ledger.end, part.claim, key, outcome)
            self._endings.append(partial(end, request_id=request_id, code=code))
            self.end_rows()

    def repeat(self, part: Part, key: TakeKey, *, request_id: str, code: str) -> bool:
        """Whether what is doubted may be sent once more; its row has ended then.

        A store that is away is waited for: what is not written would be sent twice and counted
        once. Raises StoreUnavailable, and LeaseLost.
        """
        answers: list[bool] = []

        def ask() -> None:
            ledger = self._services.ledger
            answers.append(ledger.repeat(part.claim, key, request_id=request_id, code=code))

        self._patience.do(ask, event="ledger.waiting")
        if answers[-1]:
            part.begun.discard(key)
        return answers[-1]

    def end_rows(self, *, patiently: bool = False) -> None:
        """Write what is owed to the ledger; what a store that is away does not take stays owed.

        Never raises: what cannot be written of one slice is no reason to give up another.
        """
        if not self._endings:
            return
        try:
            if patiently:
                self._patience.do(self._write_endings, event="ledger.waiting")
            else:
                self._write_endings()
        except StoreUnavailable as error:
            log.warning("ledger.owing", reason=error.reason, rows=len(self._endings))

    def _write_endings(self) -> None:
        while self._endings:
            try:
                self._endings[0]()
            except StoreUnavailable:
                raise
            except Exception:
                log.exception("ledger.defect")  # the row stays open: it counts as lost in the end
            self._endings.popleft()
