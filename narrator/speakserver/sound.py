"""Samples on their way to the wire: another rate, another encoding, frames."""

from collections.abc import Iterator
from functools import lru_cache
from math import ceil, gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narrator.speakserver.handshake import Encoding
from narrator.speakserver.matrices import Floats, product

Samples = NDArray[np.int16]

_SINC_ZEROS = 12  # on either side: enough for a voice, and quick
_TOGETHER = 16  # outputs to a product: their windows overlap almost wholly
_FULL_SCALE = 32_767


def resampled(samples: Samples, rate: int, wanted: int) -> Samples:
    """Return `samples` at the rate `wanted` (Hz), band-limited, of the same duration.

    A windowed sinc: with L/M the ratio in lowest terms, every M samples in give L out, so that each
    few of the L are one product of a matrix with windows M samples apart.
    """
    if rate == wanted or not len(samples):
        return samples
    step, turns = rate // gcd(rate, wanted), wanted // gcd(rate, wanted)
    count = ceil(len(samples) / step)
    reach = _reach(rate, wanted)
    padded = np.zeros(reach + (count + 1) * step + reach, np.float32)
    padded[reach : reach + len(samples)] = samples
    out = np.empty((count, turns), np.float32)
    for first, last, start, kernel in _kernels(rate, wanted):
        windows = np.lib.stride_tricks.sliding_window_view(padded[start:], len(kernel))[::step]
        out[:, first:last] = product(windows[:count], kernel)
    return _as_samples(out.reshape(-1)[: round(len(samples) * wanted / rate)])


def _reach(rate: int, wanted: int) -> int:
    """Return how many samples on either side of an instant weigh in."""
    return ceil(_SINC_ZEROS * max(1.0, rate / wanted))


@lru_cache(maxsize=8)
def _kernels(rate: int, wanted: int) -> list[tuple[int, int, int, Floats]]:
    """Return for each few of the L outputs: first, last, where its window starts, its matrix."""
    step, turns = rate // gcd(rate, wanted), wanted // gcd(rate, wanted)
    reach = _reach(rate, wanted)
    kernels = []
    for first in range(0, turns, _TOGETHER):
        instants = np.arange(first, min(first + _TOGETHER, turns)) * (step / turns)
        start, end = int(instants[0]), int(instants[-1]) + 1
        distance = np.arange(start - reach, end + reach)[:, None] - instants
        window = np.cos(np.clip(distance / reach, -1, 1) * (np.pi / 2)) ** 2
        kernel = np.sinc(min(1.0, wanted / rate) * distance) * window
        kernel /= kernel.sum(axis=0)
        kernels.append((first, first + len(instants), start, kernel.astype(np.float32)))
    return kernels


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
