"""What the verbs need from the outside, a sentence a method.

Each port has an adapter at the edge and a twin in memory (`tests/fakes`), and both pass one
contract suite (`tests/contract`). Every method that takes a `Claim` commits under its fence and
raises `LeaseLost` when somebody else owns the step by now. Any method may raise `StoreUnavailable`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from narrator.domain.artifacts import Artifact, AudioFormat
from narrator.domain.documents import Cover, Document, Metadata
from narrator.domain.errors import NarratorError
from narrator.domain.ids import JobId, ObjectKey, TakeKey
from narrator.domain.jobs import Failure, Job, JobState, NewJob, Progress
from narrator.domain.plan import Boundary
from narrator.domain.steps import Claim, Queue, StepKind, StepState
from narrator.domain.takes import Take
from narrator.domain.timeline import Placement
from narrator.domain.voices import Voice


class Jobs(Protocol):
    """Jobs, as submitters and operators see them."""

    def create(self, new: NewJob) -> Job:
        """Insert the job and its `plan` step in one transaction; an existing job is returned."""

    def get(self, job_id: JobId) -> Job:
        """The job; raises Missing."""

    def recent(
        self, *, limit: int, before: JobId | None = None, state: JobState | None = None
    ) -> list[Job]:
        """Jobs from the newest on, those older than `before` where it is given."""

    def progress(self, job_id: JobId) -> Progress:
        """How far the job is, chapter by chapter; raises Missing."""

    def cancel(self, job_id: JobId) -> Job:
        """Cancel the job and its open steps (their fences grow); a cancelled job is returned as is.

        Raises Missing, or InvalidTransition when it has already ended otherwise.
        """

    def retry(self, job_id: JobId) -> Job:
        """Take up a failed or cancelled job again: its failed and cancelled steps become ready.

        Finished steps and takes are kept. Raises Missing or InvalidTransition.
        """

    def trouble(self, job_id: JobId) -> Failure | None:
        """Why an open step of the job was last given back, or None; a step keeps no remedy."""

    def states(self) -> dict[JobState, int]:
        """How many jobs there are in each state, for gauges; a state without jobs may be absent."""

    def spoken_chars(self) -> int:
        """Characters of all jobs' finished slices, those that earlier takes answered among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedChunk:
    """A chunk as its row keeps it; `chapter` is the position (from 0) among the plan's chapters."""

    chapter: int
    index: int
    text: str
    key: TakeKey
    boundary: Boundary


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Chunks of one chapter that one step will speak, by their indices."""

    chapter: int
    chunks: tuple[int, ...]
    chars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedJob:
    """What planning a job inserts. `chapters` are (body number, title), in order."""

    plan_key: ObjectKey
    title: str
    creators: tuple[str, ...]
    chapters: tuple[tuple[int, str], ...]
    chunks: tuple[PlannedChunk, ...]
    slices: tuple[Slice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedRecord:
    """A rendered chapter: its encoded audio and its timeline (`services.render`), as stored."""

    audio_key: ObjectKey
    timeline_key: ObjectKey
    samples: int


class Steps(Protocol):
    """Rows of work: dispatched, claimed under a fence, finished or given back.

    Time is the database's. A claim of a job's first step moves the job from queued to running.
    """

    def dispatch(self, window: Mapping[Queue, int], *, queued_seconds: float) -> dict[Queue, int]:
        """Return expired steps to ready, then queue the next ones up to each queue's window.

        Returns how many doorbells to ring for each queue, after this call's transaction. A step
        queued longer than `queued_seconds` counts as one whose doorbell was lost. One dispatcher
        works at a time; while another does, this returns an empty dict at once.
        """

    def claim(self, queue: Queue, *, owner: str, lease_seconds: float) -> Claim | None:
        """Claim the next queued step of a queue, or None when there is none."""

    def renew(self, claims: Sequence[Claim], *, lease_seconds: float) -> int:
        """Renew the leases of these claims that still hold; returns how many."""

    def hand_back(
        self,
        claim: Claim,
        *,
        after_seconds: float = 0.0,
        counted: bool = True,
        failure: Failure | None = None,
    ) -> None:
        """Give a step back, to be done again `after_seconds` from now.

        `counted=False` (a drain) takes the attempt back as well. `failure` says why, for operators.
        """

    def fail(self, claim: Claim, failure: Failure) -> None:
        """The step and its job fail; the job's other open steps are cancelled."""

    def release_all(self) -> int:
        """Return every queued and running step to ready at once, growing fences.

        For a caller that holds the lock on the whole installation and knows that no worker lives.
        """

    def counts(self) -> dict[tuple[StepKind, StepState], int]:
        """How many steps there are of each kind in each state, for gauges."""

    def finish_plan(self, claim: Claim, planned: PlannedJob) -> None:
        """Insert chapters, chunks and slice steps, in place of an earlier try's."""

    def finish_slice(self, claim: Claim) -> None:
        """Done; inserts the chapter's `render` step when no chunk of it is pending."""

    def finish_render(self, claim: Claim, record: RenderedRecord) -> None:
        """Done; inserts the job's `publish` step when every chapter is rendered."""

    def finish_publish(self, claim: Claim, artifacts: Sequence[Artifact]) -> None:
        """Done; the job has succeeded with these artifacts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterTake:
    """A spoken chunk of a chapter and its take, for rendering."""

    index: int
    boundary: Boundary
    take: Take


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedChapterRow:
    """A rendered chapter as its row knows it; `keys` are its chunks' takes in order."""

    number: int
    title: str
    record: RenderedRecord
    keys: tuple[TakeKey, ...]


class Takes(Protocol):
    """Takes, kept by content, and the chunks they answer."""

    def pending(self, claim: Claim) -> list[PlannedChunk]:
        """The slice's chunks that have no take yet, in order."""

    def find(self, keys: Iterable[TakeKey]) -> dict[TakeKey, Take]:
        """The finished takes among `keys`; marks them as used now."""

    def lease(self, claim: Claim, keys: Iterable[TakeKey]) -> set[TakeKey]:
        """Reserve the right to speak these words; returns those that are now the claim's.

        A lease lives as long as its step's, so that two jobs never pay for the same words at once.
        """

    def keep(self, claim: Claim, take: Take, *, spoken_now: bool) -> None:
        """The take is stored: record it, and that it answers the job's chunks of that key.

        `spoken_now` is False where an earlier take answers (nothing was sent to the provider).
        Every pending chunk of the claim's own slice with that key is answered.
        """

    def of_chapter(self, claim: Claim) -> list[ChapterTake]:
        """The takes of the claim's chapter in chunk order; for a render step."""

    def of_job(self, claim: Claim) -> list[RenderedChapterRow]:
        """The rendered chapters in order; for a publish step."""


class Objects(Protocol):
    """Bytes by key. Writing a key twice leaves the last bytes; a reader never sees half of them."""

    def put_bytes(self, key: ObjectKey, data: bytes, *, media_type: str) -> None:
        """Store a small object."""

    def put_file(self, key: ObjectKey, path: Path, *, media_type: str) -> None:
        """Store a file, streamed."""

    def get_bytes(self, key: ObjectKey) -> bytes:
        """A small object whole; raises Missing."""

    def get_file(self, key: ObjectKey, path: Path) -> None:
        """Copy an object to a file, streamed; raises Missing."""

    def stream(self, key: ObjectKey) -> Iterator[bytes]:
        """An object in blocks of at most 1 MiB; raises Missing at once, not at the first block."""

    def exists(self, key: ObjectKey) -> bool:
        """Whether the object is there."""

    def link(self, key: ObjectKey, *, file_name: str, media_type: str, seconds: int) -> str | None:
        """A URL at which anyone may fetch the object for so long; None: stream it instead."""

    def check(self) -> None:
        """Raise StoreUnavailable (with a remedy) unless the store can be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """A chunk's life in a speech session: one Speak, one Flush."""

    key: TakeKey
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """An utterance is complete: its own Flushed came, with a plausible duration.

    `pcm` is s16le mono at 24 kHz. `request_id` is the provider's name for the speech session.
    """

    key: TakeKey
    pcm: bytes
    model_version: str
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """An utterance is not complete; whatever audio came is thrown away.

    `sent` tells whether its text reached the provider, and so may be billed.
    """

    key: TakeKey
    error: NarratorError
    sent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """The caller wanted no more before this utterance was sent."""

    key: TakeKey


Report = Spoken | Cut | Unsent


class Speaker(Protocol):
    """Who makes the sound."""

    def speak(
        self, utterances: Sequence[Utterance], voice: Voice, *, going: Callable[[], bool]
    ) -> Iterator[Report]:
        """Speak them; exactly one report each. Asking for the next report says: the last is stored.

        At most two utterances are sent and not yet stored at any moment, so that no more than two a
        socket are ever paid for twice. Once `going()` is false nothing more is sent: what is under
        way is completed and reported, the rest is `Unsent`. A Cut ends the use of its speech
        session, not of the call: later utterances may be spoken on a new one, or be Cut as well.
        Closing the iterator early gives up what is under way.
        """

    def close(self) -> None:
        """Close every speech session politely and stop; idempotent."""


class Reader(Protocol):
    """Reads documents, safely."""

    def read(self, path: Path, *, name: str) -> Document:
        """The document; its content tells its format, `name` is a hint and a last-resort title.

        Raises DocumentRefused, or ToolFailed when the reading process itself broke.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeAudio:
    """A take's samples (s16le mono 24 kHz) on their way into a chapter."""

    pcm: bytes
    boundary: Boundary


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedChapter:
    """An encoded chapter in a file, and where its takes lie from the chapter's start."""

    path: Path
    media_type: str
    samples: int
    placements: tuple[Placement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterFile:
    """A rendered chapter brought back for joining."""

    path: Path
    samples: int
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a decoded recording holds: its samples at 24 kHz, the envelopes asked for."""

    samples: int
    envelopes: tuple[bytes, ...]


class Studio(Protocol):
    """Makes recordings. The same inputs give the same bytes.

    `fingerprint` names what shapes a recording besides its takes, such as pauses.
    """

    @property
    def fingerprint(self) -> str:
        """Equal for studios that make the same recordings of the same takes."""

    def pack(self, pcm: bytes) -> bytes:
        """A take's samples as a FLAC file."""

    def unpack(self, packed: bytes) -> bytes:
        """The samples of a packed take; raises TakeCorrupt."""

    def render(
        self, takes: Iterable[TakeAudio], *, format: AudioFormat, folder: Path
    ) -> RenderedChapter:
        """Trim, fade, join and encode one chapter, ready to be joined with others of its format."""

    def publish(
        self,
        chapters: Sequence[ChapterFile],
        *,
        format: AudioFormat,
        metadata: Metadata,
        narrator: str,
        cover: Cover | None,
        path: Path,
    ) -> None:
        """Join rendered chapters into one file with chapter marks, tags and cover."""

    def decode(self, path: Path) -> Iterator[bytes]:
        """A finished recording's samples (s16le mono 24 kHz) in blocks; raises ToolFailed."""

    def listen(self, path: Path, stretches: Sequence[tuple[int, int]]) -> Heard:
        """Decode a recording once, in blocks: its length, and the envelope of each stretch of it.

        A stretch is (first sample, how many); stretches are sorted and disjoint. What lies beyond
        the end of the recording is missing from its envelope. Raises ToolFailed.
        """


class Doorbell(Protocol):
    """Tells workers that there is work. Losing or doubling a ring costs time, never work."""

    def ring(self, queue: Queue, times: int) -> None:
        """Ring; a broker that does not answer is logged, not raised."""
