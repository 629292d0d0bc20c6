"""What is said in place of what is written: recorded changes of a text, and their composition.

Every pass changes the text that the passes before it left. `compose` folds its changes into theirs,
so that however many passes there were, a text has one list of changes: sorted, disjoint, each of
characters of the text itself. Saying the text under that list is applying pass after pass; putting
back what each change replaced gives the text again.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """Characters `start` to `end` of a text are spoken as `after`, by `rule`.

    One of no length inserts. What several rules made together names them all, joined by a plus.
    """

    start: int
    end: int
    after: str
    rule: str


def apply(text: str, found: Iterable[Change]) -> str:
    """All of a text as it is spoken under the changes (sorted, disjoint)."""
    parts: list[str] = []
    position = 0
    for change in found:
        parts += (text[position : change.start], change.after)
        position = change.end
    parts.append(text[position:])
    return "".join(parts)


def say(text: str, found: Sequence[Change], start: int, end: int, *, first: bool = False) -> str:
    """Characters `start` to `end` of a text as they are spoken; the rest is as for `within`."""
    parts: list[str] = []
    position = start
    for change in within(found, start, end, first=first):
        parts += (text[position : change.start], change.after)
        position = change.end
    parts.append(text[position:end])
    return "".join(parts)


def within(
    found: Sequence[Change], start: int, end: int, *, first: bool = False
) -> Sequence[Change]:
    """Those of the changes (sorted, disjoint) that belong to characters `start` to `end`.

    An insertion belongs to the character before it; one before the `first` character that is said
    belongs to that. No change may straddle either offset.
    """
    low = bisect_left(found, start, key=_start)
    high = bisect_right(found, end, low, key=_start)
    while not first and low < high and found[low].end == start:
        low += 1
    while low < high and found[high - 1].end > end:
        high -= 1
    return found[low:high]


def around(found: Sequence[Change], at: int) -> Change | None:
    """The change that `at` lies inside of."""
    index = bisect_left(found, at, key=_start) - 1
    return found[index] if index >= 0 and found[index].end > at else None


def in_order(found: Iterable[Change]) -> list[Change]:
    """Changes sorted by where they are; those in one place keep their order."""
    return sorted(found, key=lambda change: (change.start, change.end))


def disjoint(found: Iterable[Change]) -> list[Change]:
    """Changes in order; of two that overlap the one that comes first counts."""
    kept: list[Change] = []
    for change in in_order(found):
        if not kept or kept[-1].end <= change.start:
            kept.append(change)
    return kept


def sound(found: Sequence[Change], length: int) -> bool:
    """Whether the changes are in order, disjoint and within a text of that length."""
    apart = all(one.end <= other.start for one, other in pairwise(found))
    return apart and all(0 <= change.start <= change.end <= length for change in found)


def compose(before: Sequence[Change], after: Sequence[Change], said: str) -> list[Change]:
    """One list for both: `before` are changes of a text said as `said` under them, `after` of that.

    What overlaps becomes one change, the least that holds both.
    """
    if not (before and after):
        return list(before or after)
    return _Composition(before, after, said).all()


class _Composition:
    """Walks both lists at once; `_shift` is how far what is said runs ahead of the text by now."""

    def __init__(self, before: Sequence[Change], after: Sequence[Change], said: str) -> None:
        self._before, self._after, self._said = before, after, said
        self._first = self._second = self._shift = 0
        self._made: list[Change] = []

    def all(self) -> list[Change]:
        while self._first < len(self._before) and self._second < len(self._after):
            low, high = self._image()
            change = self._after[self._second]
            # Of two in one place, an insertion goes before what was left out there: it belongs to
            # the character before it.
            if high <= change.start and low != change.end:
                self._put(self._take_first())
            elif change.end <= low:
                self._put(self._take_second())
            else:
                self._put(self._merged())
        while self._first < len(self._before):
            self._put(self._take_first())
        while self._second < len(self._after):
            self._put(self._take_second())
        return self._made

    def _image(self) -> tuple[int, int]:
        """Where the next of the first changes is heard."""
        low = self._before[self._first].start + self._shift
        return low, low + len(self._before[self._first].after)

    def _take_first(self) -> Change:
        change = self._before[self._first]
        self._first += 1
        self._shift += len(change.after) - (change.end - change.start)
        return change

    def _take_second(self) -> Change:
        change = self._after[self._second]
        self._second += 1
        shift = self._shift
        return Change(change.start - shift, change.end - shift, change.after, change.rule)

    def _merged(self) -> Change:
        """All that hangs together from here, as one change."""
        low = min(self._image()[0], self._after[self._second].start)
        start, high = low - self._shift, low
        parts: list[str] = []
        rules: list[str] = []  # the first changes' before the second's
        later: list[str] = []
        position = low
        while True:
            if self._first < len(self._before) and self._hangs(self._image()[0], low, high):
                high = max(high, self._image()[1])
                rules.append(self._take_first().rule)
            elif self._second < len(self._after) and self._hangs(
                self._after[self._second].start, low, high
            ):
                change = self._after[self._second]
                high = max(high, change.end)
                parts += (self._said[position : change.start], change.after)
                later.append(change.rule)
                position = change.end
                self._second += 1
            else:
                break
        parts.append(self._said[position:high])
        return Change(start, high - self._shift, "".join(parts), _all_of(rules + later))

    @staticmethod
    def _hangs(start: int, low: int, high: int) -> bool:
        return start < high or start == low == high

    def _put(self, change: Change) -> None:
        """Two insertions in one place are one."""
        last = self._made[-1] if self._made else None
        if last and last.start == change.end and last.start == last.end == change.start:
            rule = _all_of([last.rule, change.rule])
            change = Change(last.start, last.end, last.after + change.after, rule)
            self._made.pop()
        self._made.append(change)


def _all_of(rules: list[str]) -> str:
    return "+".join(dict.fromkeys(name for rule in rules for name in rule.split("+")))


def _start(change: Change) -> int:
    return change.start
