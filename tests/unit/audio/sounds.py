"""Sounds made for tests: speech-like noise that is found again by its samples, and a picture."""

import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narrator.domain.documents import Cover

RATE = 24_000


def speech_like(seed: int, seconds: float, *, before: float = 0.1, after: float = 0.1) -> bytes:
    """Noise that rises and falls in syllables, with silence at both edges; s16le at 24 kHz."""
    dice = np.random.default_rng(seed)
    count = round(seconds * RATE)
    syllables = np.repeat(dice.uniform(0.03, 1.0, count // 3_000 + 1), 3_000)[:count]
    noise = np.convolve(dice.standard_normal(count), np.ones(5) / 5, "same")
    loud = noise * syllables * 9_000
    edges = [np.zeros(round(before * RATE)), loud, np.zeros(round(after * RATE))]
    return np.clip(np.concatenate(edges), -32_768, 32_767).astype("<i2").tobytes()


def as_samples(pcm: bytes) -> NDArray[Any]:
    return np.frombuffer(pcm, dtype="<i2")


def offset_of(needle: NDArray[Any], recording: NDArray[Any], expected: int, reach: int) -> int:
    """By how many samples the needle lies later in the recording than expected, within reach."""
    start = max(0, expected - reach)
    hay = recording[start : expected + len(needle) + reach].astype(float)
    size = 1 << (len(hay) + len(needle)).bit_length()
    spectrum = np.fft.rfft(hay, size) * np.conj(np.fft.rfft(needle.astype(float), size))
    match = np.fft.irfft(spectrum, size)[: len(hay) - len(needle) + 1]
    return int(np.argmax(match)) - (expected - start)


def png(width: int = 8, height: int = 12) -> Cover:
    """A PNG of one colour."""
    rows = zlib.compress((b"\0" + b"\x80\x20\x40" * width) * height)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    return Cover(media_type="image/png", data=b"\x89PNG\r\n\x1a\n" + body)
