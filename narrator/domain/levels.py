"""How loud, in a byte: the steps of an energy envelope, and how far apart two envelopes are.

A level stands for the RMS of 100 ms in dB below full scale (a square wave of full amplitude is
0 dBFS): 0 for anything under -96 dBFS, which 16 bits cannot tell from silence; from there on
half a decibel a step, so that `level` n means -96 + (n - 1) / 2 dBFS or a little more.
"""

SILENCE_DBFS = -96.0
STEP_DB = 0.5
LOUDEST = 193
"""The level of 0 dBFS."""

AUDIBLE = 93
"""-50 dBFS. Beneath it a lossy codec may put anything, or nothing, without being heard."""

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


def is_silent(envelope: bytes) -> bool:
    """Whether nothing in it is audible."""
    return max(envelope, default=0) <= AUDIBLE
