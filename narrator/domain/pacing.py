"""How fast one socket may be spoken to: two sliding windows, one over characters, one over flushes.

The provider allows a socket 2,400 characters and 20 flushes in any 60 seconds (Deepgram Speak v1,
"Limits"). The first limit closes the socket when it is crossed (1008 `DATA-0001`), the second makes
the provider ignore a flush (`EXCESSIVE_FLUSH`). Neither window's kind nor its unit is documented,
so both are taken as sliding and characters are counted the pessimistic way.
"""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from narrator.domain.errors import SettingsError
from narrator.domain.slots import Sent

WINDOW_SECONDS = 60.0
"""The provider's minute, in its own seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PacingLimits:
    """The provider's limits and how far we stay away from them.

    `window_slack_seconds` lengthens the minute: two messages may travel at different speeds, so
    they can arrive closer together than they left. `margin` is the share of the characters left
    unused. `time_scale` is how much faster than real time the provider's clock runs (a rehearsal
    server's can); it divides the minute, not the slack, because a network does not hurry with it.
    """

    chars_per_minute: int = 2_400
    flushes_per_minute: int = 20
    window_slack_seconds: float = 0.5
    margin: float = 0.02
    time_scale: float = 1.0

    def __post_init__(self) -> None:
        if min(self.chars_per_minute, self.flushes_per_minute, self.time_scale) <= 0:
            raise SettingsError(
                "a speech limit is zero or less",
                remedy="give characters and flushes a minute, and the time scale, above zero",
            )
        if not 0 <= self.margin < 1:
            raise SettingsError(
                f"margin {self.margin:g} leaves no characters to send",
                remedy="choose a margin from 0 to below 1; 0.02 is usual",
            )

    @property
    def window_seconds(self) -> float:
        """The length of both windows, in our seconds."""
        return WINDOW_SECONDS / self.time_scale + self.window_slack_seconds

    @property
    def chars(self) -> int:
        """Characters that may be sent in any one window."""
        return math.floor(self.chars_per_minute * (1 - self.margin) + 1e-9)


def counted_chars(text: str) -> int:
    """Characters as the provider may count them: UTF-16 units, never fewer than code points.

    Bytes would be more pessimistic still, but the provider's documents say characters, and counting
    bytes would give away 2 to 5 % of the allowance on ordinary typeset English.
    """
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class Pacing:
    """What was sent in the last window. It belongs to a slot, not to a socket.

    Give a replacement socket its predecessor's pacing: sockets are not churned to escape a limit.
    Instants are seconds of any one clock that never goes back.
    """

    def __init__(self, limits: PacingLimits) -> None:
        self.limits = limits
        self._seconds = limits.window_seconds
        self._sent: deque[tuple[float, int]] = deque()

    def room(self, at: float) -> tuple[int, int]:
        """Characters and flushes that may be sent at an instant, from what is sent by now."""
        held = [chars for sent_at, chars in self._sent if sent_at + self._seconds > at]
        return (
            max(0, self.limits.chars - sum(held)),
            max(0, self.limits.flushes_per_minute - len(held)),
        )

    def frees(self) -> list[float]:
        """The instants at which room comes back, the earliest first."""
        return [at + self._seconds for at, _ in self._sent]

    def record(self, chars: int, now: float) -> None:
        """An utterance of `chars` characters and its flush are sent at `now`."""
        self._forget(now)
        self._sent.append((now, chars))

    def inherit(self, sent: Iterable[Sent], now: float) -> None:
        """Take on what predecessors in the slot sent, as it was known at `now` at the latest.

        What was sent longer ago than a window is dropped, and nothing is taken to lie ahead.
        """
        inherited = ((now - max(each.seconds_ago, 0.0), each.chars) for each in sent)
        self._sent = deque(sorted([*self._sent, *inherited]))
        self._forget(now)

    def sent(self, now: float) -> tuple[Sent, ...]:
        """What was sent in the window that ends at `now`, the oldest first, for a successor."""
        self._forget(now)
        return tuple(Sent(seconds_ago=now - at, chars=chars) for at, chars in self._sent)

    def exhaust(self, now: float) -> None:
        """The provider says that the window is full, whatever we counted: wait a whole one."""
        self.record(self.limits.chars, now)

    def _forget(self, now: float) -> None:
        while self._sent and self._sent[0][0] + self._seconds <= now:
            self._sent.popleft()
