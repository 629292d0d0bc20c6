"""Peaks between samples (ITU-R BS.1770-4, annex 2): four times oversampled, where asked for."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from narrator.audio.loudness import PEAK_SAMPLES
from narrator.audio.pcm import Samples

REACH = 24
"""Samples on either side that a value between two depends on."""

_FACTOR = 4
_BATCH = 12
"""Stretches at once: so few that the products are not spread over threads (OpenBLAS does from 2^18
multiplications on), which wait for each other longer than they work."""


def _interpolator() -> NDArray[np.float32]:
    """From the samples around 2.5 ms to the values between them."""
    places = np.arange(PEAK_SAMPLES)[:, None] + np.arange(1, _FACTOR)[None, :] / _FACTOR
    distance = REACH + places.ravel()[None, :] - np.arange(PEAK_SAMPLES + 2 * REACH)[:, None]
    inside = np.clip(1 - (distance / REACH) ** 2, 0, None)
    window = np.where(np.abs(distance) < REACH, np.i0(8.0 * np.sqrt(inside)) / np.i0(8.0), 0)
    return (np.sinc(distance) * window).astype(np.float32)


_BETWEEN = _interpolator()


def true_peaks(samples: Samples, which: NDArray[np.intp]) -> NDArray[Any]:
    """The peaks between the samples of some stretches of 2.5 ms, named by their numbers.

    The first stretch begins `REACH` samples after the first sample; as many follow the last.
    """
    windows = np.lib.stride_tricks.sliding_window_view(samples, PEAK_SAMPLES + 2 * REACH)
    found = [
        np.abs(windows[each * PEAK_SAMPLES].astype(np.float32) @ _BETWEEN).max(axis=1)
        for each in np.array_split(which, -(-len(which) // _BATCH) or 1)
    ]
    return np.concatenate(found)
