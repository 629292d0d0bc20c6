"""The twin of jobs, steps and takes: everything in memory, under one lock."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from threading import RLock

from narrator.domain.artifacts import Artifact
from narrator.domain.errors import InvalidTransition, LeaseLost, Missing
from narrator.domain.ids import JobId, StepId, TakeKey
from narrator.domain.jobs import (
    Failure,
    Job,
    JobMove,
    JobState,
    NewJob,
    Progress,
    next_job_state,
    stage_of,
)
from narrator.domain.ledger import Outcome
from narrator.domain.steps import (
    Claim,
    Queue,
    StepKind,
    StepMove,
    StepState,
    step_sources,
)
from narrator.domain.takes import Take
from narrator.domain.voices import Voice
from narrator.services.ports import (
    ChapterTake,
    PlannedChunk,
    PlannedJob,
    RenderedChapterRow,
    RenderedRecord,
)
from tests.fakes.rows import ChapterRow, ChunkRow, StepRow, claim_of, progress_of, trouble_of
from tests.fakes.utterances import Utterances

ALIVE = {JobState.QUEUED, JobState.RUNNING}


@dataclass(slots=True)
class MemoryStore:
    """`Jobs`, `Steps` and `Takes` in one object; `clock` tells seconds since the epoch."""

    clock: Callable[[], float]
    _jobs: dict[JobId, Job] = field(default_factory=dict)
    steps_by_id: dict[StepId, StepRow] = field(default_factory=dict)
    _chapters: dict[JobId, list[ChapterRow]] = field(default_factory=dict)
    _kept: dict[TakeKey, Take] = field(default_factory=dict)
    _leases: dict[TakeKey, tuple[StepId, int]] = field(default_factory=dict)
    utterances: Utterances = field(default_factory=Utterances)
    paused_for: dict[JobId, str] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=lambda: count(1))
    _lock: RLock = field(default_factory=RLock)

    # ------------------------------------------------------------------------------------- jobs

    def create(self, new: NewJob) -> Job:
        """Insert the job and its `plan` step; a job of that id is returned as is."""
        with self._lock:
            if new.id not in self._jobs:
                self._jobs[new.id] = Job(
                    id=new.id,
                    tenant=new.tenant,
                    state=JobState.QUEUED,
                    source_key=new.source_key,
                    source_name=new.source_name,
                    speaker=new.speaker,
                    options=new.options,
                    state_times={JobState.QUEUED: self.clock()},
                )
                self._add(new.id, StepKind.PLAN, 0)
            return self._jobs[new.id]

    def get(self, job_id: JobId) -> Job:
        """The job; raises Missing."""
        with self._lock:
            try:
                return self._jobs[job_id]
            except KeyError:
                raise Missing(f"there is no job {job_id}") from None

    def recent(
        self, *, limit: int, before: JobId | None = None, state: JobState | None = None
    ) -> list[Job]:
        """Jobs from the newest on."""
        with self._lock:
            newest = list(reversed(self._jobs.values()))
            if before is not None:
                newest = newest[newest.index(self.get(before)) + 1 :]
            return [job for job in newest if state in {None, job.state}][:limit]

    def progress(self, job_id: JobId) -> Progress:
        """How far the job is."""
        with self._lock:
            job = self.get(job_id)
            chapters = self._chapters.get(job_id, [])
            made = tuple(progress_of(chapter) for chapter in chapters)
            earlier = sum(
                len(chunk.planned.text)
                for chapter in chapters
                for chunk in chapter.chunks
                if chunk.spoken and not chunk.spoken_now
            )
            stage = stage_of(job.state, made)
            sums = self.utterances.sums(job_id)
            return Progress(
                stage=stage,
                chapters=made,
                chars_from_takes=earlier,
                chars_sent=sums.sent,
                chars_resent=sums.resent,
            )

    def cancel(self, job_id: JobId) -> Job:
        """Cancel the job and its open steps."""
        with self._lock:
            if self.get(job_id).state is not JobState.CANCELLED:
                self._move_job(job_id, JobMove.CANCEL)
                self._cancel_steps(job_id)
            return self._jobs[job_id]

    def retry(self, job_id: JobId) -> Job:
        """Take up a failed or cancelled job again."""
        with self._lock:
            self._move_job(job_id, JobMove.RETRY, failure=None)
            for step in self._of(job_id, StepMove.REVIVE):
                step.move(StepMove.REVIVE)
                step.attempts, step.run_at, step.failure = 0, self.clock(), None
            return self._jobs[job_id]

    def trouble(self, job_id: JobId) -> Failure | None:
        """Why an open step of the job was last given back, or None."""
        with self._lock:
            return trouble_of(self._of(job_id, StepMove.CANCEL))

    def states(self) -> dict[JobState, int]:
        """How many jobs there are in each state."""
        with self._lock:
            return Counter(job.state for job in self._jobs.values())

    def spoken_chars(self) -> int:
        """Characters of finished slices."""
        with self._lock:
            slices = [s for s in self.steps_by_id.values() if s.kind is StepKind.SLICE]
            done = [claim_of(step) for step in slices if step.state is StepState.DONE]
            return sum(len(c.planned.text) for claim in done for c in self._slice(claim))

    # ------------------------------------------------------------------------------------ steps

    def dispatch(self, window: Mapping[Queue, int], *, queued_seconds: float) -> dict[Queue, int]:
        """Return expired steps to ready, then queue the next ones."""
        with self._lock:
            now = self.clock()
            for step in self.steps_by_id.values():
                if step.expired(now):
                    step.move(StepMove.RETURN)
            rung = {queue: self._queue(queue, n, queued_seconds) for queue, n in window.items()}
            return {queue: times for queue, times in rung.items() if times}

    def _queue(self, queue: Queue, limit: int, queued_seconds: float) -> int:
        now = self.clock()
        room = max(0, limit - len(self._waiting(queue, StepState.QUEUED)))
        ready = [s for s in self._waiting(queue, StepState.READY) if s.run_at <= now][:room]
        for step in ready:
            step.move(StepMove.DISPATCH)
            step.until = now + queued_seconds
        return len(ready)

    def claim(self, queue: Queue, *, owner: str, lease_seconds: float) -> Claim | None:
        """Claim the next queued step of a queue."""
        with self._lock:
            for step in self._waiting(queue, StepState.QUEUED):
                if self._jobs[step.job_id].state is JobState.QUEUED:
                    self._move_job(step.job_id, JobMove.START)
                step.move(StepMove.CLAIM)
                step.fence, step.attempts = step.fence + 1, step.attempts + 1
                step.owner, step.started_at = owner, self.clock()
                step.until = step.started_at + lease_seconds
                return claim_of(step)
            return None

    def renew(self, claims: Sequence[Claim], *, lease_seconds: float) -> int:
        """Renew the leases of these claims that still hold."""
        with self._lock:
            running = [s for s in self.steps_by_id.values() if s.state is StepState.RUNNING]
            held = {(claim.step_id, claim.fence) for claim in claims}
            mine = [step for step in running if (step.id, step.fence) in held]
            for step in mine:
                step.until = self.clock() + lease_seconds
            return len(mine)

    def hand_back(
        self,
        claim: Claim,
        *,
        after_seconds: float = 0.0,
        counted: bool = True,
        failure: Failure | None = None,
    ) -> None:
        """Give a step back."""
        with self._lock:
            step = self._held(claim)
            step.move(StepMove.RETURN)
            step.run_at = self.clock() + after_seconds
            step.attempts -= 0 if counted else 1
            step.failure = failure or step.failure

    def fail(self, claim: Claim, failure: Failure) -> None:
        """The step and its job fail; the job's other open steps are cancelled."""
        with self._lock:
            step = self._held(claim)
            self._move_job(claim.job_id, JobMove.FAIL, failure=failure)
            step.move(StepMove.FAIL)
            self._cancel_steps(claim.job_id)

    def release_all(self) -> int:
        """Return every queued and running step to ready at once, growing fences."""
        with self._lock:
            open_steps = [
                s for s in self.steps_by_id.values() if s.state in step_sources(StepMove.RETURN)
            ]
            for step in open_steps:
                step.attempts -= step.state is StepState.RUNNING
                step.fence += 1
                step.move(StepMove.RETURN)
            return len(open_steps)

    def counts(self) -> dict[tuple[StepKind, StepState], int]:
        """How many steps there are of each kind in each state."""
        with self._lock:
            found: dict[tuple[StepKind, StepState], int] = {}
            for step in self.steps_by_id.values():
                key = (step.kind, step.state)
                found[key] = found.get(key, 0) + 1
            return found

    def finish_plan(self, claim: Claim, planned: PlannedJob) -> None:
        """Insert chapters, chunks and slice steps."""
        there = sorted((chunk.chapter, chunk.index) for chunk in planned.chunks)
        sliced = sorted((part.chapter, i) for part in planned.slices for i in part.chunks)
        if not planned.chapters or there != sliced:
            raise ValueError("a plan has chapters, and each chunk of theirs is in one slice")
        with self._lock:
            step = self._held(claim)
            job = self._jobs[claim.job_id]
            self._jobs[job.id] = replace(
                job, title=planned.title, creators=planned.creators, plan_key=planned.plan_key
            )
            chapters = [ChapterRow(number, title) for number, title in planned.chapters]
            for chunk in planned.chunks:
                chapters[chunk.chapter].chunks.append(ChunkRow(chunk))
            self._chapters[job.id] = chapters
            for seq, part in enumerate(planned.slices):
                self._add(job.id, StepKind.SLICE, seq, part.chapter, part.chunks)
            for position, chapter in enumerate(chapters):
                if not chapter.chunks:
                    self._add(job.id, StepKind.RENDER, position, position)
            step.move(StepMove.FINISH)

    def finish_slice(self, claim: Claim) -> None:
        """Done; inserts the chapter's `render` step when no chunk of it is pending."""
        with self._lock:
            step = self._held(claim)
            if self.pending(claim):
                raise InvalidTransition(f"the {claim} has chunks that are not spoken")
            step.move(StepMove.FINISH)
            chapter = self._chapters[claim.job_id][claim.chapter]
            if all(chunk.spoken for chunk in chapter.chunks):
                self._add(claim.job_id, StepKind.RENDER, claim.chapter, claim.chapter)

    def finish_render(self, claim: Claim, record: RenderedRecord) -> None:
        """Done; inserts the job's `publish` step when every chapter is rendered."""
        with self._lock:
            self._held(claim).move(StepMove.FINISH)
            chapters = self._chapters[claim.job_id]
            chapters[claim.chapter].record = record
            if all(chapter.record for chapter in chapters):
                self._add(claim.job_id, StepKind.PUBLISH, 0)

    def finish_publish(self, claim: Claim, artifacts: Sequence[Artifact]) -> None:
        """Done; the job has succeeded with these artifacts."""
        with self._lock:
            step = self._held(claim)
            self._move_job(claim.job_id, JobMove.SUCCEED, artifacts=tuple(artifacts))
            step.move(StepMove.FINISH)

    # ------------------------------------------------------------------------------------ takes

    def pending(self, claim: Claim) -> list[PlannedChunk]:
        """The slice's chunks that have no take yet, in order."""
        with self._lock:
            self._held(claim)
            return [chunk.planned for chunk in self._slice(claim) if not chunk.spoken]

    def find(self, keys: Iterable[TakeKey]) -> dict[TakeKey, Take]:
        """The finished takes among `keys`."""
        with self._lock:
            return {key: self._kept[key] for key in sorted(set(keys)) if key in self._kept}

    def lease(self, claim: Claim, keys: Iterable[TakeKey]) -> set[TakeKey]:
        """Reserve the right to speak these words."""
        with self._lock:
            self._held(claim)
            mine = (claim.step_id, claim.fence)
            free = {k for k in keys if k not in self._kept and self._lessee(k) in {None, mine}}
            self._leases.update(dict.fromkeys(free, mine))
            return free

    def keep(self, claim: Claim, take: Take, *, spoken_now: bool, request_id: str = "") -> None:
        """Record the take, and that it answers the slice's chunks of that key."""
        with self._lock:
            self._held(claim)
            late = take.key in self._kept
            kept = self._kept.setdefault(take.key, take)
            if spoken_now:
                outcome = Outcome.LATE if late else Outcome.KEPT
                self.utterances.end(claim, take.key, outcome, request_id=request_id)
            spoken_now = spoken_now and not late
            for chunk in self._slice(claim):
                if chunk.planned.key == take.key and not chunk.spoken:
                    chunk.spoken, chunk.spoken_now, chunk.samples = True, spoken_now, kept.samples
                    spoken_now = False

    def of_chapter(self, claim: Claim) -> list[ChapterTake]:
        """The takes of the claim's chapter in chunk order."""
        with self._lock:
            self._held(claim)
            return [
                ChapterTake(
                    index=chunk.planned.index,
                    boundary=chunk.planned.boundary,
                    take=self._kept[chunk.planned.key],
                )
                for chunk in self._chapters[claim.job_id][claim.chapter].chunks
                if chunk.spoken
            ]

    def of_job(self, claim: Claim) -> list[RenderedChapterRow]:
        """The rendered chapters in order."""
        with self._lock:
            self._held(claim)
            return [
                RenderedChapterRow(
                    number=chapter.number,
                    title=chapter.title,
                    record=chapter.record,
                    keys=tuple(chunk.planned.key for chunk in chapter.chunks if chunk.spoken),
                )
                for chapter in self._chapters[claim.job_id]
                if chapter.record
            ]

    # ------------------------------------------------------------- what the other twins look at

    @contextmanager
    def still(self, claim: Claim | None = None) -> Iterator[None]:
        """Nothing changes while the block runs; raises LeaseLost unless the claim holds."""
        with self._lock:
            if claim is not None:
                self._held(claim)
            yield

    def queued_voices(self, speaker: str) -> list[Voice]:
        """The voice of each queued slice of this speaker, in the order of the queue."""
        with self._lock:
            jobs = [self._jobs[s.job_id] for s in self._waiting(Queue.SPEECH, StepState.QUEUED)]
            return [job.options.voice for job in jobs if job.speaker == speaker]

    def pause_for_account(self, speaker: str) -> None:
        """Pause this speaker's jobs that have open slices."""
        with self._lock:
            for job in list(self._jobs.values()):
                if job.speaker == speaker and job.state in ALIVE and self._open_slices(job.id):
                    self._move_job(job.id, JobMove.PAUSE)
                    self.paused_for[job.id] = "account"

    def resume_for_account(self, speaker: str) -> None:
        """Resume the jobs that were paused for this speaker's account, and no others."""
        with self._lock:
            for job in list(self._jobs.values()):
                if job.speaker == speaker and self.paused_for.get(job.id) == "account":
                    del self.paused_for[job.id]
                    if job.state is JobState.PAUSED:
                        self._move_job(job.id, JobMove.RESUME)

    def _open_slices(self, job_id: JobId) -> bool:
        return any(step.kind is StepKind.SLICE for step in self._of(job_id, StepMove.CANCEL))

    # ------------------------------------------------------------------------------------------

    def _held(self, claim: Claim) -> StepRow:
        step = self.steps_by_id[claim.step_id]
        if step.state is not StepState.RUNNING or step.fence != claim.fence:
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
        return [s for s in self.steps_by_id.values() if s.job_id == job_id and s.state in sources]

    def _cancel_steps(self, job_id: JobId) -> None:
        for step in self._of(job_id, StepMove.CANCEL):
            step.move(StepMove.CANCEL)
            step.fence += 1

    def _move_job(self, job_id: JobId, move: JobMove, **changes: object) -> None:
        job = self.get(job_id)
        state = next_job_state(job.state, move)
        times = {**job.state_times, state: self.clock()}
        self._jobs[job_id] = replace(job, state=state, state_times=times, **changes)  # type: ignore[arg-type]

    def _slice(self, claim: Claim) -> list[ChunkRow]:
        chapter = self._chapters[claim.job_id][claim.chapter]
        return [chunk for chunk in chapter.chunks if chunk.planned.index in claim.chunks]
