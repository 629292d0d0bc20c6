"""Sliding windows: how much may happen within a span of time. Instants come from outside."""

from collections import deque


class SlidingWindow:
    """Admits at most `allowance` (of characters, of flushes) in any `span_seconds`.

    An allowance of `None` admits everything. What is refused is not counted.
    """

    def __init__(self, allowance: int | None, span_seconds: float) -> None:
        self._allowance = allowance
        self._span_seconds = span_seconds
        self._admitted: deque[tuple[float, int]] = deque()
        self._used = 0

    def admit(self, amount: int, now: float) -> bool:
        """Admit `amount` at the instant `now` if it still fits; tell whether it did."""
        if self._allowance is None:
            return True
        self._forget(now)
        if self._used + amount > self._allowance:
            return False
        self._admitted.append((now, amount))
        self._used += amount
        return True

    def _forget(self, now: float) -> None:
        while self._admitted and self._admitted[0][0] <= now - self._span_seconds:
            self._used -= self._admitted.popleft()[1]
