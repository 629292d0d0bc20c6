"""The quality gate: what may be wrong with a take, what is doubted, and what is done about it.

A take is measured (`Sound`) and judged by its text and by the band of its voice's pace. What is
doubted is spoken again, `ATTEMPTS` times in all, and the best is kept. Doubts never fail a job.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from narrator.domain.pace import Band
from narrator.domain.voices import SAMPLE_RATE


class Doubt(StrEnum):
    """What may be wrong with a take."""

    SILENT = "silent"
    CLIPPED = "clipped"
    OFFSET = "dc-offset"
    CUT_OFF = "cut-off"  # it ends in the middle of a sound
    GAP = "inner-silence"
    TOO_SHORT = "too-short"  # for its text, by its voice's pace
    TOO_LONG = "too-long"
    DOUBLED = "doubled-words"  # by listening
    OTHER_WORDS = "other-words"  # by listening


ATTEMPTS = 3
"""So often a chunk of a job is spoken in all because its takes are doubted."""

FREE_CHARS = 4_000
RESENT_SHARE = 0.1
"""Of a job so many characters, and a tenth of what is sent for it, may be sent again for doubts:
a voice that is doubted all the time has its band, or these limits, wrong; its bill must not grow by
two hundred percent."""

CODE_PREFIX = "gate-"
"""What the ledger's codes of doubted utterances begin with."""

SILENT_DBFS = -55.0
"""Quieter than that at its loudest (100 ms) nothing is speech."""

CLIPPED_SAMPLES = 3
"""In flat tops: one peak is cut off. Speech that just reaches full scale has none that is flat."""

OFFSET_SHARE = 0.02
"""Of full scale; joining such a take to silence clicks."""

TAIL_DB = -18.0
"""Speech that ends has decayed that far below its own level; see `docs/figures.md`."""

GAP_SECONDS = 1.45
"""A seeded silence of 1.5 s, less the frames at its edges."""

ELLIPSIS_SECONDS = 1.5
"""An ellipsis between words asks the provider for a longer pause; each may take so much more."""

SAME_SHARE = 0.02
"""Two takes that long apart are the same, and so will be a third."""

_ELLIPSIS = re.compile(r"\.\.\.|…")
_EDGES = re.compile(r"^\W+|\W+$")

_GRAVITY = {
    Doubt.SILENT: 64,
    Doubt.OTHER_WORDS: 32,
    Doubt.CUT_OFF: 16,
    Doubt.TOO_SHORT: 12,
    Doubt.GAP: 8,
    Doubt.DOUBLED: 8,
    Doubt.CLIPPED: 6,
    Doubt.TOO_LONG: 4,
    Doubt.OFFSET: 2,
}

_SHORT = {Doubt.CUT_OFF, Doubt.TOO_SHORT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """What was measured of a take.

    `sounding_samples` from its first sound to its last; `loudest_dbfs` of any 100 ms;
    `clipped_samples` in flat tops, at full scale or below it; `offset` its mean, of full scale;
    `tail_db` how far its very end lies below its own level; `gap_samples` its longest inner
    silence.
    """

    samples: int
    sounding_samples: int
    loudest_dbfs: float
    clipped_samples: int
    offset: float
    tail_db: float
    gap_samples: int

    @property
    def sounding_seconds(self) -> float:
        """From its first sound to its last."""
        return self.sounding_samples / SAMPLE_RATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A take's sound, and what is doubted of it: nothing, mostly."""

    sound: Sound
    doubts: tuple[Doubt, ...] = ()

    @property
    def code(self) -> str:
        """The gravest doubt, as the ledger names it."""
        return CODE_PREFIX + max(self.doubts, key=lambda doubt: _GRAVITY[doubt])

    @property
    def gravity(self) -> int:
        """How bad it is; 0 for a good take."""
        return sum(_GRAVITY[doubt] for doubt in self.doubts)


def judge(sound: Sound, text: str, band: Band | None) -> Verdict:
    """The verdict on a take of this text. Without a band its pace is not judged."""
    if sound.loudest_dbfs < SILENT_DBFS:
        return Verdict(sound=sound, doubts=(Doubt.SILENT,))
    found = {
        Doubt.CLIPPED: sound.clipped_samples >= CLIPPED_SAMPLES,
        Doubt.OFFSET: abs(sound.offset) >= OFFSET_SHARE,
        Doubt.CUT_OFF: sound.tail_db > TAIL_DB,
        Doubt.GAP: sound.gap_samples >= longest_gap_seconds(text) * SAMPLE_RATE,
        Doubt.TOO_SHORT: band is not None and sound.sounding_seconds < band.shortest_seconds,
        Doubt.TOO_LONG: band is not None and sound.sounding_seconds > band.longest_seconds,
    }
    return Verdict(sound=sound, doubts=tuple(doubt for doubt, is_so in found.items() if is_so))


def longest_gap_seconds(text: str) -> float:
    """From how long on a silence inside a take is no pause that its text asks for."""
    return GAP_SECONDS + ELLIPSIS_SECONDS * len(_ELLIPSIS.findall(_EDGES.sub("", text)))


def best(verdicts: Sequence[Verdict]) -> int:
    """Which of several takes of the same words to keep; of those that miss something the longest.

    Of equals it is the last.
    """

    def rank(position: int) -> tuple[int, int, int]:
        verdict = verdicts[position]
        misses = bool(_SHORT.intersection(verdict.doubts))
        return -verdict.gravity, verdict.sound.sounding_samples if misses else 0, position

    return max(range(len(verdicts)), key=rank)


def is_settled(verdicts: Sequence[Verdict]) -> bool:
    """Whether another take would tell nothing new: the last two are as good as the same."""
    if len(verdicts) < 2:  # noqa: PLR2004 — two are compared
        return False
    one, other = verdicts[-2:]
    longer = max(one.sound.samples, other.sound.samples)
    apart = abs(one.sound.samples - other.sound.samples)
    return one.doubts == other.doubts and apart <= SAME_SHARE * longer


def is_own_pace(verdicts: Sequence[Verdict]) -> bool:
    """Whether the last take is to be learned from: it is good, or its pace is its text's own."""
    doubts = set(verdicts[-1].doubts)
    return not doubts or (doubts <= {Doubt.TOO_SHORT, Doubt.TOO_LONG} and is_settled(verdicts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What the ledger says before a chunk is sent once more for doubts.

    `times` this chunk was sent for its job and not kept, the last time included, for doubts or by a
    process that died; `doubted_chars` were sent again for doubts, of `sent_chars` that were sent
    for the job at all.
    """

    times: int
    chars: int
    doubted_chars: int
    sent_chars: int


def may_repeat(tried: Tried) -> bool:
    """Whether a doubted chunk is sent once more; the job's cap is another matter."""
    most = FREE_CHARS + RESENT_SHARE * tried.sent_chars
    return tried.times < ATTEMPTS and tried.doubted_chars + tried.chars <= most


def doubts_text(doubts: Sequence[Doubt] | None) -> str | None:
    """Doubts as a row keeps them; None for a take that was never judged."""
    return None if doubts is None else ",".join(doubts)


def doubts_of(text: str | None) -> tuple[Doubt, ...] | None:
    """What `doubts_text` wrote; what a later release doubts is not told here."""
    if text is None:
        return None
    return tuple(Doubt(each) for each in text.split(",") if each in set(Doubt))
