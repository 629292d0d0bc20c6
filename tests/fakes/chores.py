"""The twins of chores and of what is kept, over the twin of the store."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from narrator.domain.ids import JobId, ObjectKey
from narrator.domain.jobs import Failure
from narrator.domain.steps import CHORE_KINDS, Claim, StepMove, StepState
from narrator.domain.webhooks import Notice
from narrator.services.ports import References, Sweep
from tests.fakes.rows import StepRow, claim_of
from tests.fakes.store import MemoryStore


@dataclass(frozen=True, slots=True)
class MemoryChores:
    """`Chores` in memory."""

    store: MemoryStore

    def claim(self, *, owner: str, lease_seconds: float) -> Claim | None:
        with self.store.still():
            now = self.store.clock()
            for step in self.store.steps_by_id.values():
                come = step.run_at <= now or not step.fence
                due = step.state is StepState.READY and come
                if step.kind in CHORE_KINDS and due:
                    step.move(StepMove.DISPATCH)
                    step.move(StepMove.CLAIM)
                    step.fence, step.attempts = step.fence + 1, step.attempts + 1
                    step.owner, step.until = owner, now + lease_seconds
                    return claim_of(step)
            return None

    def notice(self, claim: Claim) -> Notice:
        with self.store.still(claim):
            step, job = self._step(claim), self.store.get(claim.job_id)
            assert step.event is not None
            return Notice(
                id=f"{claim.job_id}-{step.seq}",
                url=job.options.webhook_url,
                state=step.event,
                at=job.state_times[step.event],
                job=job,
            )

    def told(self, claim: Claim) -> None:
        with self.store.still(claim):
            self._step(claim).move(StepMove.FINISH)

    def give_up(self, claim: Claim, failure: Failure) -> None:
        with self.store.still(claim):
            self._step(claim).move(StepMove.FAIL)
            self._step(claim).failure = failure

    def source(self, claim: Claim) -> ObjectKey:
        with self.store.still(claim):
            return self.store.source_of(claim.job_id)

    def forget_job(self, claim: Claim) -> None:
        with self.store.still(claim):
            self.store.forget(claim.job_id)

    def _step(self, claim: Claim) -> StepRow:
        return self.store.steps_by_id[claim.step_id]


@dataclass(slots=True)
class MemoryRetention:
    """`Retention` in memory."""

    store: MemoryStore
    _due_at: dict[Sweep, float] = field(default_factory=dict)
    _after: dict[Sweep, ObjectKey] = field(default_factory=dict)
    _removed: dict[Sweep, int] = field(default_factory=dict)

    def turn(self, sweep: Sweep, *, every_seconds: float) -> ObjectKey | None:
        with self.store.still():
            now = self.store.clock()
            if now < self._due_at.get(sweep, now) <= now + every_seconds:
                return None
            self._due_at[sweep] = now + every_seconds
            self._removed.setdefault(sweep, 0)
            return self._after.get(sweep, ObjectKey(""))

    def stopped(self, sweep: Sweep, after: ObjectKey, *, removed: int) -> None:
        with self.store.still():
            self._after[sweep] = after
            self._removed[sweep] += removed

    def drop_takes(self, *, unused_seconds: float, limit: int) -> list[ObjectKey]:
        with self.store.still():
            return self.store.drop_takes(unused_seconds, limit)

    def references(self, keys: Sequence[ObjectKey]) -> References:
        with self.store.still():
            kept, living = self.store.named_objects()
        named = {JobId(key.split("/")[1]) for key in keys if key.startswith("jobs/")}
        return References(kept=frozenset(kept & set(keys)), living=frozenset(living & named))

    def free_source(self, key: ObjectKey, remove: Callable[[], object]) -> bool:
        with self.store.still():
            if self.store.has_source(key):
                return False
            remove()
            return True

    def removed(self) -> dict[Sweep, int]:
        with self.store.still():
            return dict(self._removed)
