"""The twin of steps."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from narrator.domain.artifacts import Artifact
from narrator.domain.errors import InvalidTransition
from narrator.domain.jobs import Failure, JobMove, JobState
from narrator.domain.steps import Claim, Queue, StepKind, StepMove, StepState, step_sources
from narrator.services.ports import PlannedJob, RenderedRecord
from tests.fakes.rows import ChapterRow, ChunkRow, claim_of
from tests.fakes.tables import MemoryTables


class MemorySteps(MemoryTables):
    """The port `Steps`."""

    __slots__ = ()

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
            if self._unspoken(claim):
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
