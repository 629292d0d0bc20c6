"""How loud, in a byte: the steps of an energy envelope, and how far apart two envelopes are.

A level stands for the RMS of 100 ms in dB below full scale (a square wave of full amplitude is
0 dBFS): 0 for anything under -96 dBFS, which 16 bits cannot tell from silence; from there on
half a decibel a step, so that `level` n means -96 + (n - 1) / 2 dBFS or a little more.
"""

from collections.abc import Iterable
from statistics import median_low

SILENCE_DBFS = -96.0
STEP_DB = 0.5
LOUDEST = 193
"""The level of 0 dBFS."""

AUDIBLE = 93
"""-50 dBFS. Beneath it a lossy codec may put anything, or nothing, without being heard."""

_EDGES = 2  # hops of an envelope that are not wholly of the take

_FURTHEST_DB = 20.0  # one gap counts so much and no more, so that an edge cannot outvote the rest


def dbfs(level: int) -> float:
    """The lower edge of a level's step; minus infinity for level 0."""
    return SILENCE_DBFS + (level - 1) * STEP_DB if level else float("-inf")


def envelope_distance(expected: bytes, heard: bytes) -> float:
    """The mean difference of two envelopes in dB, from 0 (alike) to 20; symmetrical.

    Everything beneath `AUDIBLE` counts as one and the same silence, and so does what one envelope
    has and the other lacks. Moments at which both are silent say nothing and do not count.
    """
    longest = max(len(expected), len(heard))
    pairs = zip(expected.ljust(longest, b"\0"), heard.ljust(longest, b"\0"), strict=True)
    told = [abs(max(a, AUDIBLE) - max(b, AUDIBLE)) for a, b in pairs if max(a, b) > AUDIBLE]
    if not told:
        return 0.0
    furthest = _FURTHEST_DB / STEP_DB
    return STEP_DB * sum(min(step, furthest) for step in told) / len(told)


def room_dbfs(envelopes: Iterable[bytes]) -> float | None:
    """How loud it is where nothing is said: what the quietest 100 ms of most takes come to.

    The median, given the envelopes of takes. The first and the last 100 ms of each do not count:
    they are faded, and silence was left there. None where no take is longer.
    """
    quietest = [min(each[1:-1]) for each in envelopes if len(each) > _EDGES]
    return max(dbfs(median_low(quietest)), SILENCE_DBFS) if quietest else None


def is_silent(envelope: bytes) -> bool:
    """Whether nothing in it is audible."""
    return max(envelope, default=0) <= AUDIBLE
