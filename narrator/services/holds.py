"""A slot in hand."""

from collections import deque
from collections.abc import Iterable
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
        """An utterance of so many characters, as the pacing counts them, is about to be sent."""
        self.sent.append((now, chars))

    def sent_since(self, instant: float) -> int:
        """Characters sent since then."""
        while self.sent and self.sent[0][0] < instant:
            self.sent.popleft()
        return sum(chars for _, chars in self.sent)

    def history(self, now: float) -> tuple[Sent, ...]:
        """What was sent, by this process or by predecessors, for a successor."""
        return tuple(Sent(seconds_ago=now - at, chars=chars) for at, chars in self.sent)


def larger(one: Iterable[Sent], other: Iterable[Sent]) -> tuple[Sent, ...]:
    """What was sent, the oldest first, where two accounts of it differ.

    Over every span of time that ends now it has the characters of the account that says more, and
    no fewer utterances than either.
    """
    told = sorted(
        (sent.seconds_ago, who, sent.chars) for who, of in enumerate((one, other)) for sent in of
    )
    chars, count, given = [0, 0], [0, 0], 0
    result: list[Sent] = []
    for seconds_ago, who, more in told:
        chars[who] += more
        count[who] += 1
        lacking = max(chars) - given
        if lacking or max(count) > len(result):
            result.append(Sent(seconds_ago=seconds_ago, chars=lacking))
            given += lacking
    return tuple(reversed(result))
