"""Samples on their way to the wire: another rate, another encoding, frames."""

from collections.abc import Iterator
from functools import lru_cache
from math import ceil, gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narrator.speakserver.handshake import Encoding

Samples = NDArray[np.int16]

_SINC_ZEROS = 12  # on either side: enough for a voice, and quick
_FULL_SCALE = 32_767


def resampled(samples: Samples, rate: int, wanted: int) -> Samples:
    """Return `samples` at the rate `wanted` (Hz), band-limited, of the same duration.

    A windowed sinc: with L/M the ratio in lowest terms, every M samples in give L out, so the whole
    is one product of overlapping windows with one matrix.
    """
    if rate == wanted or not len(samples):
        return samples
    step = rate // gcd(rate, wanted)
    kernel = _kernel(rate, wanted)
    margin = (len(kernel) - step) // 2
    count = ceil(len(samples) / step)
    padded = np.pad(samples, (margin, count * step - len(samples) + margin)).astype(np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(padded, len(kernel))[::step]
    length = round(len(samples) * wanted / rate)
    return _as_samples((windows @ kernel).reshape(-1)[:length])


@lru_cache(maxsize=8)
def _kernel(rate: int, wanted: int) -> NDArray[np.float64]:
    step, turns = rate // gcd(rate, wanted), wanted // gcd(rate, wanted)
    cut = min(1.0, wanted / rate)
    reach = ceil(_SINC_ZEROS / cut)
    inputs = np.arange(-reach, step + reach)
    distance = inputs[:, None] - np.arange(turns) * (step / turns)
    window = np.cos(np.clip(distance / reach, -1, 1) * (np.pi / 2)) ** 2
    kernel: NDArray[np.float64] = np.sinc(cut * distance) * window
    kernel /= kernel.sum(axis=0)
    return kernel


def peaked(samples: Samples, decibels: float) -> Samples:
    """Return `samples`, quieter if need be so that none is above `decibels` of full scale."""
    highest = float(np.abs(samples.astype(np.int32)).max(initial=0))
    allowed = _FULL_SCALE * 10 ** (decibels / 20)
    return samples if highest <= allowed else _as_samples(samples * (allowed / highest))


def encoded(samples: Samples, encoding: Encoding) -> bytes:
    """Return the bytes of `samples`: two each, little-endian, or one each by G.711."""
    if encoding is Encoding.LINEAR16:
        return samples.astype("<i2", copy=False).tobytes()
    table = _mulaw_table() if encoding is Encoding.MULAW else _alaw_table()
    return table[samples.view(np.uint16)].tobytes()


def frames(data: bytes, size: int, *, odd: bool = False) -> Iterator[memoryview]:
    """Yield `data` in frames of `size` bytes, or of an odd size near it."""
    size = size - 1 + size % 2 if odd else size
    view = memoryview(data)
    for start in range(0, len(data), max(size, 1)):
        yield view[start : start + max(size, 1)]


@lru_cache(maxsize=1)
def _mulaw_table() -> NDArray[np.uint8]:
    """Return the mu-law byte of every 16-bit pattern (ITU-T G.711: 14 bits and a bias of 33)."""
    values = _every_sample() >> 2
    magnitude = np.minimum(np.abs(values), 8_158) + 33
    exponent = np.log2(magnitude).astype(np.int32) - 5
    mantissa = (magnitude >> (exponent + 1)) & 0x0F
    sign = np.where(values < 0, 0x7F, 0xFF)
    table: NDArray[np.uint8] = ((exponent << 4 | mantissa) ^ sign).astype(np.uint8)
    return table


@lru_cache(maxsize=1)
def _alaw_table() -> NDArray[np.uint8]:
    """Return the A-law byte of every 16-bit pattern (ITU-T G.711, on 13 bits)."""
    values = _every_sample() >> 3
    magnitude = np.where(values < 0, -values - 1, values)
    exponent = np.maximum(np.log2(np.maximum(magnitude, 1)).astype(np.int32) - 4, 0)
    mantissa = (magnitude >> np.maximum(exponent, 1)) & 0x0F
    sign = np.where(values < 0, 0x55, 0xD5)
    table: NDArray[np.uint8] = ((exponent << 4 | mantissa) ^ sign).astype(np.uint8)
    return table


def _every_sample() -> NDArray[np.int32]:
    """Return the sample that each 16-bit pattern stands for."""
    half = 1 << 15
    return np.concatenate([np.arange(half), np.arange(-half, 0)]).astype(np.int32)


def _as_samples(wave: NDArray[np.floating[Any]]) -> Samples:
    clipped: NDArray[np.floating[Any]] = np.clip(np.rint(wave), -_FULL_SCALE - 1, _FULL_SCALE)
    return clipped.astype(np.int16)
