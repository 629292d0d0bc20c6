"""What a run amounts to: the share of the provider's limit that it used. Pure sums."""

import math
from bisect import bisect_left
from collections.abc import Sequence
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
    """An utterance that is done: when (seconds since the epoch), its characters."""

    at: float
    chars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Utilisation:
    """Characters finished ÷ (slots × 2,400 × minutes), over whole windows of the pacing.

    Sockets that were opened together speak together, once a window; a stretch that holds one burst
    more than another of the same length would say too much. So each stretch is a whole number of
    windows long, and `share` is the mean over all stretches of that length that the run holds;
    `first` is the earliest of them, `least` and `most` the extremes.
    """

    share: float
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
    finished: Sequence[Finished], *, opened_at: float, until: float, slots: int, minutes: float
) -> Utilisation:
    """Of the stretches from a minute after `opened_at` (the last socket's opening) to `until`."""
    events = sorted(finished, key=lambda each: each.at)
    instants = [each.at for each in events]
    sums = [0, *accumulate(each.chars for each in events)]
    seconds = stretch_seconds(minutes)
    first = opened_at + FIRST_SECONDS
    count = max(0, math.floor((until - seconds - first) / STEP_SECONDS)) + 1
    starts = [first + number * STEP_SECONDS for number in range(count)]
    chars = [
        sums[bisect_left(instants, start + seconds)] - sums[bisect_left(instants, start)]
        for start in starts
    ]
    limit = slots * MINUTE_CHARS * seconds / 60
    mean = sum(chars) / len(chars)
    return Utilisation(
        share=mean / limit,
        first=chars[0] / limit,
        least=min(chars) / limit,
        most=max(chars) / limit,
        seconds=seconds,
        chars=mean,
    )
