"""What the quality gate measures of a take's samples (`domain.gate` judges it). Pure."""

import math

import numpy as np
from numpy.typing import NDArray

from narrator.audio.pcm import Samples, samples_of
from narrator.domain.gate import Sound
from narrator.domain.voices import SAMPLE_RATE

FRAME = SAMPLE_RATE // 100
"""10 ms."""

TAIL = SAMPLE_RATE * 4 // 1000
"""4 ms: some voices end within 7 ms of the last vowel, and none within less."""

QUIET_DB = 32.0
"""A frame so far below the take's own level is silence; consonants are not that quiet."""

QUIETEST_DBFS = -60.0

TOP_SHARE = 0.0005
"""What is so near to the highest sample is level with it: a clean peak is that flat for at most
three samples, at 100 Hz and above."""

_FULL_SCALE = 32_768.0
_FULL = 32_760
_RUN, _RUN_BELOW = 3, 4  # samples on end that make a flat top, at full scale and below it
_LEAST_BELOW = 24  # below full scale fewer samples than that are level by chance
_LEAST_PEAK = 1_000  # what is quieter has steps as coarse as flat tops
_LOUD_FRAMES = 10  # in a row: 100 ms
_NOTHING_DB = -120.0

_Floats = NDArray[np.float64]


def sound(pcm: bytes) -> Sound:
    """Measure a take (s16le, mono, 24 kHz); raises TakeCorrupt for half a sample."""
    samples = samples_of(pcm)
    energies = _energies(samples)
    loud = energies > _squared(max(_level(energies) - QUIET_DB, QUIETEST_DBFS))
    sounding = np.flatnonzero(loud)
    first, last = (int(sounding[0]), int(sounding[-1])) if len(sounding) else (0, -1)
    return Sound(
        samples=len(samples),
        sounding_samples=min((last + 1) * FRAME, len(samples)) - first * FRAME,
        loudest_dbfs=_loudest(energies),
        clipped_samples=_clipped(samples),
        offset=float(samples.mean() / _FULL_SCALE) if len(samples) else 0.0,
        tail_db=_tail(samples, _level(energies)),
        gap_samples=_longest_gap(sounding) * FRAME,
    )


def _energies(samples: Samples) -> _Floats:
    """The mean square of each begun 10 ms, in squares of a sample's least step."""
    whole = len(samples) - len(samples) % FRAME
    frames = samples[:whole].reshape(-1, FRAME).astype(np.float32)
    energies = np.einsum("ij,ij->i", frames, frames).astype(np.float64) / FRAME
    rest = samples[whole:].astype(np.float64)
    return np.append(energies, (rest * rest).mean()) if len(rest) else energies


def _level(energies: _Floats) -> float:
    """How loud it is where it is not silent, in dBFS."""
    sounding = energies[energies > _squared(QUIETEST_DBFS)]
    return _dbfs(float(sounding.mean())) if len(sounding) else _NOTHING_DB


def _loudest(energies: _Floats) -> float:
    together = min(_LOUD_FRAMES, len(energies))
    if not together:
        return _NOTHING_DB
    sums = np.cumsum(np.insert(energies, 0, 0.0))
    return _dbfs(float((sums[together:] - sums[:-together]).max()) / together)


def _tail(samples: Samples, level: float) -> float:
    """How loud its very end is beside its own level, in dB."""
    end = samples[-TAIL:].astype(np.float64)
    return _dbfs(float((end * end).mean())) - level if len(end) else _NOTHING_DB


def _longest_gap(sounding: NDArray[np.intp]) -> int:
    """The most frames between two that sound."""
    return int(np.diff(sounding).max()) - 1 if len(sounding) > 1 else 0


def _clipped(samples: Samples) -> int:
    """How many samples lie in flat tops."""
    if not len(samples):
        return 0
    highest, lowest = int(samples.max()), int(samples.min())
    return _flat(samples, highest, above=True) + _flat(samples, -lowest, above=False)


def _flat(samples: Samples, peak: int, *, above: bool) -> int:
    if peak < _LEAST_PEAK:
        return 0
    near = peak - max(1, int(peak * TOP_SHARE))
    at = np.flatnonzero(samples >= near if above else samples <= -near)
    breaks = np.flatnonzero(np.diff(at) > 1) + 1
    lengths = np.diff(np.concatenate(([0], breaks, [len(at)])))
    if peak >= _FULL:
        return int(lengths[lengths >= _RUN].sum())
    level = int(lengths[lengths >= _RUN_BELOW].sum())
    return level if level >= _LEAST_BELOW else 0


def _squared(dbfs: float) -> float:
    return float(_FULL_SCALE**2 * 10 ** (dbfs / 10))


def _dbfs(mean_square: float) -> float:
    return 10 * math.log10(mean_square / _FULL_SCALE**2) if mean_square > 0 else _NOTHING_DB
