"""A chapter on its way from the takes to the encoders: kept as samples, measured, and levelled.

Samples and what the meter needs to know of them lie in two files of the step's own folder, of
48 kB and 1 kB a second. They are read in blocks, whatever the chapter's length.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from math import log10
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from narrator.audio.limiter import Curve, Limiter, levelled, levelled_hops
from narrator.audio.loudness import HOP, HOPS, PEAKS, Hops, Meter, hops_of
from narrator.audio.pcm import FULL_SCALE, Samples, samples_of
from narrator.audio.truepeak import REACH, true_peaks
from narrator.domain.errors import ToolFailed
from narrator.domain.loudness import LARGEST_GAIN_DB, TARGETS, Measured, gain_db, merged
from narrator.domain.production import Profile
from narrator.domain.voices import BYTES_PER_SAMPLE

_BLOCK_HOPS = 40
_BLOCK_BYTES = _BLOCK_HOPS * HOP * BYTES_PER_SAMPLE

_MANY_HOPS = 2_400
"""Read at once where only hops are: four minutes."""

NEAR_DB = 3.0
"""Between samples a signal is looked at where its samples come so near to what counts."""

_MOST_PASSES = 6
_NEAR_ENOUGH_LU = 0.02
_LEAST_YIELD = 0.25
"""Of a dB more gain the limiter leaves at least so much, as far as the next step is concerned."""

_MOST_MAKE_UP_DB = 9.0
"""What the limiter takes is made up for, within reason."""


class Levelling(NamedTuple):
    """What makes a chapter as loud as it should be: both linear, the ceiling of full scale.

    `dips` are the limiter's.
    """

    gain: float
    ceiling: float | None
    dips: bytes = b""

    @property
    def gain_db(self) -> float:
        """The gain in dB."""
        return 20 * log10(self.gain)


class Spool:
    """A chapter's samples in a folder, written once (within a `with`) and then read in blocks."""

    def __init__(self, folder: Path) -> None:
        self._pcm, self._hops = folder / "chapter.pcm", folder / "chapter.hops"
        self._rest = bytearray()
        self._meter = Meter()
        self.samples = 0

    def __enter__(self) -> Self:
        with _writing():
            self._files: tuple[IO[bytes], IO[bytes]] = (
                self._pcm.open("wb"),
                self._hops.open("wb"),
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.samples += len(self._rest) // BYTES_PER_SAMPLE
                missing = -len(self._rest) % (HOP * BYTES_PER_SAMPLE)
                self._keep(bytes(self._rest) + bytes(missing))
        finally:
            with _writing():
                for file in self._files:
                    file.close()

    def write(self, pcm: bytes) -> None:
        """Take in the next samples."""
        self._rest += pcm
        while len(self._rest) >= _BLOCK_BYTES:
            self._keep(bytes(self._rest[:_BLOCK_BYTES]))
            del self._rest[:_BLOCK_BYTES]
            self.samples += _BLOCK_BYTES // BYTES_PER_SAMPLE

    def _keep(self, pcm: bytes) -> None:
        hops = hops_of(samples_of(pcm))
        self._meter.feed(hops)
        with _writing():
            for file, data in zip(self._files, (pcm, hops.tobytes()), strict=True):
                file.write(data)

    def remove(self) -> None:
        """Make room: nobody reads it any more."""
        self.remove_samples()
        self._hops.unlink(missing_ok=True)

    def remove_samples(self) -> None:
        """Make room: only `after` is asked for from now on."""
        self._pcm.unlink(missing_ok=True)

    @property
    def roughly(self) -> Measured:
        """What the meter found; its true peak is that of the samples."""
        return self._meter.measured(self.samples)

    def measured(self, *, near_db: float = 0.0) -> Measured:
        """What the meter found, with the true peak.

        Peaks between samples are looked for near the highest, and near this level (dBFS) and above.
        """
        found = self.roughly
        near = min(found.sample_peak, 10 ** (near_db / 20)) * 10 ** (-NEAR_DB / 20)
        peak = self._look_between(max(near * FULL_SCALE, 1.0))
        return Measured(
            samples=found.samples,
            squares=found.squares,
            sample_peak=found.sample_peak,
            true_peak=max(found.true_peak, peak / FULL_SCALE),
            floor_rms=found.floor_rms,
            blocks=found.blocks,
        )

    def _look_between(self, near: float) -> int:
        """Let the peaks from this one on be those between samples too; gives the highest."""
        highest = 0
        with self._pcm.open("rb") as pcm, self._hops.open("r+b") as file:
            for first, hops, _ in _windows(file, _BLOCK_HOPS):
                peaks = hops["peaks"].reshape(-1)
                which = np.flatnonzero(peaks > near)
                if not len(which):
                    continue
                samples = _around(pcm, first * HOP, len(hops) * HOP)
                between = np.ceil(true_peaks(samples, which, near))
                peaks[which] = np.minimum(between, np.iinfo(np.uint16).max)
                hops["peaks"] = peaks.reshape(-1, PEAKS)
                highest = max(highest, int(peaks[which].max()))
                file.seek(first * HOPS.itemsize)
                file.write(hops.tobytes())
        return highest

    def after(self, levelling: Levelling) -> Measured:
        """What a meter would find after it, to a few hundredths of a LU."""
        meter, limiter = Meter(), Limiter(*levelling)
        with self._hops.open("rb") as file:
            for _, hops, ahead in _windows(file, _MANY_HOPS):
                meter.feed(levelled_hops(hops, limiter.curve(hops, ahead), limiter.gain))
        return meter.measured(self.samples)

    def levelled(self, levelling: Levelling) -> Iterator[tuple[Samples, int]]:
        """The samples after it in blocks, and how many of each block the limiter touched."""
        limiter, left = Limiter(*levelling), self.samples
        with self._pcm.open("rb") as pcm, self._hops.open("rb") as file:
            for _, hops, ahead in _windows(file, _BLOCK_HOPS):
                curve: Curve = limiter.curve(hops, ahead)
                block = samples_of(pcm.read(len(hops) * HOP * BYTES_PER_SAMPLE))
                loud, touched = levelled(block, curve, limiter.gain)
                yield loud[:left], touched
                left -= len(loud)


@contextmanager
def _writing() -> Iterator[None]:
    """A disk that is full is a tool that failed, and no defect."""
    try:
        yield
    except OSError as error:
        reason = f"a chapter's samples could not be kept: {error.strerror}"
        raise ToolFailed(reason, remedy="see that the scratch folder's disk has room") from error


def _windows(file: IO[bytes], count: int) -> Iterator[tuple[int, Hops, Hops]]:
    """All hops, so many at a time: the number of the first, them, and the one that follows."""
    first, hops = 0, _read(file, 0, count + 1)
    while len(hops):
        yield first, hops[:count], hops[count:]
        first += count
        hops = _read(file, first, count + 1)


def _read(file: IO[bytes], first: int, count: int) -> Hops:
    file.seek(first * HOPS.itemsize)
    return np.frombuffer(file.read(count * HOPS.itemsize), dtype=HOPS).copy()


def _around(file: IO[bytes], first: int, count: int) -> Samples:
    """Some samples with those around them, which are zero beyond either end."""
    before = min(first, REACH)
    file.seek((first - before) * BYTES_PER_SAMPLE)
    found = samples_of(file.read((count + before + REACH) * BYTES_PER_SAMPLE))
    around: NDArray[Any] = np.zeros(count + 2 * REACH, dtype=np.int16)
    around[REACH - before : REACH - before + len(found)] = found
    return around


def levelling_of(
    spool: Spool, profile: Profile, *, headroom_db: float
) -> tuple[Measured, Levelling]:
    """What a chapter measures, and what makes it as loud as the profile wants, limiter included.

    `headroom_db` is left beneath the profile's ceiling.
    """
    target = TARGETS.get(profile)
    if target is None:
        return spool.measured(), Levelling(1.0, None)
    ceiling_db = target.ceiling_db - headroom_db
    roughly = gain_db(profile, spool.roughly)
    measured = spool.measured(near_db=ceiling_db - roughly)
    return measured, _turned_up(spool.after, profile, 10 ** (ceiling_db / 20), roughly)


def fixed_levelling(
    spool: Spool, profile: Profile, *, gain_db: float, headroom_db: float
) -> tuple[Measured, Levelling]:
    """The same where the gain is known."""
    target = TARGETS.get(profile)
    if target is None:
        return spool.measured(), Levelling(10 ** (gain_db / 20), None)
    ceiling_db = target.ceiling_db - headroom_db
    measured = spool.measured(near_db=ceiling_db - gain_db)
    return measured, Levelling(10 ** (gain_db / 20), 10 ** (ceiling_db / 20))


def relevelled(spool: Spool, profile: Profile, wanted: Levelling, *, left_db: float) -> Levelling:
    """The same with another gain: so much is left between the loudness and what is asked for."""

    def after(levelling: Levelling) -> Measured:
        return spool.after(levelling._replace(dips=wanted.dips))

    assert wanted.ceiling is not None  # noqa: S101 - else there is nothing to make up for
    found = _turned_up(after, profile, wanted.ceiling, wanted.gain_db, left_db)
    return found._replace(dips=wanted.dips)


def shared_gain_db(
    spools: Iterable[Spool], measured: Measured, profile: Profile, *, headroom_db: float
) -> float:
    """The one gain (dB) by which chapters are together as loud as wanted, limiter included.

    `measured` is what they measure together. Spools are asked for one at a time, and only where
    there is something to limit; each loses its samples.
    """
    target, gain = TARGETS.get(profile), gain_db(profile, measured)
    if target is None:
        return gain
    ceiling_db = target.ceiling_db - headroom_db
    ceiling = 10 ** (ceiling_db / 20)
    if measured.true_peak * 10 ** (gain / 20) <= ceiling:
        return gain
    gauged = []
    for spool in spools:
        spool.measured(near_db=ceiling_db - gain)
        spool.remove_samples()
        gauged.append(spool)
    found = _turned_up(lambda each: merged(s.after(each) for s in gauged), profile, ceiling, gain)
    return found.gain_db


def _turned_up(
    after: Callable[[Levelling], Measured],
    profile: Profile,
    ceiling: float,
    roughly: float,
    left_db: float = 0.0,
) -> Levelling:
    """Turn the gain up until what comes after the limiter is as loud as it should be.

    So much is left between it and what the profile asks for.
    """
    gain, most = roughly, min(roughly + _MOST_MAKE_UP_DB, LARGEST_GAIN_DB)
    step = missing_before = 0.0
    for _ in range(_MOST_PASSES):
        levelling = Levelling(10 ** (gain / 20), ceiling)
        missing = gain_db(profile, after(levelling)) - left_db
        if abs(missing) < _NEAR_ENOUGH_LU or gain == most:
            return levelling
        yielded = (missing_before - missing) / step if step else 1.0
        step = min(missing / min(max(yielded, _LEAST_YIELD), 1.0), most - gain)
        gain, missing_before = gain + step, missing
    return Levelling(10 ** (gain / 20), ceiling)
