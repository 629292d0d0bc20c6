"""What a run amounts to: the share of the provider's limit that it used. Pure sums."""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

MINUTE_CHARS = 2_400  # of a socket: Deepgram Speak v1, "Limits"
FIRST_SECONDS = 60.0  # of each socket are left out: a fresh window lets a burst through
WINDOW_SECONDS = 60.5  # the minute with the default slack: sockets speak in bursts this far apart
ALLOWED = 0.98 * 60 / WINDOW_SECONDS
"""The share of the provider's limit that the default margin (2 %) and slack (0.5 s) allow."""
STEP_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """An utterance that is done: when (seconds since the epoch), its characters, on which slot."""

    at: float
    chars: int
    slot: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Utilisation:
    """Characters finished ÷ (slots × 2,400 × minutes), over whole windows of the pacing.

    A socket speaks in a burst, once a window: a stretch that holds one burst more than another of
    the same length would say too much. So each stretch is a whole number of windows long, and
    `share` is the mean over each slot's own stretches: those that begin within one window, from a
    minute after its first use on. (The first of them alone begins right before a burst: sockets
    that are late by seconds each time would still get as many bursts into it.) The others are of
    the stretches common to all slots, from a minute after the last slot's first use to the end of
    the run: their `mean`, the `first` of them, the `least` and the `most`. Slots that were opened
    together speak together, so these depend on where in a burst a stretch begins and ends.
    """

    share: float
    mean: float
    first: float
    least: float
    most: float
    seconds: float
    chars: float

    def as_json(self) -> dict[str, float]:
        """With the share of what margin and slack allow."""
        return {
            "of_the_limit": round(self.share, 4),
            "of_what_is_allowed": round(self.share / ALLOWED, 4),
            "mean_stretch": round(self.mean, 4),
            "first_stretch": round(self.first, 4),
            "least_stretch": round(self.least, 4),
            "most_stretch": round(self.most, 4),
            "stretch_seconds": self.seconds,
            "chars_a_minute": round(self.chars / self.seconds * 60),
        }


def stretch_seconds(minutes: float) -> float:
    """The shortest whole number of windows that lasts at least `minutes`."""
    return math.ceil(minutes * 60 / WINDOW_SECONDS) * WINDOW_SECONDS


def run_seconds(minutes: float) -> float:
    """How long a run must last after its sockets are open.

    That is their first minute, and a window more than is measured: see `Utilisation`.
    """
    return FIRST_SECONDS + stretch_seconds(minutes) + WINDOW_SECONDS


def utilisation(
    finished: Sequence[Finished], *, opened: Mapping[int, float], until: float, minutes: float
) -> Utilisation:
    """Of slots first `opened` at those instants, in a run that was watched `until` then."""
    seconds = stretch_seconds(minutes)
    limit = len(opened) * MINUTE_CHARS * seconds / 60
    own = sum(_in_own_stretches(finished, slot, at, seconds) for slot, at in opened.items())
    common = _in_stretches(finished, max(opened.values()) + FIRST_SECONDS, until, seconds)
    return Utilisation(
        share=own / limit,
        mean=sum(common) / len(common) / limit,
        first=common[0] / limit,
        least=min(common) / limit,
        most=max(common) / limit,
        seconds=seconds,
        chars=own,
    )


def _in_own_stretches(
    finished: Sequence[Finished], slot: int, opened_at: float, seconds: float
) -> float:
    """Characters of a slot in a stretch, on the mean of those that begin within one window."""
    first = opened_at + FIRST_SECONDS
    mine = [each for each in finished if each.slot == slot]
    chars = _in_stretches(mine, first, first + seconds + WINDOW_SECONDS - STEP_SECONDS, seconds)
    return sum(chars) / len(chars)


def _in_stretches(
    finished: Sequence[Finished], first: float, until: float, seconds: float
) -> list[int]:
    """Characters in each stretch, the first of which begins at `first`, the last ends `until`."""
    events = sorted(finished, key=lambda each: each.at)
    instants = [each.at for each in events]
    sums = [0, *accumulate(each.chars for each in events)]
    count = max(0, math.floor((until - seconds - first) / STEP_SECONDS)) + 1
    starts = [first + number * STEP_SECONDS for number in range(count)]
    return [
        sums[bisect_left(instants, start + seconds)] - sums[bisect_left(instants, start)]
        for start in starts
    ]
