"""A chapter's samples become its files: levelled, encoded, decoded at once, and corrected.

Encoders make what they are given softer, and its peaks higher, each in its own way and depending
on what it is given. So each gets samples of its own: as loud as they must be for its file to come
out right, and limited as far below the ceiling as the most careless of them needs, so that all
sound alike. What is usual for a format is known (`Form`); what is not is found when the file is
decoded, and then that file is made again, three times at the most.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from narrator.audio.decoders import decoded
from narrator.audio.encoder import Ffmpeg
from narrator.audio.encoders import Form, writing
from narrator.audio.gauge import Gauge
from narrator.audio.levels import Levelling, Spool, relevelled
from narrator.audio.limiter import DIP_DB
from narrator.audio.loudness import HOP, PEAKS
from narrator.audio.pcm import Samples, envelopes
from narrator.domain.loudness import TARGETS, gain_db
from narrator.domain.production import Profile
from narrator.services.ports import Heard

NEAR_LU = 0.2
"""A file that is softer or louder than wanted by no more than this is not made once more."""

_METERS_DIFFER_DB = 0.1
"""So far below the ceiling peaks are to stay: not all meters look between samples alike."""

_FURTHER_DB = (0.3, 0.6, 1.2)
"""What is above all the same goes down by so much more than is missing, from try to try."""

_AROUND = 8
"""And so do 20 ms on either side: an encoder spreads what it does to a peak over a packet."""


_OVERALL = 0.25
"""So much of what is missing goes from the rest as well: where samples are like noise, another try
has its peaks at other places."""


class Trim(NamedTuple):
    """What an encoder needs: samples by so much louder than wanted, peaks lower than of all others.

    And dips of the limiter.
    """

    louder_db: float
    lower_db: float = 0.0
    dips: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mastered:
    """A chapter's files: what each holds, decoded, and where its peaks are too high (`Gauge`).

    The rest is of what was encoded in the first.
    """

    heard: Mapping[Form, Heard]
    above: Mapping[Form, tuple[NDArray[Any], NDArray[Any]]]
    envelopes: tuple[bytes, ...]
    limited_samples: int


class Mastering:
    """Makes a chapter's files.

    `reference` is what makes it as loud as it should be where no encoder has a say, its ceiling as
    low as the most careless encoder needs; without a ceiling it is all there is to do. Stretches
    are what is listened to (`timeline.stretches`).
    """

    def __init__(
        self,
        spool: Spool,
        profile: Profile,
        reference: Levelling,
        stretches: Sequence[tuple[int, int]],
        into: tuple[Path, Ffmpeg],
    ) -> None:
        self._spool, self._profile, self._reference = spool, profile, reference
        self._stretches, (self._folder, self._ffmpeg) = stretches, into
        self._left_db = gain_db(profile, spool.after(reference))
        target = TARGETS.get(profile)
        self._ceiling = 10 ** (target.ceiling_db / 20) if target else np.inf

    def files(self, forms: Iterable[Form]) -> Mastered:
        """Make a file in each form, of its name; raises ToolFailed."""
        trims = {form: Trim(form.loss_db) for form in forms}
        made = self._made(trims)
        for further_db in _FURTHER_DB:
            again = {
                form: trim
                for form, trim in self._corrected(trims, made, further_db)
                if self._levelling(trim) != self._levelling(trims[form])  # no more can be done
            }
            if not again:
                break
            trims |= again
            made = _renewed(made, self._made(again))
        return made

    def _made(self, trims: Mapping[Form, Trim]) -> Mastered:
        levellings = {form: self._levelling(trim) for form, trim in trims.items()}
        limited, found = self._encode(levellings)
        heard = {form: self._heard(form, levelling) for form, levelling in levellings.items()}
        return Mastered(
            heard={form: each for form, (each, _) in heard.items()},
            above={form: gauge.above() for form, (_, gauge) in heard.items()},
            envelopes=found,
            limited_samples=limited,
        )

    def _levelling(self, trim: Trim) -> Levelling:
        if self._reference.ceiling is None:
            return self._reference
        ceiling = self._reference.ceiling * 10 ** (-trim.lower_db / 20)
        wanted = Levelling(self._reference.gain, ceiling, trim.dips)
        left_db = self._left_db - trim.louder_db
        return relevelled(self._spool, self._profile, wanted, left_db=left_db)

    def _encode(self, levellings: Mapping[Form, Levelling]) -> tuple[int, tuple[bytes, ...]]:
        """Feed all encoders; how many samples were limited for the first, and its envelopes."""
        limited = 0
        writers: dict[Levelling, list[Callable[[Samples], object]]] = {}
        with ExitStack() as stack:
            for form, levelling in levellings.items():
                write = stack.enter_context(writing(form, self._folder, self._ffmpeg))
                writers.setdefault(levelling, []).append(write)

            def written() -> Iterator[Samples]:
                nonlocal limited
                streams = map(self._spool.levelled, writers)
                for blocks in zip(*streams, strict=True):
                    for (block, _), group in zip(blocks, writers.values(), strict=True):
                        for write in group:
                            write(block)
                    limited += blocks[0][1]
                    yield blocks[0][0]

            _, found = envelopes(written(), self._stretches)
        return limited, found

    def _heard(self, form: Form, levelling: Levelling) -> tuple[Heard, Gauge]:
        """What is in a file; one without loss need not be measured once more."""
        ceiling = self._ceiling * 10 ** (-_METERS_DIFFER_DB / 20)
        blocks, gauge = decoded(self._folder / form.name, form, self._ffmpeg), Gauge(ceiling)
        if form.encoding:
            samples, found = envelopes(gauge.passed(blocks), self._stretches)
            measured = gauge.measured()
        else:
            samples, found = envelopes(blocks, self._stretches)
            measured = self._spool.after(levelling)
        return Heard(samples=samples, envelopes=found, measured=measured), gauge

    def _corrected(
        self, trims: Mapping[Form, Trim], made: Mastered, further_db: float
    ) -> Iterator[tuple[Form, Trim]]:
        """What would have been right, where what was made will not do."""
        for form, trim in trims.items():
            found = made.heard[form].measured
            if form.encoding and found and self._reference.ceiling is not None:
                softer = gain_db(self._profile, found) - self._left_db
                which, above_db = made.above[form]
                if len(which) or abs(softer) > NEAR_LU:
                    yield (
                        form,
                        Trim(
                            trim.louder_db + (softer if abs(softer) > NEAR_LU else 0.0),
                            trim.lower_db + float(above_db.max(initial=0.0)) * _OVERALL,
                            self._deeper(trim.dips, which, above_db + further_db),
                        ),
                    )

    def _deeper(self, dips: bytes, which: NDArray[Any], deeper_db: NDArray[Any]) -> bytes:
        """Dips that go so much further down where peaks are above the ceiling."""
        if not len(which):
            return dips
        more = np.zeros(-(-self._spool.samples // HOP) * PEAKS, dtype=np.uint8)
        steps = np.minimum(np.ceil(deeper_db / DIP_DB), 255).astype(np.uint8)
        for place in (which + shift for shift in range(-_AROUND, _AROUND + 1)):
            inside = (place >= 0) & (place < len(more)) & (which < len(more))
            at = place[inside]  # none of them twice
            more[at] = np.maximum(more[at], steps[inside])
        if dips:
            before = np.frombuffer(dips, dtype=np.uint8)
            more = before + np.minimum(more, 255 - before)
        return more.tobytes()


def _renewed(made: Mastered, again: Mastered) -> Mastered:
    """With what was made once more."""
    first = next(iter(made.heard)) in again.heard
    return Mastered(
        heard={**made.heard, **again.heard},
        above={**made.above, **again.above},
        envelopes=again.envelopes if first else made.envelopes,
        limited_samples=again.limited_samples if first else made.limited_samples,
    )
