"""The manifest: the proof that every character of the source is in the recording or listed.

It maps each source character to a span of samples (through its chunk) or to a skip with a reason,
and holds each chunk's coarse energy envelope, so that a finished file can be checked against it.
"""

from dataclasses import dataclass, field

from narrator.domain.choices import TextChoices
from narrator.domain.documents import Metadata, Skip
from narrator.domain.gate import Doubt
from narrator.domain.ids import TakeKey
from narrator.domain.loudness_report import LoudnessReport
from narrator.domain.plan import Chunk
from narrator.domain.timeline import Placement

MANIFEST_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestChunk:
    """A chunk of the plan, the take that speaks it, and where it lies in the whole recording."""

    chunk: Chunk
    take: TakeKey
    placement: Placement  # from the start of the recording
    doubts: tuple[Doubt, ...] = ()  # of the take, although it is the best of several


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestChapter:
    """A chapter: where it begins and how many samples it fills, silence included.

    `unspoken` are the indices of those chunks of the plan that are not among `chunks`, in order.
    """

    number: int
    title: str
    start_samples: int
    samples: int
    chunks: tuple[ManifestChunk, ...]
    unspoken: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A finished audio file: `sha256` of its bytes, `samples` at 24 kHz once decoded.

    It holds the chapters of these numbers, from `start_samples` of the whole on; a manifest of a
    release before this one names none: its recording held them all.
    """

    name: str
    format: str
    bytes: int
    sha256: str
    samples: int
    start_samples: int = 0
    chapters: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Everything `narrator verify` needs besides the files themselves.

    `recordings` are all files that the job left, and `recording` is the first of them; places are
    counted in the whole, which is heard from file to file where it is cut. `choices` are the job's
    about the text: with others the document would be read otherwise. `loudness` is what was
    measured, None where an earlier release made the recording.
    """

    format: str  # of the document
    source_sha256: str
    source_chars: int
    metadata: Metadata
    speaker: str
    voice: str
    speed: float
    chapters: tuple[ManifestChapter, ...]
    skips: tuple[Skip, ...]
    recording: Recording
    choices: TextChoices = field(default_factory=TextChoices)
    recordings: tuple[Recording, ...] = ()
    loudness: LoudnessReport | None = None

    @property
    def files(self) -> tuple[Recording, ...]:
        """All recordings, also of a manifest that names only one."""
        return self.recordings or (self.recording,)

    @property
    def samples(self) -> int:
        """How long the whole is."""
        return sum(chapter.samples for chapter in self.chapters)

    def chapters_in(self, recording: Recording) -> tuple[ManifestChapter, ...]:
        """The chapters that a recording holds."""
        held = set(recording.chapters)
        return tuple(each for each in self.chapters if not held or each.number in held)
