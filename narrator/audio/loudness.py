"""A loudness meter (ITU-R BS.1770-4) for samples that come in a stream.

Everything is told by hops of 100 ms. The K-weighted energy of a hop is summed up in its spectrum,
where the two filters are two factors: no sample is filtered. What rings on from one hop into the
next is so counted in the hop it began in, which no sum over 400 ms notices.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narrator.audio.pcm import FULL_SCALE, Samples
from narrator.domain.loudness import (
    ABSOLUTE_GATE_LUFS,
    BLOCK_STEP_LU,
    OFFSET_LU,
    Measured,
)
from narrator.domain.timeline import ENVELOPE_HOP
from narrator.domain.voices import SAMPLE_RATE

HOP = ENVELOPE_HOP
PEAK_SAMPLES = 60
"""Samples of which the highest peak is kept: 2.5 ms."""

PEAKS = HOP // PEAK_SAMPLES

HOPS = np.dtype([("peaks", "<u2", (PEAKS,)), ("weighted", "<f8"), ("square", "<f8")])
"""A hop: its peaks in steps of a 16 bit sample, its mean squares, K-weighted and as it is."""

Hops = NDArray[Any]

_BLOCK_HOPS = 4  # 400 ms, overlapping by three quarters
_FLOOR_HOPS = 5
_STEPS = 1_000  # from the absolute gate to +30 LUFS


def _power(b: tuple[float, ...], a: tuple[float, ...], z: NDArray[Any]) -> NDArray[Any]:
    """What a biquad makes of each frequency's power."""
    response = np.polyval(b, z) / np.polyval(a, z)
    return np.asarray(np.abs(response) ** 2)


def _k_weighting(rate: int, frequencies: NDArray[Any]) -> NDArray[Any]:
    """The power response of the K-weighting filter at this sample rate.

    BS.1770 gives coefficients for 48 kHz alone. These are the analogue filters behind them
    (libebur128 1.2.6, ebur128_init_filter), which give the same at that rate.
    """
    z = np.exp(2j * np.pi * frequencies / rate)
    k, q, gain = np.tan(np.pi * 1681.974450955533 / rate), 0.7071752369554196, 3.999843853973347
    high = 10 ** (gain / 20)
    band = high**0.4996667741545416
    shelf = _power(
        (high + band * k / q + k * k, 2 * (k * k - high), high - band * k / q + k * k),
        (1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k),
        z,
    )
    k, q = np.tan(np.pi * 38.13547087602444 / rate), 0.5003270373238773
    scale = 1 + k / q + k * k
    cut = (1.0, 2 * (k * k - 1) / scale, (1 - k / q + k * k) / scale)
    return np.asarray(shelf * _power((1.0, -2.0, 1.0), cut, z))


def _factors() -> NDArray[np.float32]:
    """By what to multiply a hop's spectrum so that its squares sum up to the mean square.

    Each twice: for the real part, and for the imaginary one.
    """
    power = _k_weighting(SAMPLE_RATE, np.fft.rfftfreq(HOP, 1 / SAMPLE_RATE))
    power[-1] /= 2  # all frequencies but the highest (and 0, which is cut) stand for two
    return np.asarray(np.sqrt(2 * power).repeat(2) / FULL_SCALE, dtype=np.float32)


_FACTORS = _factors()


def hops_of(samples: Samples) -> Hops:
    """What the meter needs to know of samples, a whole number of hops.

    Transforms are divided by their length: only so does numpy keep to numbers of 32 bits.
    """
    rows = samples.reshape(-1, HOP).astype(np.float32)
    hops = np.empty(len(rows), dtype=HOPS)
    hops["peaks"] = _peaks(samples).reshape(-1, PEAKS)
    hops["square"] = np.einsum("ij,ij->i", rows, rows) / (HOP * FULL_SCALE**2)
    parts = np.fft.rfft(rows, norm="forward").view(np.float32)
    parts *= _FACTORS
    hops["weighted"] = np.einsum("ij,ij->i", parts, parts)
    return hops


def _peaks(samples: Samples) -> NDArray[np.uint16]:
    """The highest of each 60 samples; -32768 has no positive but as an unsigned number."""
    heights = np.abs(samples).view(np.uint16)
    return np.asarray(np.maximum.reduceat(heights, np.arange(0, len(heights), PEAK_SAMPLES)))


class Meter:
    """Adds hops up; what it holds does not grow."""

    def __init__(self) -> None:
        self._hops = np.empty(0, dtype=HOPS)  # the last ones: blocks overlap
        self._counts = np.zeros(_STEPS, dtype=np.int64)
        self._energies = np.zeros(_STEPS)
        self._squares = 0.0
        self._peak = 0
        self._floor = 1.0

    def feed(self, hops: Hops) -> None:
        """Take in the next hops."""
        self._squares += float(hops["square"].sum()) * HOP
        self._peak = max(self._peak, int(hops["peaks"].max(initial=0)))
        self._count(_sliding(self._last(_BLOCK_HOPS - 1, hops, "weighted"), _BLOCK_HOPS))
        floors = _sliding(self._last(_FLOOR_HOPS - 1, hops, "square"), _FLOOR_HOPS)
        self._floor = min(self._floor, float(floors.min(initial=1.0)))
        self._hops = np.concatenate((self._hops, hops))[-_FLOOR_HOPS + 1 :]

    def _last(self, count: int, hops: Hops, name: str) -> NDArray[Any]:
        """So many values from before, and then these."""
        return np.concatenate((self._hops[name][-count:], hops[name]))

    def _count(self, blocks: NDArray[Any]) -> None:
        loudness = OFFSET_LU + 10 * np.log10(np.maximum(blocks, 1e-12))
        loud = loudness >= ABSOLUTE_GATE_LUFS
        steps = ((loudness[loud] - ABSOLUTE_GATE_LUFS) / BLOCK_STEP_LU).astype(np.int64)
        self._counts += np.bincount(steps, minlength=_STEPS)
        self._energies += np.bincount(steps, weights=blocks[loud], minlength=_STEPS)

    def measured(self, samples: int, *, true_peak: float | None = None) -> Measured:
        """What was found in all hops, which are those of so many samples.

        Their true peak is that of the samples where it is not known.
        """
        peak = self._peak / FULL_SCALE
        return Measured(
            samples=samples,
            squares=round(self._squares * FULL_SCALE**2),
            sample_peak=peak,
            true_peak=peak if true_peak is None else true_peak,
            floor_rms=float(np.sqrt(self._floor)),
            blocks=tuple(
                (int(step), int(self._counts[step]), float(self._energies[step]))
                for step in np.flatnonzero(self._counts)
            ),
        )


def _sliding(values: NDArray[Any], count: int) -> NDArray[Any]:
    """The mean of each so many values in a row."""
    places = max(0, len(values) - count + 1)
    return np.asarray(sum(values[at : at + places] for at in range(count)) / count)


def measure(hops: Iterable[Hops], samples: int) -> Measured:
    """What is found in all of them."""
    meter = Meter()
    for block in hops:
        meter.feed(block)
    return meter.measured(samples)
