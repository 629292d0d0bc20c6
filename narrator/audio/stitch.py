"""Joins takes into a chapter with pydub: trimmed, faded, and a pause between them.

pydub counts in whole milliseconds: slices and fades of anything else silently lose or add samples.
Here it is only ever given pieces that are whole milliseconds long, and positions are counted in
samples by a `Ruler`.
"""

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from narrator.audio.pcm import FULL_SCALE, Samples, samples_of
from narrator.domain.errors import TakeCorrupt
from narrator.domain.plan import Boundary
from narrator.domain.timeline import Placement, Ruler
from narrator.domain.voices import BYTES_PER_SAMPLE, SAMPLE_RATE
from narrator.services.ports import TakeAudio

with warnings.catch_warnings():  # it warns when ffmpeg is not on PATH; we name it ourselves
    warnings.simplefilter("ignore")
    from pydub import AudioSegment

_SAMPLES_A_MS = SAMPLE_RATE // 1000

MARGIN = 30 * _SAMPLES_A_MS
"""Samples of silence left at either edge of a take: soft onsets begin before they reach the
threshold. They are part of the pause, of which each edge takes half at the most."""

FADE_MS = 5

QUIET_DBFS = -50.0
QUIET_BELOW_TAKE_DB = 30.0
"""What is quieter than both is silence that may go: 30 dB under a quiet take's own level, too."""

_WINDOW = _SAMPLES_A_MS
"""Samples of which the level is told when the first and the last sound are looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edged:
    """A take with its edges trimmed and faded; its first and last samples that are silence."""

    pcm: bytes
    lead: int
    trail: int

    @property
    def samples(self) -> int:
        """How long it is."""
        return len(self.pcm) // BYTES_PER_SAMPLE

    def at(self, start: int) -> Placement:
        """Its place, where it begins at that sample."""
        return Placement(
            start_samples=start,
            samples=self.samples,
            envelope=b"",
            lead_samples=self.lead,
            trail_samples=self.trail,
        )


def stitch(
    takes: Iterable[TakeAudio], ruler: Ruler, write: Callable[[bytes], object]
) -> tuple[int, list[Placement]]:
    """Write a chapter: silence, take, silence and so on.

    Gives its samples, and each take's place, without an envelope: levels are yet to change. Takes
    are asked for one at a time. Raises TakeCorrupt for a take of no samples or of half a one.
    """
    places = []
    for take in takes:
        before = max(0, min(MARGIN, ruler.silence_samples))
        after = min(MARGIN, ruler.pauses.after(take.boundary) // 2)
        edged = trimmed(take.pcm, before=before, after=after)
        start = ruler.start(lead=edged.lead)
        write(bytes((start - ruler.end_samples) * BYTES_PER_SAMPLE))
        write(edged.pcm)
        places.append(edged.at(start))
        ruler = _placed(ruler, edged, take.boundary)
    write(bytes((ruler.samples - ruler.end_samples) * BYTES_PER_SAMPLE))
    return ruler.samples, places


def _placed(ruler: Ruler, edged: Edged, boundary: Boundary) -> Ruler:
    return ruler.placed(edged.samples, boundary, lead=edged.lead, trail=edged.trail)


def trimmed(pcm: bytes, *, before: int = MARGIN, after: int = MARGIN) -> Edged:
    """A take (s16le, mono, 24 kHz), its silent edges trimmed to margins of so many samples, faded.

    What a fade makes silent counts as silence. A take that is silent all through is left as long
    as it is, and counts as sound but for its fades. Raises TakeCorrupt for no samples.
    """
    samples = samples_of(pcm)
    if not len(samples):
        raise TakeCorrupt("a take holds no samples", remedy="the chunk will be spoken again")
    quiet = _threshold(samples)
    first, end = _audible(samples, quiet)
    segment = AudioSegment(
        data=pcm, sample_width=BYTES_PER_SAMPLE, frame_rate=SAMPLE_RATE, channels=1
    )
    start, stop = max(0, first - before), min(len(samples), end + after)
    kept = _faded(segment.get_sample_slice(start, stop))
    heard = samples_of(kept)
    lead = _faded_away(heard, first - start, quiet)
    return Edged(pcm=kept, lead=lead, trail=_faded_away(heard[::-1], stop - end, quiet))


def _faded_away(samples: Samples, silent: int, quiet: float) -> int:
    """How many samples at the beginning are silent once faded, of a take that may begin with sound.

    Given how many were silent before.
    """
    edge = min(FADE_MS, len(samples) // 2 // _SAMPLES_A_MS) * _SAMPLES_A_MS
    rows = samples[silent : max(edge, silent)].astype(np.float64)
    rows = rows[: len(rows) // _WINDOW * _WINDOW].reshape(-1, _WINDOW)
    heard = np.flatnonzero(np.einsum("ij,ij->i", rows, rows) > quiet * _WINDOW)
    return silent + int(heard[0] if len(heard) else len(rows)) * _WINDOW


def _audible(samples: Samples, quiet: float) -> tuple[int, int]:
    """The first sample that is heard and the one behind the last, to a millisecond."""
    padded = np.zeros(-(-len(samples) // _WINDOW) * _WINDOW, dtype=np.float64)
    padded[: len(samples)] = samples
    rows = padded.reshape(-1, _WINDOW)
    energies = np.einsum("ij,ij->i", rows, rows)
    heard = np.flatnonzero(energies > quiet * _WINDOW)
    if not len(heard):  # silent all through
        return 0, len(samples)
    return int(heard[0]) * _WINDOW, min(len(samples), (int(heard[-1]) + 1) * _WINDOW)


def _threshold(samples: Samples) -> float:
    """The mean square beneath which a take is silent."""
    mean_square = float(np.mean(np.square(samples, dtype=np.float64)))
    quiet = FULL_SCALE**2 * 10 ** (QUIET_DBFS / 10)
    return float(min(quiet, mean_square * 10 ** (-QUIET_BELOW_TAKE_DB / 10)))


def _faded(segment: AudioSegment) -> bytes:
    """Faded in and out over whole milliseconds at its very edges; its length does not change."""
    samples = int(segment.frame_count())
    milliseconds = min(FADE_MS, samples // 2 // _SAMPLES_A_MS)
    if not milliseconds:
        return bytes(segment.raw_data)
    edge = milliseconds * _SAMPLES_A_MS
    pieces = (
        segment.get_sample_slice(0, edge).fade_in(milliseconds),
        segment.get_sample_slice(edge, samples - edge),
        segment.get_sample_slice(samples - edge, samples).fade_out(milliseconds),
    )
    return b"".join(piece.raw_data for piece in pieces)
