"""Ports of what follows a job's end: its chores, and what is kept for how long."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from narrator.domain.ids import JobId, ObjectKey
from narrator.domain.jobs import Failure
from narrator.domain.steps import Claim
from narrator.domain.webhooks import Notice


class Chores(Protocol):
    """Steps that follow a job's end: webhooks, deletions. None of them ever fails a job.

    Nobody rings for them: whoever does chores looks for one now and then. They are renewed and
    handed back as other steps are (`Steps`).
    """

    def claim(self, *, owner: str, lease_seconds: float) -> Claim | None:
        """Claim a chore that is due, the oldest job's first, or None when there is none."""

    def notice(self, claim: Claim) -> Notice:
        """What a `webhook` step is to tell, and whom."""

    def told(self, claim: Claim) -> None:
        """The `webhook` step is done."""

    def give_up(self, claim: Claim, failure: Failure) -> None:
        """The step fails, and nothing else does."""

    def source(self, claim: Claim) -> ObjectKey:
        """The source of the job that a `delete` step removes."""

    def forget_job(self, claim: Claim) -> None:
        """Remove the job's row and all that hangs on it, this step too; the ledger's rows stay."""


class Sweep(StrEnum):
    """What is swept, each by turns of its own."""

    TAKES = "takes"  # takes that nobody has used for long
    OBJECTS = "objects"  # objects that no row refers to


@dataclass(frozen=True, slots=True)
class References:
    """Which of some objects are referred to: `kept` by a row.

    `living` are the jobs that are there, of those beneath whose prefix some of the objects lie: a
    few objects belong to their job by name.
    """

    kept: frozenset[ObjectKey]
    living: frozenset[JobId]


class Retention(Protocol):
    """What is kept, and what may go."""

    def turn(self, sweep: Sweep, *, every_seconds: float) -> ObjectKey | None:
        """Take this sweep's turn: where the last one stopped; None while the next is not due.

        However many ask at once, one gets it. A turn that is not ended is simply over.
        """

    def stopped(self, sweep: Sweep, after: ObjectKey, *, removed: int) -> None:
        """Note where a turn stopped (an empty key: it is through) and what it removed so far."""

    def drop_takes(self, *, unused_seconds: float, limit: int) -> list[ObjectKey]:
        """Remove rows of takes that nobody used for so long; the objects they referred to.

        A take that a chunk of an open job refers to stays. One that is being looked up at this
        moment either stays, or is not found.
        """

    def references(self, keys: Sequence[ObjectKey]) -> References:
        """What refers to these objects, now."""

    def free_source(self, key: ObjectKey, remove: Callable[[], object]) -> bool:
        """Call `remove` unless a job has this source; meanwhile no job gets it. Whether it was."""

    def removed(self) -> dict[Sweep, int]:
        """How many objects each sweep ever removed."""
