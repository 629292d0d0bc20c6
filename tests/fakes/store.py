"""The twin of jobs, steps and takes: everything in memory, under one lock."""

from collections.abc import Iterator
from contextlib import contextmanager

from narrator.domain.jobs import FOR_ACCOUNT, JobMove
from narrator.domain.steps import Claim, Queue, StepState
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
                    self._move_job(job.id, JobMove.PAUSE, paused_for=FOR_ACCOUNT)

    def resume_for_account(self, speaker: str) -> None:
        """Resume the jobs that were paused for this speaker's account, and no others."""
        with self._lock:
            for job in list(self._jobs.values()):
                if job.speaker == speaker and waits_for_account(job):
                    self._move_job(job.id, JobMove.RESUME, paused_for="")
