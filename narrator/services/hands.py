"""What this process has in hand: the claims whose leases its heartbeat renews.

A lease is renewed for work that is being done, not for whatever rows name this process: a step that
could not be settled, or whose claim was answered into the void, is let go and falls back by itself.
So is one that has made no progress for longer than anything of its kind should take.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from narrator.domain.steps import Claim, StepKind

PROGRESS_SECONDS: dict[StepKind, float] = {
    StepKind.PLAN: 900.0,
    StepKind.SLICE: 600.0,  # between two takes: a minute's window, an answer, a store that is away
    StepKind.RENDER: 14_400.0,  # a book may be one chapter of thirty hours, in five formats
    StepKind.PUBLISH: 14_400.0,
    StepKind.WEBHOOK: 300.0,
    StepKind.DELETE: 3_600.0,
}
"""How long a step may go without progress before its lease is let go."""


class Hands:
    """The claims that this process is doing; safe to share among threads.

    `owner` names the process on its leases; `clock` tells seconds that only ever go forward.
    """

    def __init__(self, owner: str, clock: Callable[[], float]) -> None:
        self.owner = owner
        self._clock = clock
        self._lock = Lock()
        self._progressed_at: dict[Claim, float] = {}

    @contextmanager
    def holding(self, claim: Claim) -> Iterator[None]:
        """The claim is in hand while this is entered."""
        self.take(claim)
        try:
            yield
        finally:
            self.let_go(claim)

    def take(self, claim: Claim) -> None:
        """The claim is in hand until it is let go; a thread may have several."""
        with self._lock:
            self._progressed_at[claim] = self._clock()

    def let_go(self, claim: Claim) -> None:
        """The claim is settled, or not to be renewed any more."""
        with self._lock:
            del self._progressed_at[claim]

    def progressed(self, claim: Claim) -> None:
        """A part of the step is done."""
        self.take(claim)

    def all(self) -> list[Claim]:
        """Every claim in hand."""
        with self._lock:
            return list(self._progressed_at)

    def renewable(self) -> list[Claim]:
        """The claims in hand that are not past their deadline for progress."""
        now = self._clock()
        with self._lock:
            return [
                claim
                for claim, at in self._progressed_at.items()
                if now - at < PROGRESS_SECONDS[claim.kind]
            ]
