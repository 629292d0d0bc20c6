"""The ledger: what was sent to the provider, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from narrator.domain.ids import TakeKey


class Outcome(StrEnum):
    """What became of an utterance that was sent."""

    SENT = "sent"  # under way
    KEPT = "kept"  # its take answers a chunk
    CUT = "cut"  # the speech session failed it; it is sent again
    LATE = "late"  # spoken, not kept: its claim lost, a store away, another take quicker
    LOST = "lost"  # its step or its job went on without whoever could say, or its take is gone
    UNSENT = "unsent"  # it was about to be sent and was not


RESENT = frozenset({Outcome.CUT, Outcome.LATE, Outcome.LOST})
"""Outcomes after which the same words are, or may be, sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """An utterance about to be sent: the chunk's index within its chapter, its characters."""

    key: TakeKey
    index: int
    chars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Characters sent, by outcome; an outcome that never came about may be absent."""

    chars: Mapping[Outcome, int]

    @property
    def sent(self) -> int:
        """Characters that reached the provider, and so are billed."""
        return sum(n for outcome, n in self.chars.items() if outcome is not Outcome.UNSENT)

    @property
    def kept(self) -> int:
        """Characters whose takes answer chunks."""
        return self.chars.get(Outcome.KEPT, 0)

    @property
    def under_way(self) -> int:
        """Characters of which it is not known yet what becomes of them."""
        return self.chars.get(Outcome.SENT, 0)

    @property
    def resent(self) -> int:
        """Characters of those that finished nothing: what faults have cost."""
        return sum(self.chars.get(outcome, 0) for outcome in RESENT)
