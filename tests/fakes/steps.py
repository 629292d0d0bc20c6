"""The twin of steps."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from narrator.domain.artifacts import Artifact
from narrator.domain.errors import InvalidTransition
from narrator.domain.fairness import JobLoad, fair_order
from narrator.domain.ids import JobId
from narrator.domain.jobs import Failure, JobMove, JobState, OnDead
from narrator.domain.ledger import Outcome
from narrator.domain.poison import chunks_dead
from narrator.domain.spread import cut, share
from narrator.domain.steps import Claim, Queue, StepKind, StepMove, StepState, step_sources
from narrator.domain.voices import Voice
from narrator.services.ports import PlannedJob, RenderedRecord
from tests.fakes.mending import MemoryMending
from tests.fakes.rows import ChapterRow, ChunkRow, StepRow, claim_of
from tests.fakes.tables import waits_for_account


class MemorySteps(MemoryMending):
    """The port `Steps`."""

    __slots__ = ()

    def dispatch(self, window: Mapping[Queue, int], *, queued_seconds: float) -> dict[Queue, int]:
        """Return expired steps to ready, then queue the next ones."""
        with self._lock:
            now = self.clock()
            returned: Counter[Queue | None] = Counter()
            for step in self.steps_by_id.values():
                if step.expired(now):
                    returned[step.kind.queue] += step.state is StepState.RUNNING
                    step.move(StepMove.RETURN)
            rung = {
                queue: self._queue(queue, limit + returned[queue], queued_seconds)
                for queue, limit in window.items()
            }
            return {queue: times for queue, times in rung.items() if times}

    def _queue(self, queue: Queue, limit: int, queued_seconds: float) -> int:
        now = self.clock()
        room = max(0, limit - len(self._waiting(queue, StepState.QUEUED)))
        ready = [s for s in self._waiting(queue, StepState.READY) if s.due(now)]
        chosen = self._fairest(ready, room, {StepState.QUEUED, StepState.RUNNING})
        for step in chosen:
            step.move(StepMove.DISPATCH)
            step.until = now + queued_seconds
        return len(chosen)

    def claim(self, queue: Queue, *, owner: str, lease_seconds: float) -> Claim | None:
        """Claim the fairest queued step of a queue."""
        with self._lock:
            queued = self._waiting(queue, StepState.QUEUED)
            for step in self._fairest(queued, 1, {StepState.RUNNING}):
                return self._claimed(step, owner, lease_seconds)
            return None

    def claim_slice(
        self,
        voice: Voice,
        *,
        speaker: str,
        owner: str,
        lease_seconds: float,
        seats: int,
        first: bool,
    ) -> Claim | None:
        """Claim the fairest queued slice for this speaker and voice, cut up for idle seats."""
        with self._lock:
            queued = self._slices_of(speaker, self._waiting(Queue.SPEECH, StepState.QUEUED))
            fit = [step for step in queued if self._voice(step) == voice]
            running = [s for s in self.steps_by_id.values() if s.state is StepState.RUNNING]
            busy = len(self._slices_of(speaker, running))
            most = share(sum(map(self._chars, queued)), seats=seats, running=busy)
            while found := self._fairest(fit, 1, {StepState.RUNNING}):
                (step,) = found
                excess = self._excess(step)
                if excess is None:
                    fit = [other for other in fit if other.job_id != step.job_id]
                    continue
                if most is not None and most < self._chars(step) and not excess:
                    if not first:
                        return None
                    self._cut_up(step, most)
                claim = self._claimed(step, owner, lease_seconds)
                return replace(claim, excess_chars=excess)
            return None

    def _excess(self, step: StepRow) -> int | None:
        """By how many characters the slice exceeds its job's cap; None: it may fit later."""
        cap = self._jobs[step.job_id].options.max_chars
        slices = self._steps(step.job_id, StepKind.SLICE)
        running = [each for each in slices if each.state is StepState.RUNNING]
        sent = self.utterances.sums_of_job(step.job_id).sent
        total = sent + sum(self._unsent(each) for each in (step, *running))
        excess = max(0, total - cap) if cap else 0
        return None if excess and running else excess

    def _unsent(self, step: StepRow) -> int:
        """Characters that a slice may yet send."""
        keys = {row.planned.key: len(row.planned.text) for row in self._slice(step) if row.pending}
        rows = self.utterances.rows
        for key in list(keys):
            row = rows.get((step.id, step.fence, key))
            running = step.state is StepState.RUNNING
            if key in self._kept or (running and row and row.outcome is not Outcome.UNSENT):
                del keys[key]
        return sum(keys.values())

    def _slices_of(self, speaker: str, found: Iterable[StepRow]) -> list[StepRow]:
        slices = [step for step in found if step.kind is StepKind.SLICE]
        return [step for step in slices if self._jobs[step.job_id].speaker == speaker]

    def _cut_up(self, step: StepRow, most: int) -> None:
        """As in SQL, a part's place among the job's chunks numbers it."""
        lengths = [(row.planned.index, len(row.planned.text)) for row in self._slice(step)]
        kept, *others = cut(lengths, most)
        step.chunks = kept.chunks
        for part in others:
            seq = step.seq + part.offset
            self._add(step.job_id, StepKind.SLICE, seq, step.chapter, part.chunks)

    def _claimed(self, step: StepRow, owner: str, lease_seconds: float) -> Claim:
        if self._jobs[step.job_id].state is JobState.QUEUED:
            self._move_job(step.job_id, JobMove.START)
        step.move(StepMove.CLAIM)
        step.fence, step.attempts = step.fence + 1, step.attempts + 1
        step.owner, step.started_at = owner, self.clock()
        step.until = step.started_at + lease_seconds
        claim = claim_of(step)
        self.utterances.lose_earlier(claim)
        return claim

    def _fairest(
        self, steps: Sequence[StepRow], room: int, under_way: AbstractSet[StepState]
    ) -> list[StepRow]:
        """The steps whose turn it is, by what each job has in these states in their queue."""
        ahead: dict[JobId, deque[StepRow]] = defaultdict(deque)
        for step in steps:
            ahead[step.job_id].append(step)
        chosen: list[StepRow] = []

        def take(job_id: JobId) -> int | None:
            if not ahead[job_id]:
                return None
            chosen.append(ahead[job_id].popleft())
            return self._chars(chosen[-1])

        fair_order(self._loads(steps, under_way), room, take)
        return chosen

    def _loads(self, steps: Sequence[StepRow], under_way: AbstractSet[StepState]) -> list[JobLoad]:
        queues, waiting = {s.kind.queue for s in steps}, {s.job_id for s in steps}
        chars: Counter[JobId] = Counter()
        for step in self.steps_by_id.values():
            if step.kind.queue in queues and step.state in under_way:
                chars[step.job_id] += max(1, self._chars(step))
        return [
            JobLoad(
                job_id=job.id,
                tenant=job.tenant,
                priority=0,
                ordinal=age,
                chars=chars[job.id],
                waiting=job.id in waiting,
            )
            for age, job in enumerate(self._jobs.values())
        ]

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
        unanswered = [chunk for chunk in planned.chunks if chunk.key not in planned.answered]
        there = sorted((chunk.chapter, chunk.index, chunk.voice) for chunk in unanswered)
        sliced = sorted((s.chapter, i, s.voice) for s in planned.slices for i in s.chunks)
        if not planned.chapters or there != sliced:
            raise ValueError(
                "a plan has chapters, and each chunk is answered or in a slice of its voice"
            )
        with self._lock:
            step = self._held(claim)
            job = self._jobs[claim.job_id]
            self._jobs[job.id] = replace(
                job, title=planned.title, creators=planned.creators, plan_key=planned.plan_key
            )
            self._chapters[job.id] = self._planted(planned)
            self._add_first_steps(job.id, planned)
            step.done_chars = sum(
                len(chunk.planned.text)
                for chapter in self._chapters[job.id]
                for chunk in chapter.chunks
                if chunk.spoken
            )
            step.move(StepMove.FINISH)

    def _planted(self, planned: PlannedJob) -> list[ChapterRow]:
        chapters = [ChapterRow(number, title) for number, title in planned.chapters]
        for chunk in planned.chunks:
            take = self._kept.get(chunk.key) if chunk.key in planned.answered else None
            samples = take.samples if take else 0
            doubts = take.doubts if take else None
            row = ChunkRow(chunk, spoken=take is not None, samples=samples, doubts=doubts)
            chapters[chunk.chapter].chunks.append(row)
        return chapters

    def _add_first_steps(self, job_id: JobId, planned: PlannedJob) -> None:
        slices = [(part.chapter, part.chunks) for part in planned.slices]
        gone = [c for c in planned.chunks if c.key in planned.answered - self._kept.keys()]
        slices += [(chunk.chapter, (chunk.index,)) for chunk in gone]
        seq = 0
        for chapter, chunks in slices:
            self._add(job_id, StepKind.SLICE, seq, chapter, chunks)
            seq += len(chunks)
        for position, row in enumerate(self._chapters[job_id]):
            if all(chunk.spoken for chunk in row.chunks):
                self._add(job_id, StepKind.RENDER, position, position)

    def finish_slice(self, claim: Claim) -> None:
        """Done; inserts the chapter's `render` step when no chunk of it is pending."""
        with self._lock:
            step = self._held(claim)
            if self._pending(claim):
                raise InvalidTransition(f"the {claim} has chunks that are not spoken")
            spoken = [chunk for chunk in self._slice(claim) if chunk.spoken]
            step.done_chars = sum(len(chunk.planned.text) for chunk in spoken)
            step.move(StepMove.FINISH)
            chunks = self._chapters[claim.job_id][claim.chapter].chunks
            skips = self._jobs[claim.job_id].options.on_dead is OnDead.SKIP
            if all(chunk.spoken or (skips and chunk.dead) for chunk in chunks):
                self._add(claim.job_id, StepKind.RENDER, claim.chapter, claim.chapter)
            if waits_for_account(self._job(claim.job_id)) and not self._open_slices(claim.job_id):
                self._move_job(claim.job_id, JobMove.RESUME)
            self._fail_for_dead(claim.job_id)

    def _fail_for_dead(self, job_id: JobId) -> None:
        dead = self._dead(job_id)
        if dead and not self._of(job_id, StepMove.CANCEL):
            failure = chunks_dead(len(dead), dead, spoken=self._any_spoken(job_id))
            self._move_job(job_id, JobMove.FAIL, failure=failure)
            self.utterances.lose_all(job_id)

    def finish_render(self, claim: Claim, record: RenderedRecord) -> None:
        """Done; inserts the job's `publish` step when every chapter is rendered."""
        with self._lock:
            self._held(claim).move(StepMove.FINISH)
            chapters = self._chapters[claim.job_id]
            chapters[claim.chapter].record = record
            spoken = self._any_spoken(claim.job_id) or not self._dead(claim.job_id)
            if all(chapter.record for chapter in chapters) and spoken:
                self._add(claim.job_id, StepKind.PUBLISH, 0)
            self._fail_for_dead(claim.job_id)

    def finish_publish(self, claim: Claim, artifacts: Sequence[Artifact]) -> None:
        """Done; the job has succeeded with these artifacts."""
        with self._lock:
            step = self._held(claim)
            self._move_job(claim.job_id, JobMove.SUCCEED, artifacts=tuple(artifacts))
            step.move(StepMove.FINISH)
            self._cancel_steps(claim.job_id)
