"""A slot in hand."""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum, auto

from narrator.domain.slots import Sent, Slot


class Use(Enum):
    """What a hold is doing."""

    BUSY = auto()  # a task feeds it
    IDLE = auto()
    RESTING = auto()  # its session is being closed, then the slot goes back


@dataclass(slots=True, eq=False)
class HeldSlot:
    """A slot in hand: the `Hold` that a speech session looks at.

    `good_until` is an instant of `Services.clock`. `surplus` and `lost` tell its task to come to an
    end; a slot that was `refused` a session goes back, so that the governor says who tries next.
    """

    slot: Slot
    good_until: float
    use: Use = Use.BUSY
    idle_since: float = 0.0
    spoken: bool = False
    surplus: bool = False
    lost: bool = False
    refused: bool = False
    sent: deque[tuple[float, int]] = field(default_factory=deque)

    @property
    def wanted(self) -> bool:
        """Whether its task may go on, and another may have it afterwards."""
        return not (self.surplus or self.lost or self.refused)

    def note(self, chars: int, now: float) -> None:
        """So many characters are about to be sent."""
        self.sent.append((now, chars))

    def sent_since(self, instant: float) -> int:
        """Characters sent since then."""
        while self.sent and self.sent[0][0] < instant:
            self.sent.popleft()
        return sum(chars for _, chars in self.sent)

    def history(self, now: float) -> tuple[Sent, ...]:
        """What was sent, by this process or by predecessors, for a successor."""
        return tuple(Sent(seconds_ago=now - at, chars=chars) for at, chars in self.sent)
