"""Holds and feeds for speakers that are tried by themselves."""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from narrator.domain.ids import TakeKey
from narrator.domain.slots import Sent, Slot
from narrator.domain.voices import Voice
from narrator.services.ports import Utterance


@dataclass
class Held:
    """A slot in hand, for as long as `good_until` says."""

    slot: Slot
    good_until: float = math.inf


def held(
    number: int = 1,
    *,
    fence: int = 1,
    voice: Voice | None = None,
    sent: tuple[Sent, ...] = (),
    good_until: float = math.inf,
) -> Held:
    """A hold on a slot, of the usual voice and without an end unless said otherwise."""
    slot = Slot(number=number, fence=fence, voice=voice or Voice(), sent=sent)
    return Held(slot, good_until)


def always() -> bool:
    """The caller wants more."""
    return True


@dataclass
class Given:
    """A feed that gives these parts one after another, and permits all that is not `forbidden`."""

    parts: list[Sequence[Utterance]]
    wanted: Callable[[], bool] = always
    forbidden: Collection[TakeKey] = ()
    asked: list[TakeKey] = field(default_factory=list)

    def more(self) -> Sequence[Utterance]:
        return self.parts.pop(0) if self.parts else ()

    def permit(self, keys: Sequence[TakeKey]) -> Collection[TakeKey]:
        self.asked += keys
        return [key for key in keys if key not in self.forbidden]

    def going(self) -> bool:
        return self.wanted()


def feed(
    *parts: Sequence[Utterance],
    going: Callable[[], bool] = always,
    forbidden: Collection[TakeKey] = (),
) -> Given:
    """A feed of these parts."""
    return Given(list(parts), going, forbidden)
