"""How the tone voice writes bytes as sound, and the layout of a burst.

A burst, in order::

    silence 60 ms | guard 40 ms | sync | length, CRC-16 | text | CRC-32 | guard | silence

The guards are a plain tone and carry nothing, so edges may be trimmed and faded. The sync is a
rising chirp. A byte is two tones at once, one for each half of it, out of 16 tones each: 100 Hz
apart between 400 and 3,500 Hz, orthogonal over the 10 ms of the fastest rate, beneath the cut-off
of every codec and of 8 kHz sound. The peak is -12 dBFS, so that 12 dB of gain cannot clip it.

All of it lies on a bed of noise, 16 dB beneath the tones. Opus needs it: its linear predictor
breaks out in full-scale howling on tones that are too pure (measured with libopus at 32 kbit/s, one
burst in sixteen; with the noise none).
"""

import binascii
import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]
Floats = NDArray[np.float32]

MINIMUM_BYTE_MS = 10.0
MINIMUM_SAMPLE_RATE = 8_000  # the highest tone is 3,500 Hz
MAXIMUM_TEXT_BYTES = 8_000  # any legal Speak (2,000 characters, four bytes each) is one burst
HEADER_BYTES = 4  # length (2), CRC-16 of the length (2)
TRAILER_BYTES = 4  # CRC-32 of the text

_SILENCE_SECONDS = 0.060
_GUARD_SECONDS = 0.040
_GUARD_HZ = 1_000.0
_PEAK = 0.25
_NOISE = 0.14  # of the peak
_LOW_TONES_HZ = 400.0 + 100.0 * np.arange(16)
_HIGH_TONES_HZ = 2_000.0 + 100.0 * np.arange(16)
_CHIRP_HZ = (500.0, 3_500.0)
_SYNC_SECONDS = 0.040
_SYNC_BYTES = 2  # at slow rates the sync grows along, or codecs would hurt it more than the data


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alphabet:
    """Everything that follows from a sample rate and a pace.

    `symbols` has a row of samples for each of the 256 bytes; `listening` has a column for the
    cosine and the sine of each of the 32 tones, over the whole samples of one symbol.
    """

    sample_rate: int
    samples_per_byte: float
    symbols: Samples
    sync: Samples
    guard: Samples
    listening: Floats

    def edges(self, count: int) -> NDArray[np.int64]:
        """Return the sample at which each of `count` bytes begins, and where the last one ends."""
        edges: NDArray[np.int64] = np.rint(np.arange(count + 1) * self.samples_per_byte).astype(
            np.int64
        )
        return edges


@lru_cache(maxsize=8)
def alphabet(sample_rate: int, byte_ms: float) -> Alphabet:
    """Return the alphabet of a sample rate (Hz) and a pace (milliseconds a byte).

    Raises:
        ValueError: if either is too small for the tones.

    """
    if byte_ms < MINIMUM_BYTE_MS:
        raise ValueError(f"byte_ms is {byte_ms}: give {MINIMUM_BYTE_MS} or more")
    if sample_rate < MINIMUM_SAMPLE_RATE:
        raise ValueError(f"sample_rate is {sample_rate}: give {MINIMUM_SAMPLE_RATE} Hz or more")
    samples_per_byte = sample_rate * byte_ms / 1000
    instants = np.arange(int(np.ceil(samples_per_byte))) / sample_rate
    return Alphabet(
        sample_rate=sample_rate,
        samples_per_byte=samples_per_byte,
        symbols=_symbol_table(instants),
        sync=_chirp(sample_rate, max(_SYNC_SECONDS, _SYNC_BYTES * byte_ms / 1000)),
        guard=_guard(sample_rate),
        listening=_listening(instants[: int(samples_per_byte)]),
    )


def burst(payload: bytes, letters: Alphabet) -> Samples:
    """Return the samples of one burst, silences and guards included."""
    length = len(payload).to_bytes(2, "big")
    data = length + length_check(length) + payload + text_check(payload)
    silence = np.zeros(round(letters.sample_rate * _SILENCE_SECONDS), np.int16)
    body = [letters.guard, letters.sync, _spoken(data, letters), letters.guard]
    return np.concatenate([silence, *body, silence])


def length_check(length: bytes) -> bytes:
    """Return the two bytes that vouch for a burst's length."""
    return binascii.crc_hqx(length, 0xFFFF).to_bytes(2, "big")


def text_check(payload: bytes) -> bytes:
    """Return the four bytes that vouch for a burst's text."""
    return zlib.crc32(payload).to_bytes(4, "big")


def lead_samples(sample_rate: int) -> int:
    """Return how many samples of a burst precede its sync, which is where `read` says it starts."""
    return round(sample_rate * _SILENCE_SECONDS) + round(sample_rate * _GUARD_SECONDS)


def _spoken(data: bytes, letters: Alphabet) -> Samples:
    rows: Samples = letters.symbols[np.frombuffer(data, np.uint8)]
    if letters.samples_per_byte == rows.shape[1]:
        return rows.reshape(-1)
    lengths = np.diff(letters.edges(len(data)))
    return rows[np.arange(rows.shape[1]) < lengths[:, None]]


def _symbol_table(instants: NDArray[np.float64]) -> Samples:
    low = np.sin(2 * np.pi * np.outer(_LOW_TONES_HZ, instants))
    high = np.sin(2 * np.pi * np.outer(_HIGH_TONES_HZ, instants))
    pairs = low[:, None, :] + high[None, :, :]
    return _as_samples(pairs.reshape(256, -1) / 2)


def _chirp(sample_rate: int, seconds: float) -> Samples:
    instants = np.arange(round(sample_rate * seconds)) / sample_rate
    first, last = _CHIRP_HZ
    turns = first * instants + (last - first) / (2 * seconds) * instants**2
    return _as_samples(np.sin(2 * np.pi * turns))


def _guard(sample_rate: int) -> Samples:
    instants = np.arange(round(sample_rate * _GUARD_SECONDS)) / sample_rate
    return _as_samples(np.sin(2 * np.pi * _GUARD_HZ * instants))


def _listening(instants: NDArray[np.float64]) -> Floats:
    tones = np.concatenate([_LOW_TONES_HZ, _HIGH_TONES_HZ])
    angles = 2 * np.pi * np.outer(instants, tones)
    return np.hstack([np.cos(angles), np.sin(angles)]).astype(np.float32)


def _as_samples(wave: NDArray[np.float64]) -> Samples:
    bedded = wave * (1 - _NOISE) + _noise(wave.size).reshape(wave.shape) * _NOISE
    return np.rint(bedded * (_PEAK * 32767)).astype(np.int16)


def _noise(count: int) -> NDArray[np.float64]:
    """Return white noise between -1 and 1, the same for ever (SplitMix64 of 0, 1, 2, ...)."""
    bits = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (bits >> np.uint64(11)).astype(np.float64) / (1 << 52) - 1
