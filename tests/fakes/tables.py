"""What the twins of jobs, steps and takes stand on: their rows, under one lock."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from threading import RLock

from narrator.domain.errors import LeaseLost, Missing
from narrator.domain.ids import JobId, StepId, TakeKey
from narrator.domain.jobs import (
    FINAL_STATES,
    FOR_ACCOUNT,
    Job,
    JobMove,
    JobState,
    next_job_state,
)
from narrator.domain.poison import DeadChunk
from narrator.domain.steps import Claim, Queue, StepKind, StepMove, StepState, step_sources
from narrator.domain.takes import Take
from narrator.domain.voices import Voice
from narrator.services.ports import PlannedChunk
from tests.fakes.rows import ChapterRow, ChunkRow, StepRow
from tests.fakes.utterances import Utterances

ALIVE = {JobState.QUEUED, JobState.RUNNING}


def waits_for_account(job: Job) -> bool:
    """Whether it resumes by itself."""
    return job.state is JobState.PAUSED and job.paused_for == FOR_ACCOUNT


@dataclass(slots=True)
class MemoryTables:
    """The rows; `clock` tells seconds since the epoch."""

    clock: Callable[[], float]
    _jobs: dict[JobId, Job] = field(default_factory=dict)
    _deleted: set[JobId] = field(default_factory=set)  # there for nobody, until they are removed
    steps_by_id: dict[StepId, StepRow] = field(default_factory=dict)
    _chapters: dict[JobId, list[ChapterRow]] = field(default_factory=dict)
    _kept: dict[TakeKey, Take] = field(default_factory=dict)
    _used_at: dict[TakeKey, float] = field(default_factory=dict)
    _put_by: dict[TakeKey, Take] = field(default_factory=dict)  # leased, not kept
    _leases: dict[TakeKey, tuple[StepId, int]] = field(default_factory=dict)
    spoilt_by_job: Counter[JobId] = field(default_factory=Counter)
    utterances: Utterances = field(default_factory=Utterances)
    refused_accounts: set[str] = field(default_factory=set)  # by their speakers' names
    _ids: Iterator[int] = field(default_factory=lambda: count(1))
    _lock: RLock = field(default_factory=RLock)

    def _job(self, job_id: JobId) -> Job:
        if job_id not in self._jobs or job_id in self._deleted:
            raise Missing(f"there is no job {job_id}")
        return self._jobs[job_id]

    def _held(self, claim: Claim) -> StepRow:
        step = self.steps_by_id.get(claim.step_id)
        if step is None or step.state is not StepState.RUNNING or step.fence != claim.fence:
            raise LeaseLost(f"the {claim} belongs to somebody else by now")
        return step

    def _lessee(self, key: TakeKey) -> tuple[StepId, int] | None:
        step_id, fence = self._leases.get(key, (StepId(0), 0))
        step = self.steps_by_id.get(step_id)
        alive = step and step.state is StepState.RUNNING and step.fence == fence
        return (step_id, fence) if step and alive and not step.expired(self.clock()) else None

    def _add(
        self,
        job_id: JobId,
        kind: StepKind,
        seq: int,
        chapter: int = -1,
        chunks: tuple[int, ...] = (),
    ) -> None:
        known = {(s.kind, s.seq) for s in self.steps_by_id.values() if s.job_id == job_id}
        if (kind, seq) not in known:
            step_id = StepId(next(self._ids))
            step = StepRow(step_id, job_id, kind, seq, self.clock(), chapter, chunks)
            self.steps_by_id[step_id] = step

    def _waiting(self, queue: Queue, state: StepState) -> list[StepRow]:
        """Steps of living jobs, the oldest job first."""
        age = {job_id: position for position, job_id in enumerate(self._jobs)}
        found = [
            step
            for step in self.steps_by_id.values()
            if step.kind.queue is queue
            and step.state is state
            and self._jobs[step.job_id].state in ALIVE
        ]
        return sorted(found, key=lambda step: (age[step.job_id], step.id))

    def _of(self, job_id: JobId, move: StepMove) -> list[StepRow]:
        sources = step_sources(move)
        mine = [s for s in self.steps_by_id.values() if s.job_id == job_id and s.kind.queue]
        return [step for step in mine if step.state in sources]

    def _steps(self, job_id: JobId, kind: StepKind) -> list[StepRow]:
        return [s for s in self.steps_by_id.values() if s.job_id == job_id and s.kind is kind]

    def _open_slices(self, job_id: JobId) -> bool:
        return any(step.kind is StepKind.SLICE for step in self._of(job_id, StepMove.CANCEL))

    def _cancel_steps(self, job_id: JobId) -> None:
        for step in self._of(job_id, StepMove.CANCEL):
            step.move(StepMove.CANCEL)
            step.fence += 1
        self.utterances.lose_all(job_id)

    def _move_job(self, job_id: JobId, move: JobMove, **changes: object) -> None:
        job = self._job(job_id)
        state = next_job_state(job.state, move)
        times = {**job.state_times, state: self.clock()}
        written = {"state": state, "state_times": times, "paused_for": "", **changes}
        self._jobs[job_id] = replace(job, **written)  # type: ignore[arg-type]
        if state in FINAL_STATES and job.options.webhook_url:
            self._tell(job_id, state)

    def _tell(self, job_id: JobId, state: JobState) -> None:
        steps = self.steps_by_id.values()
        told = sum(s.job_id == job_id and s.kind is StepKind.WEBHOOK for s in steps)
        self._add(job_id, StepKind.WEBHOOK, told)
        (new,) = (s for s in steps if (s.job_id, s.kind, s.seq) == (job_id, StepKind.WEBHOOK, told))
        new.event = state

    def _slice(self, step: Claim | StepRow) -> list[ChunkRow]:
        if step.job_id not in self._chapters:  # deleted
            return []
        chapter = self._chapters[step.job_id][step.chapter]
        return [chunk for chunk in chapter.chunks if chunk.planned.index in step.chunks]

    def _voice(self, step: StepRow) -> Voice:
        """The voice of a slice: that of its first chunk, as of all."""
        own, voice = self._slice(step), self._jobs[step.job_id].options.voice
        return replace(voice, name=own[0].planned.voice or voice.name) if own else voice

    def _chars(self, step: StepRow) -> int:
        return sum(len(row.planned.text) for row in self._slice(step)) if step.chunks else 0

    def _pending(self, claim: Claim) -> list[PlannedChunk]:
        return [chunk.planned for chunk in self._slice(claim) if chunk.pending]

    def _dead(self, job_id: JobId) -> list[DeadChunk]:
        """The job's dead chunks in order."""
        return [
            DeadChunk(
                chapter=chapter.number,
                index=chunk.planned.index,
                code=chunk.dead[0],
                reason=chunk.dead[1],
            )
            for chapter in self._chapters.get(job_id, [])
            for chunk in chapter.chunks
            if chunk.dead
        ]

    def _any_spoken(self, job_id: JobId) -> bool:
        return any(chunk.spoken for row in self._chapters[job_id] for chunk in row.chunks)

    def _begun_at(self, job_id: JobId) -> float:
        return self._jobs[job_id].state_times.get(JobState.RUNNING, 0.0)
