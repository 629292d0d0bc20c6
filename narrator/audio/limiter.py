"""A limiter that sees all peaks before it begins, and moves nothing.

It works on peaks of 2.5 ms, not on samples: how far the gain must go down for each of them is
known, it goes down before the peak and comes back after it at fixed rates, and in between peaks it
is a straight line. Where no peak asks for it nothing is changed.

*Dips* are for what no peak tells: by how much the gain is to go down besides, at places where an
encoder is known to make more of a peak than there is. They come and go at the same rates.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from narrator.audio.loudness import HOPS, PEAK_SAMPLES, PEAKS, Hops
from narrator.audio.pcm import FULL_SCALE, Samples

ATTACK_DB = 1.5
RELEASE_DB = 0.15
"""By how much the gain changes in 2.5 ms: 6 dB in 10 ms before a peak, in 100 ms after it."""

DIP_DB = 0.1
"""What a step of a dip is."""

Curve = NDArray[np.float64]

_RAMP = (np.arange(PEAK_SAMPLES, dtype=np.float32) + 0.5) / PEAK_SAMPLES


class Limiter:
    """The gain over time, given hops in order. `gain` and `ceiling` are linear; None: no ceiling.

    `ceiling` is of full scale, `dips` has a byte for each 2.5 ms, as `DIP_DB` counts.
    """

    def __init__(self, gain: float, ceiling: float | None, dips: bytes = b"") -> None:
        self.gain = gain
        self._highest = np.inf if ceiling is None else ceiling * FULL_SCALE / max(gain, 1e-9)
        self._dips, self._at = np.frombuffer(dips, dtype=np.uint8), 0
        self._before = self._dipped_before = 0.0

    def curve(self, hops: Hops, ahead: Hops) -> Curve:
        """The factors (besides the gain) at either end of each peak's 2.5 ms: one more than peaks.

        `ahead` is the hop that follows, or none at the end.
        """
        count = len(hops) * PEAKS
        peaks = np.concatenate((hops["peaks"].ravel(), ahead["peaks"].ravel()[:PEAKS]))
        dips = self._dips[self._at : self._at + len(peaks)]
        self._at += count
        if self._before == self._dipped_before == 0.0 and (
            peaks.max(initial=0) <= self._highest and not dips.any()
        ):
            return np.ones(count + 1)
        need = 20 * np.log10(np.maximum(np.append(peaks, 0) / self._highest, 1.0))
        taken, self._before = _taken(need, self._before, count)
        if len(self._dips):
            need = np.append(dips * DIP_DB, np.zeros(len(need) - len(dips)))
            dipped, self._dipped_before = _taken(need, self._dipped_before, count)
            taken += dipped
        return np.asarray(10 ** (-np.maximum(taken[:-1], taken[1:]) / 20))


def _taken(need: NDArray[Any], before: float, count: int) -> tuple[NDArray[Any], float]:
    """By how many dB the gain goes down at the last peak before, at so many, and at the next.

    And at the last of them, which is `before` when it goes on.
    """
    at = np.arange(len(need))
    early = np.maximum.accumulate((need - ATTACK_DB * at)[::-1])[::-1] + ATTACK_DB * at
    late = np.concatenate(([before], np.maximum(early[: count + 1], 0)))
    at = np.arange(len(late))
    taken = np.maximum(np.maximum.accumulate(late + RELEASE_DB * at) - RELEASE_DB * at, 0)
    return taken, float(taken[count])


def levelled_hops(hops: Hops, curve: Curve, gain: float) -> Hops:
    """What a meter will find where a gain and a limiter's curve have been at work.

    Within a hop, energy is taken to lie where its peaks are.
    """
    left, right = curve[:-1].reshape(-1, PEAKS), curve[1:].reshape(-1, PEAKS)
    weights = hops["peaks"].astype(np.float64) ** 2
    power = (left**2 + left * right + right**2) / 3
    share = (weights * power).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-9)
    found = np.empty(len(hops), dtype=HOPS)
    found["weighted"] = hops["weighted"] * share * gain**2
    found["square"] = hops["square"] * share * gain**2
    loud = hops["peaks"] * np.maximum(left, right) * gain
    found["peaks"] = np.minimum(np.rint(loud), np.iinfo(np.uint16).max)
    return found


def levelled(samples: Samples, curve: Curve, gain: float) -> tuple[Samples, int]:
    """The samples after gain and limiter, and how many of them the limiter touched."""
    touched = np.flatnonzero(np.minimum(curve[:-1], curve[1:]) < 1)
    if gain == 1.0 and not len(touched):
        return samples, 0
    loud = samples.astype(np.float32)
    loud *= np.float32(gain)
    if len(touched):
        start = curve[touched, None].astype(np.float32)
        step = (curve[touched + 1] - curve[touched])[:, None].astype(np.float32)
        loud.reshape(-1, PEAK_SAMPLES)[touched] *= start + step * _RAMP
    np.rint(loud, out=loud)
    np.clip(loud, -FULL_SCALE, FULL_SCALE - 1, out=loud)
    return loud.astype(np.int16), len(touched) * PEAK_SAMPLES
