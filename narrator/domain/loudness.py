"""How loud a recording is, by ITU-R BS.1770-4, and by how much that is to change.

Of a chapter is kept what is needed to tell its loudness and that of the whole book, in a form that
does not grow with it: the 400 ms blocks that pass the absolute gate, counted in steps of 0.1 LU.
The blocks' energies are summed as they are, so that only which blocks lie within 0.1 LU of the
relative gate is uncertain; against gating each of them, that is less than 0.01 LU.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import groupby
from math import inf, log10
from operator import itemgetter
from typing import Any

from narrator.domain.production import Profile

FULL_SCALE = 32_768

ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
"""ITU-R BS.1770-4, annex 1."""

BLOCK_STEP_LU = 0.1

OFFSET_LU = -0.691
"""ITU-R BS.1770-4: what makes a 997 Hz sine of 0 dBFS come to -3.01 LUFS."""

SILENCE_DB = -96.0
"""What quieter levels are reported as: 16 bits end there."""

LARGEST_GAIN_DB = 30.0
"""No chapter is made louder or softer by more, however it was spoken."""

Block = tuple[int, int, float]
"""A step of loudness (0 is the absolute gate), how many blocks are of it, the sum of their energies
(K-weighted mean squares, full scale is 1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a meter found. Peaks and levels are linear: full scale is 1.

    `squares` is the sum of the squares of the (16 bit) samples, `floor_rms` the RMS of the quietest
    half second.
    """

    samples: int
    squares: int
    sample_peak: float
    true_peak: float
    floor_rms: float
    blocks: tuple[Block, ...]

    @property
    def rms_db(self) -> float:
        """The RMS of everything, silence included, in dBFS; at least `SILENCE_DB`."""
        mean = self.squares / max(self.samples, 1) / FULL_SCALE**2
        return max(SILENCE_DB, _db(mean))

    @property
    def integrated_lufs(self) -> float | None:
        """The integrated loudness; None where nothing is louder than the absolute gate."""
        if not self.blocks:
            return None
        threshold = _loudness(self.blocks) + RELATIVE_GATE_LU
        first = (threshold - ABSOLUTE_GATE_LUFS) / BLOCK_STEP_LU
        return _loudness([block for block in self.blocks if block[0] + 0.5 >= first])


def _db(power: float) -> float:
    return 10 * log10(power) if power > 0 else -inf


def _loudness(blocks: Iterable[Block]) -> float:
    """The loudness of some blocks together, ungated."""
    counted = [(count, energy) for _, count, energy in blocks]
    return OFFSET_LU + _db(
        sum(energy for _, energy in counted) / sum(count for count, _ in counted)
    )


def merged(parts: Iterable[Measured]) -> Measured:
    """What a meter would have found in all of them, one after another.

    Blocks that reach from one into the next are not among those; chapters begin and end in silence.
    """
    found = list(parts)
    return Measured(
        samples=sum(each.samples for each in found),
        squares=sum(each.squares for each in found),
        sample_peak=max((each.sample_peak for each in found), default=0.0),
        true_peak=max((each.true_peak for each in found), default=0.0),
        floor_rms=min((each.floor_rms for each in found), default=0.0),
        blocks=_together(block for each in found for block in each.blocks),
    )


def _together(blocks: Iterable[Block]) -> tuple[Block, ...]:
    steps = groupby(sorted(blocks), key=itemgetter(0))
    groups = [(step, list(group)) for step, group in steps]
    return tuple(
        (step, sum(count for _, count, _ in group), sum(energy for _, _, energy in group))
        for step, group in groups
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a profile asks for: either an integrated loudness or an RMS, and a highest peak."""

    ceiling_db: float
    lufs: float | None = None
    rms_db: float | None = None


TARGETS: Mapping[Profile, Target] = {
    Profile.PODCAST: Target(lufs=-16.0, ceiling_db=-1.0),
    Profile.AUDIOBOOK: Target(rms_db=-20.0, ceiling_db=-3.0),
}
"""Podcast: what Apple and AES TD1008 ask of speech. Audiobook: ACX levels, in the midst of -23 to
-18 dB RMS."""


def gain_db(profile: Profile, measured: Measured) -> float:
    """The gain that brings what was measured to its profile's loudness, limits aside.

    At most `LARGEST_GAIN_DB` either way; none for silence.
    """
    target = TARGETS.get(profile)
    loudness = measured.integrated_lufs
    if target is None or loudness is None:
        return 0.0
    wanted = target.lufs - loudness if target.lufs is not None else _rms_gain(target, measured)
    return max(-LARGEST_GAIN_DB, min(LARGEST_GAIN_DB, wanted))


def _rms_gain(target: Target, measured: Measured) -> float:
    return (target.rms_db or 0.0) - measured.rms_db


def measured_to_json(measured: Measured) -> dict[str, Any]:
    """As it is stored."""
    return asdict(measured)


def measured_from_json(value: Mapping[str, Any]) -> Measured:
    """What `measured_to_json` wrote; raises KeyError, TypeError or ValueError for else."""
    return Measured(
        samples=int(value["samples"]),
        squares=int(value["squares"]),
        sample_peak=float(value["sample_peak"]),
        true_peak=float(value["true_peak"]),
        floor_rms=float(value["floor_rms"]),
        blocks=tuple((int(step), int(n), float(energy)) for step, n, energy in value["blocks"]),
    )
