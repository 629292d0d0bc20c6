"""Steps in SQL: dispatched, claimed under a fence, finished or given back."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, ScalarSelect, exists, func, insert, select, true, tuple_, update

from narrator.domain.artifacts import Artifact
from narrator.domain.errors import InvalidTransition
from narrator.domain.ids import JobId, TakeKey
from narrator.domain.jobs import Failure, JobMove, JobState
from narrator.domain.steps import Claim, Queue, StepKind, StepMove, StepState
from narrator.domain.takes import Take
from narrator.domain.voices import Voice
from narrator.services.ports import PlannedJob, RenderedRecord
from narrator.storage import tables
from narrator.storage.accounts import resume_spoken
from narrator.storage.claiming import claim_next, claim_slice
from narrator.storage.database import Database, instant
from narrator.storage.dead import fail_for_dead, may_publish, may_render
from narrator.storage.dispatching import dispatch
from narrator.storage.mending import rerender, respeak
from narrator.storage.moves import (
    NewStep,
    add_steps,
    end_steps,
    hold_with_job,
    move_job,
    move_step,
    move_steps,
)
from narrator.storage.planting import plant
from narrator.storage.tables import PENDING, SPOKEN, chapters, chunks, is_state, steps


class SqlSteps:
    """The port `Steps` over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def dispatch(self, window: Mapping[Queue, int], *, queued_seconds: float) -> dict[Queue, int]:
        """Return expired steps to ready, queue the next; how often to ring for each queue."""
        return dispatch(self._database, window, queued_seconds=queued_seconds)

    def claim(self, queue: Queue, *, owner: str, lease_seconds: float) -> Claim | None:
        """Claim the next queued step of a queue; claims at the same time never wait or meet."""
        with self._database.write() as tx:
            return claim_next(tx, queue, owner, lease_seconds)

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
        with self._database.write() as tx:
            return claim_slice(
                tx,
                voice,
                speaker=speaker,
                owner=owner,
                lease_seconds=lease_seconds,
                seats=seats,
                first=first,
            )

    def renew(self, claims: Sequence[Claim], *, lease_seconds: float) -> int:
        """Renew the leases of these claims that still hold; returns how many."""
        held = tuple_(steps.c.id, steps.c.fence).in_([(c.step_id, c.fence) for c in claims])
        mine = is_state(steps.c.state, StepState.RUNNING) & held
        locked = select(steps.c.id).where(mine).order_by(steps.c.id).with_for_update(key_share=True)
        with self._database.write() as tx:
            renewed = (
                update(steps)
                .where(mine, steps.c.id.in_(locked))
                .values(lease_until=instant() + lease_seconds)
            )
            return tx.execute(renewed).rowcount

    def hand_back(
        self,
        claim: Claim,
        *,
        after_seconds: float = 0.0,
        counted: bool = True,
        failure: Failure | None = None,
    ) -> None:
        """Give a step back, to be done again `after_seconds` from now."""
        columns: dict[str, object] = {"run_at": instant() + after_seconds}
        if not counted:
            columns["attempts"] = steps.c.attempts - 1
        with self._database.write() as tx:
            move_step(tx, claim, StepMove.RETURN, **columns, **_failed_step(failure))

    def fail(self, claim: Claim, failure: Failure) -> None:
        """The step and its job fail; the job's other open steps are cancelled."""
        with self._database.write() as tx:
            hold_with_job(tx, claim)
            move_step(tx, claim, StepMove.FAIL, **_failed_step(failure))
            move_job(tx, claim.job_id, JobMove.FAIL, **_failed_job(failure))
            end_steps(tx, claim.job_id)

    def release_all(self) -> int:
        """Return every queued and running step to ready at once.

        Fences grow, and the attempt of a running step is taken back: that its whole fleet was cut
        off says nothing about the step.
        """
        running = is_state(steps.c.state, StepState.RUNNING)
        with self._database.write() as tx:
            fence = steps.c.fence + 1
            attempts = steps.c.attempts - 1
            return move_steps(
                tx, StepMove.RETURN, running, fence=fence, attempts=attempts
            ) + move_steps(tx, StepMove.RETURN, true(), fence=fence)

    def counts(self) -> dict[tuple[StepKind, StepState], int]:
        """How many steps there are of each kind in each state."""
        query = select(steps.c.kind, steps.c.state, func.count()).group_by(
            steps.c.kind, steps.c.state
        )
        with self._database.read() as tx:
            rows = tx.execute(query).all()
        return {(StepKind(kind), StepState(state)): count for kind, state, count in rows}

    def finish_plan(self, claim: Claim, planned: PlannedJob) -> None:
        """Insert chapters, chunks and slice steps, in the place of an earlier try's.

        What takes answer is spoken by this step, so to say: their characters become its own.
        """
        with self._database.write() as tx:
            hold_with_job(tx, claim)
            answered_chars = plant(tx, claim.job_id, planned)
            move_step(tx, claim, StepMove.FINISH, chars=answered_chars)

    def finish_slice(self, claim: Claim) -> None:
        """Done; inserts the chapter's `render` step when no chunk of it is pending.

        Slices of a job finish one after another (its row is held), so the last one sees that it is
        the last: a job that is paused for its account needs it no more then, and goes on; one with
        dead chunks, and nothing else to do, fails. Raises InvalidTransition while a chunk of the
        slice itself is pending.
        """
        with self._database.write() as tx:
            state = hold_with_job(tx, claim)
            pending = _pending(tx, claim)
            if pending.intersection(claim.chunks):
                raise InvalidTransition(
                    f"the {claim} has chunks that are not spoken",
                    remedy="hand it back; what is spoken is kept",
                )
            move_step(tx, claim, StepMove.FINISH, chars=_spoken_chars(claim))
            if not pending and may_render(tx, claim):
                render = NewStep(kind=StepKind.RENDER, seq=claim.chapter, chapter=claim.chapter)
                add_steps(tx, claim.job_id, [render])
            if state is JobState.PAUSED:
                resume_spoken(tx, claim.job_id)
            fail_for_dead(tx, claim.job_id)

    def respeak(self, claim: Claim, spoilt: Mapping[TakeKey, Take | None]) -> int:
        """Let words be spoken again whose takes are spoilt; returns how many takes are."""
        with self._database.write() as tx:
            return respeak(tx, claim, spoilt)

    def finish_render(self, claim: Claim, record: RenderedRecord) -> None:
        """Done; inserts the job's `publish` step when every chapter is rendered."""
        with self._database.write() as tx:
            hold_with_job(tx, claim)
            move_step(tx, claim, StepMove.FINISH)
            _record(tx, claim, record)
            if not _unrendered(tx, claim.job_id) and may_publish(tx, claim.job_id):
                add_steps(tx, claim.job_id, [NewStep(kind=StepKind.PUBLISH, seq=0)])
            fail_for_dead(tx, claim.job_id)

    def rerender(self, claim: Claim, positions: Sequence[int]) -> None:
        """Let chapters be rendered again whose recordings are spoilt."""
        with self._database.write() as tx:
            rerender(tx, claim, positions)

    def finish_publish(self, claim: Claim, artifacts: Sequence[Artifact]) -> None:
        """Done; the job has succeeded with these artifacts.

        A slice whose chunks are all spoken may still be open here: its worker was slow to finish
        it, or died. Raises InvalidTransition while the job is paused.
        """
        with self._database.write() as tx:
            hold_with_job(tx, claim)
            move_step(tx, claim, StepMove.FINISH)
            move_job(tx, claim.job_id, JobMove.SUCCEED)
            end_steps(tx, claim.job_id)
            if artifacts:
                tx.execute(insert(tables.artifacts), _artifact_rows(claim.job_id, artifacts))


def _failed_step(failure: Failure | None) -> dict[str, object]:
    if failure is None:
        return {}
    return {"failure_code": failure.code, "failure_reason": failure.reason}


def _failed_job(failure: Failure) -> dict[str, object]:
    return {**_failed_step(failure), "failure_remedy": failure.remedy}


def _pending(tx: Connection, claim: Claim) -> set[int]:
    """Indices of the claim's chapter's chunks that are not spoken yet."""
    query = select(chunks.c.idx).where(
        chunks.c.job_id == claim.job_id,
        chunks.c.chapter == claim.chapter,
        is_state(chunks.c.state, PENDING),
    )
    return set(tx.scalars(query))


def _spoken_chars(claim: Claim) -> ScalarSelect[int]:
    """Characters of the slice without those of its dead chunks."""
    return (
        select(func.coalesce(func.sum(chunks.c.chars), 0))
        .where(
            chunks.c.job_id == claim.job_id,
            chunks.c.chapter == claim.chapter,
            chunks.c.idx.in_(claim.chunks),
            is_state(chunks.c.state, SPOKEN),
        )
        .scalar_subquery()
    )


def _record(tx: Connection, claim: Claim, record: RenderedRecord) -> None:
    tx.execute(
        update(chapters)
        .where(chapters.c.job_id == claim.job_id, chapters.c.position == claim.chapter)
        .values(
            audio_key=record.audio_key, timeline_key=record.timeline_key, samples=record.samples
        )
    )


def _unrendered(tx: Connection, job_id: JobId) -> bool:
    waiting = exists().where(chapters.c.job_id == job_id, chapters.c.audio_key.is_(None))
    return bool(tx.scalars(select(waiting)).one())


def _artifact_rows(job_id: JobId, artifacts: Sequence[Artifact]) -> list[dict[str, object]]:
    return [
        {
            "job_id": job_id,
            "name": artifact.name,
            "position": position,
            "object_key": artifact.object_key,
            "media_type": artifact.media_type,
            "bytes": artifact.bytes,
            "sha256": artifact.sha256,
        }
        for position, artifact in enumerate(artifacts)
    ]
