"""The twin of the ledger, over the twin of the store."""

from collections.abc import Sequence
from dataclasses import dataclass

from narrator.domain.ids import JobId, TakeKey
from narrator.domain.ledger import Outcome, Sending, Sums
from narrator.domain.slots import Slot
from narrator.domain.steps import Claim
from tests.fakes.store import MemoryStore


@dataclass(frozen=True, slots=True)
class MemoryLedger:
    """`Ledger` in memory; its rows lie with the store's, because keeping a take ends one.

    Where there is but one account, it needs no name.
    """

    store: MemoryStore
    account: str = ""

    def begin(self, claim: Claim, sendings: Sequence[Sending], *, slot: Slot) -> None:
        utterances, at = self.store.utterances, self.store.clock()
        with self.store.still(claim):
            utterances.begin(claim, sendings, account=self.account, slot=slot.number, at=at)

    def end(
        self,
        claim: Claim,
        key: TakeKey,
        outcome: Outcome,
        *,
        request_id: str = "",
        code: str = "",
    ) -> None:
        with self.store.still():
            self.store.utterances.end(claim, key, outcome, request_id=request_id, code=code)

    def repeat(self, claim: Claim, key: TakeKey, *, request_id: str, code: str) -> bool:
        with self.store.still(claim):
            utterances = self.store.utterances
            most = self.store.room(claim.job_id)
            begun_at = self.store.begun_at(claim.job_id)
            return utterances.repeat(
                claim, key, most, since=begun_at, request_id=request_id, code=code
            )

    def sums(self, job_id: JobId | None = None) -> Sums:
        with self.store.still():
            if job_id is None:
                return self.store.utterances.sums_of_account(self.account)
            return self.store.utterances.sums_of_job(job_id)
