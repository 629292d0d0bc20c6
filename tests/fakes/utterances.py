"""The ledger's rows, in memory; whoever uses them holds the twin's lock."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from narrator.domain.errors import InvalidTransition
from narrator.domain.faults import Fault
from narrator.domain.gate import CODE_PREFIX, Tried, may_repeat
from narrator.domain.ids import JobId, StepId, TakeKey
from narrator.domain.ledger import Outcome, Sending, Sums
from narrator.domain.poison import OWN_FAULTS, SUSPICIONS, Evidence
from narrator.domain.steps import Claim


@dataclass(slots=True)
class UtteranceRow:
    """What was sent, once."""

    account: str
    job_id: JobId
    chapter: int
    sending: Sending
    slot: int
    sent_at: float = 0.0
    attempt: int = 1
    outcome: Outcome = Outcome.SENT
    request_id: str = ""
    code: str = ""

    @property
    def place(self) -> tuple[int, int]:
        """The chunk within its job."""
        return self.chapter, self.sending.index

    @property
    def doubted(self) -> bool:
        """Whether it was sent again for doubts."""
        return self.outcome is Outcome.LATE and self.code.startswith(CODE_PREFIX)

    @property
    def died(self) -> bool:
        """Whether whoever sent it could not say what became of it."""
        return self.outcome is Outcome.LOST and not self.code

    def failed(self, job_id: JobId, since: float, faults: Collection[Fault] = OWN_FAULTS) -> bool:
        """Whether it is of that job and failed with one of these, since then."""
        mine = self.job_id == job_id and self.sent_at >= since
        return mine and self.outcome is Outcome.CUT and self.code in set(faults)

    def same_chunk(self, other: "UtteranceRow") -> bool:
        """Whether the other is of the same chunk of the same job."""
        mine = (self.job_id, self.chapter, self.sending.index)
        return mine == (other.job_id, other.chapter, other.sending.index)


@dataclass(slots=True)
class Utterances:
    """Rows by step, fence and key."""

    rows: dict[tuple[StepId, int, TakeKey], UtteranceRow] = field(default_factory=dict)

    def begin(
        self, claim: Claim, sendings: Sequence[Sending], *, account: str, slot: int, at: float
    ) -> None:
        """About to be sent; what was sent under this fence already cannot be sent again."""
        for sending in sendings:
            row = self.rows.get((claim.step_id, claim.fence, sending.key))
            if row is not None and row.outcome not in {Outcome.SENT, Outcome.UNSENT}:
                raise InvalidTransition(f"the {claim} has sent these words before")
        for sending in sendings:
            self.rows.pop((claim.step_id, claim.fence, sending.key), None)
            row = UtteranceRow(account, claim.job_id, claim.chapter, sending, slot, at)
            row.attempt = 1 + sum(row.same_chunk(other) for other in self.rows.values())
            self.rows[claim.step_id, claim.fence, sending.key] = row

    def repeat(
        self,
        claim: Claim,
        key: TakeKey,
        room: int | None,
        *,
        since: float,
        request_id: str,
        code: str,
    ) -> bool:
        """End a doubted row and make room for another; False where that is too much."""
        row = self.rows.get((claim.step_id, claim.fence, key))
        if row is None or row.outcome is not Outcome.SENT:
            return row is None
        mine = [other for other in self.rows.values() if other.job_id == claim.job_id]
        of_chunk = [other for other in mine if row.same_chunk(other) and other.sent_at >= since]
        tried = Tried(
            times=1 + sum(other.doubted or other.died for other in of_chunk),
            chars=row.sending.chars,
            doubted_chars=sum(other.sending.chars for other in mine if other.doubted),
            sent_chars=self.sums_of_job(claim.job_id).sent,
        )
        if not may_repeat(tried) or (room is not None and room < 0):
            return False
        row.outcome, row.request_id, row.code = Outcome.LATE, request_id, code
        del self.rows[claim.step_id, claim.fence, key]
        self.rows[claim.step_id, -len(self.rows) - 1, key] = row
        return True

    def not_kept(self, claim: Claim, key: TakeKey, *, since: float) -> int:
        """How often these words were sent for the claim's slice and not kept."""
        places = {(claim.chapter, index) for index in claim.chunks}
        return sum(
            row.place in places and (row.doubted or row.died)
            for row in self.rows.values()
            if row.job_id == claim.job_id and row.sending.key == key and row.sent_at >= since
        )

    def lose_earlier(self, claim: Claim) -> None:
        """Open rows of earlier claims of the step are lost."""
        for (step_id, fence, _), row in self.rows.items():
            earlier = step_id == claim.step_id and fence < claim.fence
            if earlier and row.outcome is Outcome.SENT:
                row.outcome = Outcome.LOST

    def lose_all(self, job_id: JobId) -> None:
        """Open rows of the job are lost."""
        for row in self.rows.values():
            if row.job_id == job_id and row.outcome is Outcome.SENT:
                row.outcome = Outcome.LOST

    def spoil(self, job_id: JobId, chapter: int, keys: Collection[TakeKey]) -> None:
        """What was kept of these words for this chapter is lost."""
        for row in self.rows.values():
            mine = (row.job_id, row.chapter, row.outcome) == (job_id, chapter, Outcome.KEPT)
            if mine and row.sending.key in keys:
                row.outcome, row.code = Outcome.LOST, Fault.TAKE_CORRUPT

    def end(
        self, claim: Claim, key: TakeKey, outcome: Outcome, *, request_id: str = "", code: str = ""
    ) -> None:
        """What became of an open row, or of one that was given up too early."""
        row = self.rows.get((claim.step_id, claim.fence, key))
        if row is not None and row.outcome in {Outcome.SENT, Outcome.LOST}:
            row.outcome, row.request_id, row.code = outcome, request_id, code

    def failures(self, job_id: JobId, *, since: float) -> dict[tuple[int, int], int]:
        """How often each suspect (chapter, index) failed for its own sake, which may be never."""
        rows = [row for row in self.rows.values() if row.failed(job_id, since, SUSPICIONS)]
        own = Counter(row.place for row in rows if row.failed(job_id, since))
        return {row.place: own[row.place] for row in rows}

    def evidence(self, job_id: JobId, key: TakeKey, *, since: float) -> Evidence:
        """What became of others meanwhile."""
        rows = list(self.rows.values())  # in the order in which they were sent
        kept = [n for n, row in enumerate(rows) if row.outcome is Outcome.KEPT]
        last = max((n for n in kept if rows[n].job_id == job_id), default=-1)
        failed = [n for n, row in enumerate(rows) if row.failed(job_id, since)]
        first = min((n for n in failed if rows[n].sending.key == key), default=len(rows))
        others = [rows[n] for n in kept if n > first]
        return Evidence(
            suspects=len({rows[n].place for n in failed if n > last}),
            others_spoken=any(
                row.sending.key != key and row.account == rows[first].account for row in others
            ),
        )

    def sums_of_job(self, job_id: JobId) -> Sums:
        """Characters by outcome, of one job."""
        return _sums(row for row in self.rows.values() if row.job_id == job_id)

    def sums_of_account(self, account: str) -> Sums:
        """Characters by outcome, of one account."""
        return _sums(row for row in self.rows.values() if row.account == account)


def _sums(rows: Iterable[UtteranceRow]) -> Sums:
    found: Counter[Outcome] = Counter()
    for row in rows:
        found[row.outcome] += row.sending.chars
    return Sums(chars=dict(found))
