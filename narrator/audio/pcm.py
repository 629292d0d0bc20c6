"""Arithmetic on samples: signed 16 bit, little endian, mono, 24 kHz."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from narrator.domain.errors import TakeCorrupt
from narrator.domain.levels import LOUDEST, SILENCE_DBFS, STEP_DB
from narrator.domain.timeline import ENVELOPE_HOP
from narrator.domain.voices import BYTES_PER_SAMPLE

Samples = NDArray[np.int16]

FULL_SCALE = 32_768.0

# The mean square at which each level from 1 on begins, in squares of a sample's least step.
_EDGES = FULL_SCALE**2 * 10 ** ((SILENCE_DBFS + STEP_DB * np.arange(LOUDEST)) / 10)


def samples_of(pcm: bytes) -> Samples:
    """The samples in some bytes, without copying; raises TakeCorrupt for half a sample."""
    if len(pcm) % BYTES_PER_SAMPLE:
        raise TakeCorrupt(
            f"{len(pcm)} bytes are not whole samples of 16 bit",
            remedy="speak the chunk again",
        )
    return np.frombuffer(pcm, dtype="<i2")


def envelope(samples: Samples) -> bytes:
    """One level (see `domain.levels`) for each begun 100 ms of the samples."""
    whole = len(samples) - len(samples) % ENVELOPE_HOP
    levels = _levels(samples[:whole].reshape(-1, ENVELOPE_HOP))
    rest = samples[whole:]
    return levels + _levels(rest.reshape(1, -1)) if len(rest) else levels


def _levels(hops: Samples) -> bytes:
    """The level of each row."""
    wide = hops.astype(np.int32)  # a square of 16 bits fits into 31
    energy = (wide * wide).sum(axis=1, dtype=np.int64)
    mean_square = energy / hops.shape[1]
    return bytes(np.searchsorted(_EDGES, mean_square, side="right").astype(np.uint8))


class StreamingEnvelope:
    """The envelope of samples that come in blocks of any length."""

    def __init__(self) -> None:
        self._levels = bytearray()
        self._rest: Samples = np.empty(0, dtype="<i2")

    def feed(self, block: Samples) -> None:
        """Take in the next samples."""
        samples = np.concatenate((self._rest, block)) if len(self._rest) else block
        whole = len(samples) - len(samples) % ENVELOPE_HOP
        self._levels += envelope(samples[:whole])
        self._rest = samples[whole:].copy()

    def finish(self) -> bytes:
        """The envelope of everything fed; the same as `envelope` of it in one piece."""
        return bytes(self._levels) + envelope(self._rest)


def envelopes(
    blocks: Iterable[Samples], stretches: Sequence[tuple[int, int]]
) -> tuple[int, tuple[bytes, ...]]:
    """How many samples there are in all, and the envelope of each stretch of them.

    A stretch is (first sample, how many); stretches are sorted and disjoint. One that lies beyond
    the end has a short envelope, or an empty one. Never more than a block is held.
    """
    found = [StreamingEnvelope() for _ in stretches]
    position = current = 0
    for block in blocks:
        end = position + len(block)
        while current < len(stretches) and stretches[current][0] < end:
            start, length = stretches[current]
            found[current].feed(block[max(start - position, 0) : start + length - position])
            if start + length > end:
                break
            current += 1
        position = end
    return position, tuple(each.finish() for each in found)
