"""What a meter finds in samples that come once, in blocks of any length, and are not kept."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narrator.audio.loudness import HOP, Meter, hops_of
from narrator.audio.pcm import FULL_SCALE, Samples
from narrator.audio.truepeak import REACH, true_peaks
from narrator.domain.loudness import Measured

_MOST_HOPS = 40
"""Looked at together: more do not fit into a processor's caches."""

_NEAR = 10 ** (-3.0 / 20)
"""Between samples is looked where they come within 3 dB of the ceiling or of the highest so far."""


class Gauge:
    """Measures samples on their way, and tells where peaks are above a ceiling (of full scale).

    Of each such place it holds a few bytes, and nothing else that grows.
    """

    def __init__(self, ceiling: float | None = None) -> None:
        self._ceiling = np.inf if ceiling is None else ceiling * FULL_SCALE
        self._above: list[tuple[NDArray[Any], NDArray[Any]]] = []
        self._stretches = 0
        self._meter = Meter()
        self._held: Samples = np.zeros(REACH, dtype=np.int16)
        self._highest = 1.0
        self._samples = 0

    def passed(self, blocks: Iterable[Samples]) -> Iterator[Samples]:
        """The same blocks, each measured on its way."""
        for block in blocks:
            self._samples += len(block)
            self._feed(block)
            yield block

    def measured(self) -> Measured:
        """What was found, once all have passed."""
        missing = REACH + (REACH - len(self._held)) % HOP
        self._feed(np.zeros(missing, dtype=np.int16))
        return self._meter.measured(self._samples, true_peak=self._highest / FULL_SCALE)

    def above(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """The numbers of the stretches of 2.5 ms with peaks above the ceiling, by how many dB."""
        if not self._above:
            return np.empty(0, dtype=np.int64), np.empty(0)
        which, peaks = (np.concatenate(each) for each in zip(*self._above, strict=True))
        return which, 20 * np.log10(peaks / self._ceiling)

    def _feed(self, block: Samples) -> None:
        held = np.concatenate((self._held, block))
        whole = max(0, len(held) - 2 * REACH) // HOP
        for first in range(0, whole, _MOST_HOPS):
            end = min(first + _MOST_HOPS, whole)
            self._look(held[first * HOP : end * HOP + 2 * REACH])
        self._held = held[whole * HOP :]

    def _look(self, around: Samples) -> None:
        """Measure some hops, given with the samples on either side."""
        hops = hops_of(np.ascontiguousarray(around[REACH:-REACH]))
        self._meter.feed(hops)
        peaks: NDArray[Any] = hops["peaks"].ravel()
        self._highest = max(self._highest, float(peaks.max()))
        near = max(min(self._highest, self._ceiling) * _NEAR, 1.0)
        which = np.flatnonzero(peaks > near)
        if len(which):
            found = true_peaks(around, which, near)
            self._highest = max(self._highest, float(found.max()))
            if (high := found > self._ceiling).any():
                self._above.append((which[high] + self._stretches, found[high]))
        self._stretches += len(peaks)
