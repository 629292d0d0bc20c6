"""The twin of jobs, steps and takes: everything in memory, under one lock."""

from collections.abc import Iterator
from contextlib import contextmanager

from narrator.domain.ids import JobId, ObjectKey
from narrator.domain.jobs import FINAL_STATES, FOR_ACCOUNT, JobMove
from narrator.domain.steps import Claim, Queue, StepKind, StepState
from narrator.domain.voices import Voice
from tests.fakes.jobs import MemoryJobs
from tests.fakes.steps import MemorySteps
from tests.fakes.tables import ALIVE, waits_for_account
from tests.fakes.takes import MemoryTakes


class MemoryStore(MemoryJobs, MemorySteps, MemoryTakes):
    """`Jobs`, `Steps` and `Takes` in one object; `clock` tells seconds since the epoch."""

    __slots__ = ()

    @contextmanager
    def still(self, claim: Claim | None = None) -> Iterator[None]:
        """Nothing changes while the block runs; raises LeaseLost unless the claim holds."""
        with self._lock:
            if claim is not None:
                self._held(claim)
            yield

    def begun_at(self, job_id: JobId) -> float:
        """When the job was begun, resumed or retried; 0 if it was not."""
        return self._begun_at(job_id)

    def room(self, job_id: JobId) -> int | None:
        """What a job's cap leaves beside all that runs; None without a cap."""
        cap = self._jobs[job_id].options.max_chars
        running = [s for s in self._steps(job_id, StepKind.SLICE) if s.state is StepState.RUNNING]
        sent = self.utterances.sums_of_job(job_id).sent
        return cap - sent - sum(map(self._chars, running)) if cap else None

    def queued_voices(self, speaker: str) -> list[Voice]:
        """The voice of each queued slice of this speaker, in the order of the queue."""
        with self._lock:
            queued = self._waiting(Queue.SPEECH, StepState.QUEUED)
            return [self._voice(step) for step in self._slices_of(speaker, queued)]

    def pause_for_account(self, speaker: str) -> None:
        """Pause this speaker's jobs that have open slices."""
        with self._lock:
            self.refused_accounts.add(speaker)
            for job in list(self._jobs.values()):
                if job.speaker == speaker and job.state in ALIVE and self._open_slices(job.id):
                    self._move_job(job.id, JobMove.PAUSE, paused_for=FOR_ACCOUNT)

    def resume_for_account(self, speaker: str) -> None:
        """Resume the jobs that were paused for this speaker's account, and no others."""
        with self._lock:
            self.refused_accounts.discard(speaker)
            for job in list(self._jobs.values()):
                if job.speaker == speaker and waits_for_account(job):
                    self._move_job(job.id, JobMove.RESUME, paused_for="")

    def source_of(self, job_id: JobId) -> ObjectKey:
        """The source of a job, a deleted one too."""
        return self._jobs[job_id].source_key

    def forget(self, job_id: JobId) -> None:
        """Remove the job and all that hangs on it, but the ledger."""
        del self._jobs[job_id]
        self._deleted.discard(job_id)
        self._chapters.pop(job_id, None)
        for step in [step for step in self.steps_by_id.values() if step.job_id == job_id]:
            del self.steps_by_id[step.id]

    def has_source(self, key: ObjectKey) -> bool:
        """Whether a job that is there has this source."""
        there = self._jobs.keys() - self._deleted
        return any(self._jobs[job_id].source_key == key for job_id in there)

    def drop_takes(self, unused_seconds: float, limit: int) -> list[ObjectKey]:
        """Forget takes that were not used for so long and that no open job's chunk names."""
        wanted = {
            chunk.planned.key
            for job in self._jobs.values()
            if job.state not in FINAL_STATES
            for chapter in self._chapters.get(job.id, ())
            for chunk in chapter.chunks
        }
        before = self.clock() - unused_seconds
        stored = self._put_by | self._kept
        unused = [k for k in sorted(stored) if self._used_at[k] < before and k not in wanted]
        for key in unused[:limit]:
            self._put_by.pop(key, None)
            self._kept.pop(key, None)
        return [stored[key].object_key for key in unused[:limit]]

    def named_objects(self) -> tuple[set[ObjectKey], set[JobId]]:
        """Every object that a row names, and every job."""
        named = {take.object_key for take in (*self._kept.values(), *self._put_by.values())}
        for job in self._jobs.values():
            named |= {job.source_key, *(artifact.object_key for artifact in job.artifacts)}
            named |= {job.plan_key} if job.plan_key else set()
            records = [row.record for row in self._chapters.get(job.id, ()) if row.record]
            for record in records:
                named |= {record.audio_key, record.timeline_key}
        return named, set(self._jobs)
