"""The rows of the twin in `store`."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from narrator.domain.gate import Doubt
from narrator.domain.ids import JobId, StepId
from narrator.domain.jobs import ChapterProgress, Failure, JobState
from narrator.domain.steps import (
    IMPLAUSIBLE_SECONDS,
    STEP_TRANSITIONS,
    Claim,
    StepKind,
    StepMove,
    StepState,
)
from narrator.services.ports import PlannedChunk, RenderedRecord


@dataclass(slots=True)
class StepRow:
    """A row of work."""

    id: StepId
    job_id: JobId
    kind: StepKind
    seq: int
    run_at: float
    chapter: int = -1
    chunks: tuple[int, ...] = ()
    state: StepState = StepState.READY
    fence: int = 0
    attempts: int = 0
    owner: str = ""
    until: float = 0.0  # the end of being queued, or of the lease
    started_at: float = 0.0
    failure: Failure | None = None
    event: JobState | None = None  # which a webhook tells of
    done_chars: int = 0  # of a plan what takes answered, of a slice what was spoken

    def move(self, move: StepMove) -> None:
        """Make a move that the state machine has."""
        self.state = STEP_TRANSITIONS[self.state][move]

    def due(self, now: float) -> bool:
        """Whether the time for it has come, or lies at an implausible instant."""
        return not now < self.run_at <= now + IMPLAUSIBLE_SECONDS

    def expired(self, now: float) -> bool:
        """Whether its time has run out, or ends at an implausible instant."""
        timed = self.state in {StepState.QUEUED, StepState.RUNNING}
        return timed and not now < self.until <= now + IMPLAUSIBLE_SECONDS


@dataclass(slots=True)
class ChunkRow:
    """A planned chunk and whether its take is in, or it is given up (code and reason)."""

    planned: PlannedChunk
    spoken: bool = False
    spoken_now: bool = False
    samples: int = 0
    doubts: tuple[Doubt, ...] | None = None
    dead: tuple[str, str] | None = None

    @property
    def pending(self) -> bool:
        """Whether it is to be spoken yet."""
        return not self.spoken and self.dead is None


@dataclass(slots=True)
class ChapterRow:
    """A planned chapter and its recording."""

    number: int
    title: str
    chunks: list[ChunkRow] = field(default_factory=list)
    record: RenderedRecord | None = None


def claim_of(step: StepRow) -> Claim:
    """The claim that its last claimant holds."""
    return Claim(
        step_id=step.id,
        job_id=step.job_id,
        kind=step.kind,
        fence=step.fence,
        attempts=step.attempts,
        chapter=step.chapter,
        chunks=step.chunks,
    )


def trouble_of(open_steps: Iterable[StepRow]) -> Failure | None:
    """Why one of them was last given back."""
    failed = [(step.started_at, step.id, step.failure) for step in open_steps if step.failure]
    return replace(max(failed)[2], remedy="") if failed else None


def progress_of(chapter: ChapterRow) -> ChapterProgress:
    """How far the chapter is."""
    spoken = [chunk for chunk in chapter.chunks if chunk.spoken]
    return ChapterProgress(
        number=chapter.number,
        title=chapter.title,
        chunks=len(chapter.chunks),
        chunks_spoken=len(spoken),
        chars=sum(len(chunk.planned.text) for chunk in chapter.chunks),
        chars_spoken=sum(len(chunk.planned.text) for chunk in spoken),
        samples=sum(chunk.samples for chunk in spoken),
        rendered=chapter.record is not None,
        chunks_dead=sum(chunk.dead is not None for chunk in chapter.chunks),
    )
