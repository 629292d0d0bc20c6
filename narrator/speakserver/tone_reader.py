"""How the tone voice is read back: syncs are found by correlation, bytes by their two tones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narrator.speakserver.matrices import product
from narrator.speakserver.tone_alphabet import (
    HEADER_BYTES,
    MAXIMUM_TEXT_BYTES,
    TRAILER_BYTES,
    Alphabet,
    Floats,
    Samples,
    length_check,
    text_check,
)

_SYNC_LIKENESS = 0.5  # a true sync measures above 0.8 even after codecs, anything else below 0.35
_FAINT = 0.002  # RMS (-54 dBFS) below which likeness means nothing; a burst at -12 dB has 0.03
_LOUD = 0.004  # RMS (-48 dBFS)
_EAR_BLOCK_SECONDS = 0.010
_HUSH_SECONDS = 0.100  # this much quiet ends a stretch of sound
_ORPHAN_SECONDS = 0.150  # sound longer than two touching guards belongs to some burst
_STRIDE = 1 << 18
_FFT_BITS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """One text found in a recording.

    `start_sample` is the first sample of the sync and `end_sample` the one after the checksum, so
    the guards lie outside. Of a damaged burst (`intact` is false) the span is what could be told
    of it, and the text a guess, empty when not even its length could be read.
    """

    text: str
    start_sample: int
    end_sample: int
    intact: bool = True


def as_floats(block: NDArray[Any]) -> Floats:
    """Return samples as 32-bit floats between -1 and 1."""
    floats = block.astype(np.float32)
    return floats / np.float32(32_768) if block.dtype == np.int16 else floats


def joined(parts: Sequence[Samples]) -> Samples:
    """Return the parts as one array, without a copy when there is but one."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


@dataclass(frozen=True, slots=True)
class _Missing:
    """The burst cannot be judged before the buffer holds this many samples."""

    samples: int


@dataclass(frozen=True, slots=True)
class _Unreadable:
    """A sync, but not even a length after it."""


class Reader:
    """Finds bursts in samples fed piece by piece.

    Order of calls: `feed` a piece, take `bursts`, again and again; then `end`, and `bursts` once
    more. Samples leave the buffer in order, as part of a burst or to the ear, which notices sound
    that belongs to none.
    """

    def __init__(self, letters: Alphabet, stride: int = _STRIDE) -> None:
        self.stride = stride  # samples between two looks
        self._letters = letters
        self._matcher = _Matcher(letters.sync)
        self._ear = _Ear(letters.sample_rate)
        self._pieces: list[Floats] = []
        self._buffer: Floats = np.zeros(0, np.float32)
        self._length = 0  # of the buffer and the pieces
        self._origin = 0  # the buffer's first sample within the recording
        self._wanted = stride
        self._ended = False
        self._found: list[Burst] = []

    def feed(self, samples: Floats) -> None:
        """Take the next samples of the recording."""
        self._pieces.append(samples)
        self._length += len(samples)

    def end(self) -> None:
        """Learn that the recording is over."""
        self._ended = True

    def bursts(self) -> list[Burst]:
        """Hand over the bursts found since the last call."""
        if self._ended or self._length >= self._wanted:
            self._buffer = np.concatenate([self._buffer, *self._pieces])
            self._pieces = []
            self._look()
        if self._ended:
            self._found += self._ear.close()
        found, self._found = self._found, []
        return found

    def _look(self) -> None:
        places = self._matcher.places(self._buffer)
        # A sync that begins in the last two sync lengths may not have shown its best match yet.
        settled = len(self._buffer) if self._ended else self._unsettled()
        done = 0
        for place in (place for place in places if place < settled):
            if place < done:
                continue
            verdict = self._decode(place, places)
            if isinstance(verdict, _Missing):
                self._release(done, place)
                self._wanted = max(verdict.samples - place, self.stride)
                return
            done = self._settle(verdict, done, place)
        self._release(done, max(done, settled))
        self._wanted = self._length + self.stride

    def _unsettled(self) -> int:
        return max(len(self._buffer) - 2 * len(self._letters.sync), 0)

    def _settle(self, verdict: Burst | _Unreadable, done: int, place: int) -> int:
        """Record what a sync at `place` led to; return up to where the buffer is explained."""
        self._hear(done, place)
        self._found += self._ear.close()
        if isinstance(verdict, Burst):
            self._found.append(verdict)
            return verdict.end_sample - self._origin
        end = place + len(self._letters.sync)
        self._ear.expect_damage(self._origin + place)
        self._hear(place, end)
        return end

    def _release(self, done: int, settled: int) -> None:
        self._hear(done, settled)
        self._buffer = self._buffer[settled:]
        self._origin += settled
        self._length = len(self._buffer)

    def _hear(self, start: int, end: int) -> None:
        self._found += self._ear.hear(self._buffer[start:end], self._origin + start)

    def _decode(self, place: int, places: Sequence[int]) -> Burst | _Unreadable | _Missing:
        body = place + len(self._letters.sync)
        header = self._bytes(body, 0, HEADER_BYTES)
        if isinstance(header, _Missing):
            return _Unreadable() if self._ended else header
        size = int.from_bytes(header[:2], "big")
        if header[2:] != length_check(header[:2]) or size > MAXIMUM_TEXT_BYTES:
            return _Unreadable()
        end = body + int(self._letters.edges(HEADER_BYTES + size + TRAILER_BYTES)[-1])
        margin = 2 * len(self._letters.sync)  # so that a sync inside would have been seen
        if not self._ended and len(self._buffer) < end + margin:
            return _Missing(end + margin)
        return self._burst(place, body, end, size, places)

    def _burst(self, place: int, body: int, end: int, size: int, places: Sequence[int]) -> Burst:
        data = self._bytes(body, HEADER_BYTES, size + TRAILER_BYTES)
        data = b"" if isinstance(data, _Missing) else data
        payload, check = data[:size], data[size:]
        intact = check == text_check(payload)
        if not intact:
            intruders = [other for other in places if body <= other < end]
            end = min([end, len(self._buffer), *intruders])
        return Burst(
            text=payload.decode(errors="replace"),
            start_sample=self._origin + place,
            end_sample=self._origin + end,
            intact=intact,
        )

    def _bytes(self, body: int, first: int, count: int) -> bytes | _Missing:
        """Return bytes `first` to `first + count` of the data that begins at sample `body`."""
        edges = body + self._letters.edges(first + count)[first:]
        if edges[-1] > len(self._buffer):
            return _Missing(int(edges[-1]))
        width = self._letters.listening.shape[0]
        windows = np.lib.stride_tricks.sliding_window_view(self._buffer, width)
        return _heard(windows[edges[:-1]], self._letters.listening)


def _heard(symbols: Floats, listening: Floats) -> bytes:
    """Return the byte that each row of samples says: the strongest tone of either half."""
    turns = product(symbols, listening)
    strength = turns[:, :32] ** 2 + turns[:, 32:] ** 2
    high = strength[:, :16].argmax(axis=1)
    low = strength[:, 16:].argmax(axis=1)
    return bytes((high * 16 + low).astype(np.uint8))


class _Matcher:
    """Finds where a recording looks like the sync, whatever its loudness."""

    def __init__(self, sync: Samples) -> None:
        wave = as_floats(sync)
        self._width = len(wave)
        self._energy = float(np.sum(wave.astype(np.float64) ** 2))
        self._size = 1 << max(_FFT_BITS, (4 * self._width).bit_length())
        self._spectrum = np.conj(np.fft.rfft(wave, self._size)).astype(np.complex64)

    def places(self, samples: Floats) -> list[int]:
        """Return the samples at which a sync begins, in order."""
        if len(samples) < self._width:
            return []
        likeness = self._likeness(samples)
        above = np.flatnonzero(likeness > _SYNC_LIKENESS**2)
        if not len(above):
            return []
        clusters = np.split(above, np.flatnonzero(np.diff(above) > self._width // 2) + 1)
        return [int(cluster[likeness[cluster].argmax()]) for cluster in clusters]

    def _likeness(self, samples: Floats) -> NDArray[np.float64]:
        """Return the squared normalised correlation (0 to 1) with the sync at each sample."""
        sums = np.concatenate([[0.0], np.cumsum(samples.astype(np.float64) ** 2)])
        energy = sums[self._width :] - sums[: -self._width]
        floor = self._width * _FAINT**2
        matched = self._correlation(samples)
        likeness: NDArray[np.float64] = matched**2 / (self._energy * np.maximum(energy, floor))
        return likeness

    def _correlation(self, samples: Floats) -> NDArray[np.float64]:
        count = len(samples) - self._width + 1
        step = self._size - self._width + 1
        out = np.empty(count, np.float64)
        for start in range(0, count, step):
            spectrum = np.fft.rfft(samples[start : start + self._size], self._size)
            block = np.fft.irfft(spectrum * self._spectrum, self._size)
            out[start : start + step] = block[: min(step, count - start)]
        return out


class _Ear:
    """Notices stretches of sound that no intact burst explains, and reports each as damaged."""

    def __init__(self, sample_rate: int) -> None:
        self._block = max(round(sample_rate * _EAR_BLOCK_SECONDS), 1)
        self._hush = round(sample_rate * _HUSH_SECONDS)
        self._orphan = round(sample_rate * _ORPHAN_SECONDS)
        self._start: int | None = None
        self._end = 0
        self._certain = False

    def expect_damage(self, start: int) -> None:
        """Learn that what begins at `start` is a burst, and cannot be read."""
        self._start, self._end, self._certain = start, start, True

    def hear(self, samples: Floats, origin: int) -> list[Burst]:
        """Take the next unexplained samples; return the damaged bursts that ended in them."""
        found: list[Burst] = []
        for offset in range(0, len(samples), self._block):
            block = samples[offset : offset + self._block]
            if float(block @ block) > len(block) * _LOUD**2:
                self._start = origin + offset if self._start is None else self._start
                self._end = origin + offset + len(block)
            elif origin + offset + len(block) - self._end >= self._hush:
                found += self.close()
        return found

    def close(self) -> list[Burst]:
        """End the present stretch; return it if it was long enough to have been a burst."""
        start, self._start = self._start, None
        certain, self._certain = self._certain, False
        if start is None or not (certain or self._end - start >= self._orphan):
            return []
        return [Burst(text="", start_sample=start, end_sample=self._end, intact=False)]
