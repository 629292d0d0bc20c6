"""A job: one document on its way to a recording."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from narrator.domain.artifacts import Artifact, AudioFormat
from narrator.domain.choices import TextChoices
from narrator.domain.errors import InvalidTransition
from narrator.domain.ids import DEFAULT_TENANT, JobId, ObjectKey, TenantId
from narrator.domain.production import Production
from narrator.domain.voices import Voice


class JobState(StrEnum):
    """Where a job stands. A state, once released, is a promise."""

    QUEUED = "queued"  # accepted; nothing has begun
    RUNNING = "running"
    PAUSED = "paused"  # waits for an operator or for the provider's account
    SUCCEEDED = "succeeded"  # artifacts are stored and verified
    FAILED = "failed"  # ended with a reason and a remedy; finished work is kept
    CANCELLED = "cancelled"


FOR_ACCOUNT = "account"
"""Why a job is paused that waits for the provider's account; it resumes by itself."""

FOR_OPERATOR = "operator"
"""Why a job is paused that somebody paused; it waits until somebody resumes it."""


class OnDead(StrEnum):
    """What a job makes of chunks that cannot be spoken, once all others are."""

    FAIL = "fail"  # it fails with the list of them; a retry tries them again
    SKIP = "skip"  # the recording is made without them, and says so


class JobMove(StrEnum):
    """What can happen to a job."""

    START = "start"
    SUCCEED = "succeed"
    FAIL = "fail"
    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"
    RETRY = "retry"


JOB_TRANSITIONS: dict[JobState, dict[JobMove, JobState]] = {
    JobState.QUEUED: {
        JobMove.START: JobState.RUNNING,
        JobMove.FAIL: JobState.FAILED,
        JobMove.CANCEL: JobState.CANCELLED,
        JobMove.PAUSE: JobState.PAUSED,
    },
    JobState.RUNNING: {
        JobMove.SUCCEED: JobState.SUCCEEDED,
        JobMove.FAIL: JobState.FAILED,
        JobMove.CANCEL: JobState.CANCELLED,
        JobMove.PAUSE: JobState.PAUSED,
    },
    JobState.PAUSED: {
        JobMove.RESUME: JobState.RUNNING,
        JobMove.FAIL: JobState.FAILED,
        JobMove.CANCEL: JobState.CANCELLED,
    },
    JobState.FAILED: {JobMove.RETRY: JobState.RUNNING},
    JobState.CANCELLED: {JobMove.RETRY: JobState.RUNNING},
    JobState.SUCCEEDED: {},
}

_ASKED_FOR = frozenset({JobMove.CANCEL, JobMove.PAUSE, JobMove.RESUME, JobMove.RETRY})

FINAL_STATES = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED})


def job_sources(move: JobMove) -> frozenset[JobState]:
    """The states from which `move` may be made: the WHERE of its guarded statement."""
    return frozenset(state for state, moves in JOB_TRANSITIONS.items() if move in moves)


def job_target(move: JobMove) -> JobState:
    """Where `move` leads; each move has one target, wherever it starts."""
    return next(moves[move] for moves in JOB_TRANSITIONS.values() if move in moves)


def next_job_state(state: JobState, move: JobMove) -> JobState:
    """Where `move` leads from `state`; raises InvalidTransition where it leads nowhere."""
    try:
        return JOB_TRANSITIONS[state][move]
    except KeyError:
        raise InvalidTransition(f"cannot {move} a {state} job", remedy=_remedy(state)) from None


def _remedy(state: JobState) -> str:
    """What somebody may do with a job in this state."""
    possible = [move for move in JOB_TRANSITIONS[state] if move in _ASKED_FOR]
    if not possible:
        return "it has ended for good; submit the document again"
    return f"possible now: {', '.join(possible)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOptions:
    """What the submitter chose. `chapters` holds body chapter numbers; empty means all.

    `webhook_url` is told when the job ends, unless it is empty. `text` says what is read and how it
    is worded; `lexicon` names the pronunciations (the digest under which they are kept), if any.
    Only the plan with the digest `plan_hash` is carried out, and at most `max_chars` characters are
    sent; empty and 0 stand for whatever it takes. `production` is about the recording: its other
    formats, its loudness, how it is cut into files, and what goes along with it.
    """

    voice: Voice = field(default_factory=Voice)
    format: AudioFormat = AudioFormat.M4B
    chapters: tuple[int, ...] = ()
    on_dead: OnDead = OnDead.FAIL
    webhook_url: str = ""
    text: TextChoices = field(default_factory=TextChoices)
    lexicon: str = ""
    plan_hash: str = ""
    max_chars: int = 0
    production: Production = field(default_factory=Production)

    @property
    def formats(self) -> tuple[AudioFormat, ...]:
        """Every format that is made, its own first."""
        return self.production.formats(self.format)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """What submitting inserts. The document's bytes are already stored at `source_key`."""

    id: JobId
    tenant: TenantId = DEFAULT_TENANT
    source_key: ObjectKey
    source_name: str  # the file's name as submitted, for people
    speaker: str  # who will make the sound, by configured name
    options: JobOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a job failed and what to do about it; `code` is the error's public code."""

    code: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as the store knows it.

    `state_times` holds when each state was last entered (seconds since the epoch, the database's
    clock). `title` and `creators` are known once it is planned. `paused_for` is why it is paused,
    empty unless it is: `FOR_ACCOUNT` or `FOR_OPERATOR`.
    """

    id: JobId
    tenant: TenantId
    state: JobState
    source_key: ObjectKey
    source_name: str
    speaker: str
    options: JobOptions
    state_times: dict[JobState, float]
    title: str = ""
    creators: tuple[str, ...] = ()
    plan_key: ObjectKey | None = None
    failure: Failure | None = None
    paused_for: str = ""
    artifacts: tuple[Artifact, ...] = ()

    def __str__(self) -> str:
        return f"job {self.id} ({self.state})"


class Stage(StrEnum):
    """What a running job is busy with."""

    WAITING = "waiting"
    PLANNING = "planning"
    SPEAKING = "speaking"
    RENDERING = "rendering"
    PUBLISHING = "publishing"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterProgress:
    """How far one chapter is; `samples` of audio count takes that are in."""

    number: int
    title: str
    chunks: int
    chunks_spoken: int
    chars: int
    chars_spoken: int
    samples: int
    rendered: bool
    chunks_dead: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a job is. Totals are 0 until it is planned.

    `chars_from_takes` counts the part of `chars_spoken` that earlier takes answered: those were not
    sent to the provider. `chars_sent` and `chars_resent` are the ledger's: what is billed, and the
    part of it that finished nothing. `takes_spoilt` counts takes that were gone, or not what was
    stored, when they were read back: each was spoken again. `takes_doubtful` counts chunks whose
    take the quality gate doubts, although it is the best of several.
    """

    stage: Stage
    chapters: tuple[ChapterProgress, ...] = ()
    chars_from_takes: int = 0
    chars_sent: int = 0
    chars_resent: int = 0
    takes_spoilt: int = 0
    takes_doubtful: int = 0

    @property
    def chunks(self) -> int:
        """Chunks planned."""
        return sum(chapter.chunks for chapter in self.chapters)

    @property
    def chunks_spoken(self) -> int:
        """Chunks whose take is in."""
        return sum(chapter.chunks_spoken for chapter in self.chapters)

    @property
    def chunks_dead(self) -> int:
        """Chunks that could not be spoken, and are not tried any more."""
        return sum(chapter.chunks_dead for chapter in self.chapters)

    @property
    def chars(self) -> int:
        """Characters planned."""
        return sum(chapter.chars for chapter in self.chapters)

    @property
    def chars_spoken(self) -> int:
        """Characters whose take is in."""
        return sum(chapter.chars_spoken for chapter in self.chapters)

    @property
    def samples(self) -> int:
        """Samples of speech made so far, before trimming and pauses."""
        return sum(chapter.samples for chapter in self.chapters)

    @property
    def chapters_rendered(self) -> int:
        """Chapters whose audio is finished."""
        return sum(chapter.rendered for chapter in self.chapters)


def stage_of(state: JobState, chapters: Sequence[ChapterProgress]) -> Stage:
    """What a job in this state, this far on, is busy with; the earliest stage that is not over."""
    if state in FINAL_STATES:
        return Stage.ENDED
    if state is JobState.QUEUED:
        return Stage.WAITING
    if not chapters:
        return Stage.PLANNING
    if any(chapter.chunks_spoken + chapter.chunks_dead < chapter.chunks for chapter in chapters):
        return Stage.SPEAKING
    if not all(chapter.rendered for chapter in chapters):
        return Stage.RENDERING
    return Stage.PUBLISHING
