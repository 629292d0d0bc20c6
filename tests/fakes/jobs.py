"""The twin of jobs."""

from collections import Counter
from dataclasses import replace
from typing import Any

from narrator.domain.ids import JobId
from narrator.domain.jobs import (
    FINAL_STATES,
    FOR_ACCOUNT,
    FOR_OPERATOR,
    Failure,
    Job,
    JobMove,
    JobState,
    NewJob,
    Progress,
    next_job_state,
    stage_of,
)
from narrator.domain.poison import DeadChunk
from narrator.domain.steps import StepKind, StepMove, StepState, step_sources
from tests.fakes.rows import progress_of, trouble_of
from tests.fakes.tables import ALIVE, MemoryTables


class MemoryJobs(MemoryTables):
    """The port `Jobs`."""

    __slots__ = ()

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
            else:
                bounds = {"plan_hash": new.options.plan_hash, "max_chars": new.options.max_chars}
                self._bind(new.id, **bounds)
            return self._jobs[new.id]

    def _bind(self, job_id: JobId, **bounds: Any) -> None:
        job = self._jobs[job_id]
        self._jobs[job_id] = replace(job, options=replace(job.options, **bounds))

    def get(self, job_id: JobId) -> Job:
        """The job; raises Missing."""
        with self._lock:
            return self._job(job_id)

    def recent(
        self, *, limit: int, before: JobId | None = None, state: JobState | None = None
    ) -> list[Job]:
        """Jobs from the newest on."""
        with self._lock:
            there = [job for job in self._jobs.values() if job.id not in self._deleted]
            newest = list(reversed(there))
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
            sums = self.utterances.sums_of_job(job_id)
            return Progress(
                stage=stage,
                chapters=made,
                chars_from_takes=earlier,
                chars_sent=sums.sent,
                chars_resent=sums.resent,
                takes_spoilt=self.spoilt_by_job[job_id],
                takes_doubtful=sum(
                    bool(chunk.spoken and chunk.doubts)
                    for chapter in chapters
                    for chunk in chapter.chunks
                ),
            )

    def cancel(self, job_id: JobId) -> Job:
        """Cancel the job and its open steps."""
        with self._lock:
            if self.get(job_id).state is not JobState.CANCELLED:
                self._move_job(job_id, JobMove.CANCEL)
                self._cancel_steps(job_id)
            return self._jobs[job_id]

    def delete(self, job_id: JobId) -> None:
        """Cancel the job if it is open, and let it be missing from now on."""
        with self._lock:
            if job_id in self._deleted:
                return
            if self.get(job_id).state not in FINAL_STATES:
                self._move_job(job_id, JobMove.CANCEL)
            self._cancel_steps(job_id)
            for step in self.steps_by_id.values():
                if step.job_id == job_id and step.state in step_sources(StepMove.CANCEL):
                    step.move(StepMove.CANCEL)
                    step.fence += 1
            self._deleted.add(job_id)
            self._add(job_id, StepKind.DELETE, 0)

    def pause(self, job_id: JobId) -> Job:
        """Pause the job for an operator, and break what claims there are."""
        with self._lock:
            job = self.get(job_id)
            if job.state is JobState.PAUSED:
                self._jobs[job_id] = replace(job, paused_for=FOR_OPERATOR)
            else:
                self._move_job(job_id, JobMove.PAUSE, paused_for=FOR_OPERATOR)
            for step in self._of(job_id, StepMove.RETURN):
                if step.kind.queue:  # no chore, which is no work for the job
                    running = step.state is StepState.RUNNING
                    step.fence, step.attempts = step.fence + running, step.attempts - running
                    step.move(StepMove.RETURN)
            return self._jobs[job_id]

    def resume(self, job_id: JobId) -> Job:
        """Let the job go on, or wait for its account if that is refused."""
        with self._lock:
            job = self.get(job_id)
            if job.state not in ALIVE:
                next_job_state(job.state, JobMove.RESUME)
                if job.speaker in self.refused_accounts and self._open_slices(job_id):
                    self._jobs[job_id] = replace(job, paused_for=FOR_ACCOUNT)
                else:
                    self._move_job(job_id, JobMove.RESUME)
            return self._jobs[job_id]

    def retry(self, job_id: JobId, *, max_chars: int | None = None) -> Job:
        """Take up a failed or cancelled job again."""
        with self._lock:
            alive = self.get(job_id).state in ALIVE
            if not alive:
                self._move_job(job_id, JobMove.RETRY, failure=None)
            if max_chars is not None:
                self._bind(job_id, max_chars=max_chars)
            if alive:
                return self._jobs[job_id]
            for step in self._of(job_id, StepMove.REVIVE):
                step.move(StepMove.REVIVE)
                step.attempts, step.run_at, step.failure = 0, self.clock(), None
            self._revive(job_id)
            return self._jobs[job_id]

    def _revive(self, job_id: JobId) -> None:
        """Dead chunks are pending again, each in a slice of its own."""
        mine = [step for step in self.steps_by_id.values() if step.job_id == job_id]
        slices = [step for step in mine if step.kind is StepKind.SLICE]
        seq = max((step.seq + len(step.chunks) for step in slices), default=0)
        for position, chapter in enumerate(self._chapters.get(job_id, [])):
            dead = [chunk for chunk in chapter.chunks if chunk.dead]
            if dead:
                chapter.record = None
            for step in mine:
                rendered = step.kind is StepKind.RENDER and step.chapter == position
                if dead and (rendered or step.kind is StepKind.PUBLISH):
                    self.steps_by_id.pop(step.id, None)
            opened = {
                index
                for step in slices
                if step.chapter == position and step.state in step_sources(StepMove.CANCEL)
                for index in step.chunks
            }
            for chunk in dead:
                chunk.dead = None
                if chunk.planned.index not in opened:
                    self._add(job_id, StepKind.SLICE, seq, position, (chunk.planned.index,))
                    seq += 1

    def dead(self, job_id: JobId, *, limit: int) -> list[DeadChunk]:
        """The first of the job's dead chunks."""
        with self._lock:
            return self._dead(job_id)[:limit]

    def voices(self, job_id: JobId) -> dict[str, int]:
        """Characters by the voice that speaks them."""
        with self._lock:
            chars: Counter[str] = Counter()
            for chapter in self._chapters.get(job_id, []):
                for chunk in chapter.chunks:
                    name = chunk.planned.voice or self.get(job_id).options.voice.name
                    chars[name] += len(chunk.planned.text)
            return dict(chars.most_common())

    def trouble(self, job_id: JobId) -> Failure | None:
        """Why an open step of the job was last given back, or None."""
        with self._lock:
            return trouble_of(self._of(job_id, StepMove.CANCEL))

    def states(self) -> dict[JobState, int]:
        """How many jobs there are in each state."""
        with self._lock:
            there = self._jobs.keys() - self._deleted
            return Counter(self._jobs[job_id].state for job_id in there)

    def takes_spoilt(self) -> int:
        """How many takes of all jobs were spoilt."""
        with self._lock:
            return self.spoilt_by_job.total()

    def takes_doubtful(self) -> int:
        """How many kept takes are doubted."""
        with self._lock:
            return sum(bool(take.doubts) for take in self._kept.values())

    def spoken_chars(self) -> int:
        """Characters of finished slices, and of what takes answered when a job was planned."""
        with self._lock:
            done = [s for s in self.steps_by_id.values() if s.state is StepState.DONE]
            return sum(step.done_chars for step in done)
