"""Ports of what the fleet shares: the provider's sockets, and the account of what was sent."""

from collections.abc import Sequence
from typing import Protocol

from narrator.domain.errors import NarratorError
from narrator.domain.ids import JobId, TakeKey
from narrator.domain.ledger import Outcome, Sending, Sums
from narrator.domain.slots import Account, Sent, Slot, Standing
from narrator.domain.steps import Claim


class Slots(Protocol):
    """The governor: the right to open sockets, shared by every process that speaks for an account.

    Slots are leased under fences on the database's clock. A holder renews them for
    `SlotTerms.hold_seconds` and closes in time by its own clock; nobody else gets them before
    `grace_seconds` more, in which the provider may still count a dead holder's socket.
    """

    def acquire(self, owner: str) -> Slot | None:
        """A slot for the voice most in need among the queued slices, least used lately first.

        None while nothing is queued, every slot up to the ceiling is taken, the owner has its fair
        share while others have not, or the account rests (refusals, an outage, a pause).
        """

    def renew(self, owner: str, held: Sequence[Slot], *, capacity: int) -> Standing:
        """Renew what the owner holds, and say that it lives and could hold `capacity` slots.

        The answer says which of `held` are still the owner's, and what else it should know. Jobs of
        a paused account whose slices are open become paused here.
        """

    def release(self, slot: Slot, sent: Sequence[Sent]) -> None:
        """Give a slot back, its socket closed; its successor inherits what was `sent` lately."""

    def leave(self, owner: str) -> None:
        """The owner ends; it counts among those who share no more. Its slots run out."""

    def opened(self, *, handshake_seconds: float) -> None:
        """A session was opened: failures are over, a paused account's jobs resume."""

    def refused(self, error: NarratorError, *, handshake_seconds: float, slot: Slot) -> None:
        """A session was refused, `error.fault` says how.

        Too many sockets (429) shrink the ceiling, once for all who ask until its rest is over; a
        fault of the account pauses it, with the jobs that wait for it; anything else counts towards
        the circuit. A fault of the job is none of the governor's business.
        """

    def account(self) -> Account:
        """How the account stands, for operators: the ceiling, what is used, what is wrong."""

    def release_all(self) -> int:
        """Free every slot at once; for a caller that knows that no worker lives."""


class Ledger(Protocol):
    """One row for each utterance that was sent; what is billed is computed from it.

    What a process leaves open that died becomes `lost`: when its step is claimed anew, or when the
    job ends (`Steps`, `Jobs`). Once it has, its sums add up.
    """

    def begin(self, claim: Claim, sendings: Sequence[Sending], *, slot: Slot) -> None:
        """These are about to be sent; committed under the claim's fence before they are."""

    def end(
        self,
        claim: Claim,
        key: TakeKey,
        outcome: Outcome,
        *,
        request_id: str = "",
        code: str = "",
    ) -> None:
        """What became of an open row, or of a lost one whose process lives; repeatable.

        Also for a claim that lost its lease since.
        """

    def repeat(self, claim: Claim, key: TakeKey, *, request_id: str, code: str) -> bool:
        """The take of an open row is doubted: whether its words may be sent once more.

        If so the row ends as `late` with this code, and the same claim may `begin` another of the
        same words; if not, it stays open, and the take is to be kept. It is refused by
        `domain.gate.may_repeat`, and beyond the job's cap. Repeatable; raises LeaseLost.
        """

    def sums(self, job_id: JobId | None = None) -> Sums:
        """Characters sent, of one job or of the whole account, by what became of them."""
