"""Jobs in SQL: what submitters and operators see and do."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, case, false, func, select, update

from narrator.domain.artifacts import Artifact, AudioFormat
from narrator.domain.choices import choices_from_json, choices_to_json
from narrator.domain.ids import JobId, ObjectKey, TenantId
from narrator.domain.jobs import (
    FINAL_STATES,
    ChapterProgress,
    Failure,
    Job,
    JobMove,
    JobOptions,
    JobState,
    NewJob,
    OnDead,
    Progress,
    next_job_state,
    stage_of,
)
from narrator.domain.poison import DeadChunk
from narrator.domain.production import production_from_json, production_to_json
from narrator.domain.steps import StepKind, StepMove, StepState, step_sources
from narrator.domain.voices import Voice
from narrator.storage.casting import speaker_of
from narrator.storage.database import Database, insert_or, instant, now
from narrator.storage.dead import dead_chunks, revive
from narrator.storage.doubts import doubtful
from narrator.storage.moves import (
    NO_CHORE,
    NewStep,
    add_steps,
    end_steps,
    lock_job,
    move_job,
    move_steps,
    unknown_job,
)
from narrator.storage.pausing import pause, resume
from narrator.storage.planting import storable
from narrator.storage.retention import hold_source
from narrator.storage.tables import (
    DEAD,
    IS_DOUBTFUL,
    SPOKEN,
    artifacts,
    chapters,
    chunks,
    is_state,
    jobs,
    steps,
    takes,
)
from narrator.storage.utterances import sums_of_job

_COUNTS = (
    "chunks",
    "chunks_spoken",
    "chunks_dead",
    "chars",
    "chars_spoken",
    "chars_from_takes",
    "samples",
    "doubtful",
)
_NO_FAILURE = {"failure_code": None, "failure_reason": None, "failure_remedy": None}


_THERE = jobs.c.deleted_at.is_(None)
"""A deleted job is there for nobody, although its row stays until its objects are removed."""


class SqlJobs:
    """The port `Jobs` over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, new: NewJob) -> Job:
        """Insert the job and its `plan` step in one transaction."""
        with self._database.write() as tx:
            hold_source(tx, new.source_key)
            row = {**_columns(new), "queued_at": now(tx)}
            insert = insert_or(tx, jobs).values(row).on_conflict_do_nothing()
            if tx.execute(insert.returning(jobs.c.id)).first():
                add_steps(tx, new.id, [NewStep(kind=StepKind.PLAN, seq=0)])
            else:
                _bind(tx, new.id, plan_hash=row["plan_hash"], max_chars=row["max_chars"])
            return job_row(tx, new.id)

    def get(self, job_id: JobId) -> Job:
        """The job; raises Missing."""
        with self._database.read() as tx:
            return job_row(tx, job_id)

    def recent(
        self, *, limit: int, before: JobId | None = None, state: JobState | None = None
    ) -> list[Job]:
        """Jobs from the newest on; raises Missing when there is no job `before`."""
        query = select(jobs).where(_THERE).order_by(jobs.c.ordinal.desc()).limit(limit)
        if state is not None:
            query = query.where(is_state(jobs.c.state, state))
        with self._database.read() as tx:
            if before is not None:
                query = query.where(jobs.c.ordinal < _ordinal(tx, before))
            return _jobs(tx, query)

    def progress(self, job_id: JobId) -> Progress:
        """How far the job is: three statements, each answered by one index."""
        with self._database.read() as tx:
            there = select(jobs.c.state, jobs.c.takes_spoilt).where(jobs.c.id == job_id, _THERE)
            job = tx.execute(there).one_or_none()
            if job is None:
                raise unknown_job(job_id)
            rows = tx.execute(_chapter_query(job_id)).all()
            billed = sums_of_job(tx, job_id)
        made = tuple(_chapter_progress(row) for row in rows)
        return Progress(
            stage=stage_of(JobState(job.state), made),
            chapters=made,
            chars_from_takes=sum(int(row.chars_from_takes or 0) for row in rows),
            chars_sent=billed.sent,
            chars_resent=billed.resent,
            takes_spoilt=job.takes_spoilt,
            takes_doubtful=sum(int(row.doubtful or 0) for row in rows),
        )

    def cancel(self, job_id: JobId) -> Job:
        """Cancel the job and its open steps; raises Missing or InvalidTransition."""
        with self._database.write() as tx:
            state = lock_job(tx, job_id)
            if state is not JobState.CANCELLED:
                next_job_state(state, JobMove.CANCEL)
                move_job(tx, job_id, JobMove.CANCEL)
                end_steps(tx, job_id)
            return job_row(tx, job_id)

    def delete(self, job_id: JobId) -> None:
        """Cancel the job if it is open, let it be there for nobody, and insert what removes it."""
        with self._database.write() as tx:
            if (state := _deleting(tx, job_id)) is None:
                return
            if state not in FINAL_STATES:
                move_job(tx, job_id, JobMove.CANCEL)
            end_steps(tx, job_id)
            move_steps(tx, StepMove.CANCEL, steps.c.job_id == job_id)
            tx.execute(update(jobs).where(jobs.c.id == job_id).values(deleted_at=instant()))
            add_steps(tx, job_id, [NewStep(kind=StepKind.DELETE, seq=0)])

    def pause(self, job_id: JobId) -> Job:
        """Pause the job for an operator, and break what claims there are."""
        with self._database.write() as tx:
            pause(tx, job_id)
            return job_row(tx, job_id)

    def resume(self, job_id: JobId) -> Job:
        """Let the job go on, or wait for its account if that is refused."""
        with self._database.write() as tx:
            resume(tx, job_id)
            return job_row(tx, job_id)

    def retry(self, job_id: JobId, *, max_chars: int | None = None) -> Job:
        """Take the job up again: failed and cancelled steps become ready, with all attempts."""
        with self._database.write() as tx:
            state = lock_job(tx, job_id)
            if max_chars is not None:
                _bind(tx, job_id, max_chars=max_chars)
            if state in {JobState.QUEUED, JobState.RUNNING}:
                return job_row(tx, job_id)
            next_job_state(state, JobMove.RETRY)
            move_job(tx, job_id, JobMove.RETRY, **_NO_FAILURE)
            move_steps(tx, StepMove.REVIVE, (steps.c.job_id == job_id) & NO_CHORE)
            revive(tx, job_id)
            return job_row(tx, job_id)

    def dead(self, job_id: JobId, *, limit: int) -> list[DeadChunk]:
        """The first of the job's dead chunks, in the order of the document."""
        with self._database.read() as tx:
            return dead_chunks(tx, job_id, limit=limit)

    def voices(self, job_id: JobId) -> dict[str, int]:
        """Characters by the voice that speaks them, most first; one statement over its chunks."""
        name = func.coalesce(chunks.c.voice, jobs.c.voice).label("name")
        chars = func.sum(chunks.c.chars).label("chars")
        query = (
            select(name, chars)
            .join_from(chunks, jobs, jobs.c.id == chunks.c.job_id)
            .where(jobs.c.id == job_id)
            .group_by(name)
            .order_by(chars.desc(), name)
        )
        with self._database.read() as tx:
            return {row.name: int(row.chars) for row in tx.execute(query)}

    def trouble(self, job_id: JobId) -> Failure | None:
        """Why an open step of the job was last given back, or None."""
        query = (
            select(steps.c.failure_code, steps.c.failure_reason)
            .where(
                steps.c.job_id == job_id,
                NO_CHORE,
                steps.c.failure_code.is_not(None),
                is_state(steps.c.state, *step_sources(StepMove.CANCEL)),
            )
            .order_by(steps.c.started_at.desc(), steps.c.id.desc())
            .limit(1)
        )
        with self._database.read() as tx:
            row = tx.execute(query).one_or_none()
        return row and Failure(code=row.failure_code, reason=row.failure_reason, remedy="")

    def states(self) -> dict[JobState, int]:
        """How many jobs there are in each state."""
        query = select(jobs.c.state, func.count()).where(_THERE).group_by(jobs.c.state)
        with self._database.read() as tx:
            return {JobState(state): number for state, number in tx.execute(query)}

    def takes_spoilt(self) -> int:
        """How many takes of all jobs were spoilt, and so spoken again."""
        with self._database.read() as tx:
            return int(tx.scalars(select(func.sum(jobs.c.takes_spoilt))).one() or 0)

    def takes_doubtful(self) -> int:
        """How many kept takes are doubted."""
        query = select(func.count()).select_from(takes).where(IS_DOUBTFUL)
        with self._database.read() as tx:
            return int(tx.scalars(query).one())

    def spoken_chars(self) -> int:
        """Characters of finished slices, and of what takes answered when a job was planned.

        Steps hold sums, so no row of text is read.
        """
        query = select(func.sum(steps.c.chars)).where(is_state(steps.c.state, StepState.DONE))
        with self._database.read() as tx:
            return int(tx.scalars(query).one() or 0)


def _columns(new: NewJob) -> dict[str, object]:
    return {
        "id": new.id,
        "tenant": new.tenant,
        "state": JobState.QUEUED,
        "source_key": new.source_key,
        "source_name": storable(new.source_name),
        "speaker": new.speaker,
        "voice": new.options.voice.name,
        "speed": new.options.voice.speed,
        "format": new.options.format,
        "chapters": json.dumps(new.options.chapters),
        "on_dead": new.options.on_dead,
        "webhook_url": new.options.webhook_url or None,
        "choices": json.dumps(choices_to_json(new.options.text)),
        "lexicon": new.options.lexicon or None,
        "plan_hash": new.options.plan_hash or None,
        "max_chars": new.options.max_chars,
        "production": json.dumps(production_to_json(new.options.production)),
    }


def _bind(tx: Connection, job_id: JobId, **bounds: object) -> None:
    """Write what a job may cost, or which plan it is bound to: neither makes it another job."""
    tx.execute(update(jobs).where(jobs.c.id == job_id, _THERE).values(bounds))


def _deleting(tx: Connection, job_id: JobId) -> JobState | None:
    """Hold the job's row and tell its state, or None where it is deleted; raises Missing."""
    query = select(jobs.c.state, jobs.c.deleted_at).where(jobs.c.id == job_id)
    row = tx.execute(query.with_for_update(key_share=True)).one_or_none()
    if row is None:
        raise unknown_job(job_id)
    return JobState(row.state) if row.deleted_at is None else None


def _ordinal(tx: Connection, job_id: JobId) -> int:
    ordinal: int | None = tx.scalars(
        select(jobs.c.ordinal).where(jobs.c.id == job_id, _THERE)
    ).one_or_none()
    if ordinal is None:
        raise unknown_job(job_id)
    return ordinal


def job_row(tx: Connection, job_id: JobId) -> Job:
    """The job as its row has it; raises Missing."""
    for job in _jobs(tx, select(jobs).where(jobs.c.id == job_id, _THERE)):
        return job
    raise unknown_job(job_id)


def _jobs(tx: Connection, query: Select[Any]) -> list[Job]:
    rows = tx.execute(query).all()
    files = _artifacts(tx, [row.id for row in rows])
    return [_job_of(row, files.get(row.id, ())) for row in rows]


def _artifacts(tx: Connection, job_ids: Sequence[str]) -> dict[str, tuple[Artifact, ...]]:
    query = (
        select(artifacts)
        .where(artifacts.c.job_id.in_(job_ids))
        .order_by(artifacts.c.job_id, artifacts.c.position)
    )
    found: dict[str, tuple[Artifact, ...]] = {}
    for row in tx.execute(query):
        artifact = Artifact(
            name=row.name,
            object_key=ObjectKey(row.object_key),
            media_type=row.media_type,
            bytes=row.bytes,
            sha256=row.sha256,
        )
        found[row.job_id] = (*found.get(row.job_id, ()), artifact)
    return found


def _job_of(row: Row[Any], files: tuple[Artifact, ...]) -> Job:
    times = ((state, getattr(row, f"{state}_at")) for state in JobState)
    return Job(
        id=JobId(row.id),
        tenant=TenantId(row.tenant),
        state=JobState(row.state),
        source_key=ObjectKey(row.source_key),
        source_name=row.source_name,
        speaker=speaker_of(row.speaker),
        options=JobOptions(
            voice=Voice(name=row.voice, speed=row.speed),
            format=AudioFormat(row.format),
            chapters=tuple(json.loads(row.chapters)),
            on_dead=OnDead(row.on_dead),
            webhook_url=row.webhook_url or "",
            text=choices_from_json(json.loads(row.choices)),
            lexicon=row.lexicon or "",
            plan_hash=row.plan_hash or "",
            max_chars=row.max_chars,
            production=production_from_json(json.loads(row.production)),
        ),
        state_times={state: at for state, at in times if at is not None},
        title=row.title,
        creators=tuple(json.loads(row.creators)),
        plan_key=ObjectKey(row.plan_key) if row.plan_key else None,
        failure=_failure(row),
        paused_for=row.paused_for or "" if row.state == JobState.PAUSED else "",
        artifacts=files,
    )


def _failure(row: Row[Any]) -> Failure | None:
    if row.failure_code is None:
        return None
    return Failure(code=row.failure_code, reason=row.failure_reason, remedy=row.failure_remedy)


def _chapter_query(job_id: JobId) -> Select[Any]:
    """Each chapter with its chunks counted; a chapter without chunks has nulls."""
    spoken = is_state(chunks.c.state, SPOKEN)
    counted = (
        select(
            chunks.c.chapter,
            func.count().label("chunks"),
            func.sum(case((spoken, 1), else_=0)).label("chunks_spoken"),
            func.sum(case((is_state(chunks.c.state, DEAD), 1), else_=0)).label("chunks_dead"),
            func.sum(chunks.c.chars).label("chars"),
            func.sum(case((spoken, chunks.c.chars), else_=0)).label("chars_spoken"),
            func.sum(case((chunks.c.spoken_now.is_(false()), chunks.c.chars), else_=0)).label(
                "chars_from_takes"
            ),
            func.sum(chunks.c.samples).label("samples"),
            func.sum(doubtful()).label("doubtful"),
        )
        .where(chunks.c.job_id == job_id)
        .group_by(chunks.c.chapter)
        .subquery()
    )
    return (
        select(chapters.c.number, chapters.c.title, chapters.c.audio_key)
        .add_columns(*(counted.c[name] for name in _COUNTS))
        .select_from(chapters)
        .outerjoin(counted, counted.c.chapter == chapters.c.position)
        .where(chapters.c.job_id == job_id)
        .order_by(chapters.c.position)
    )


def _chapter_progress(row: Row[Any]) -> ChapterProgress:
    return ChapterProgress(
        number=row.number,
        title=row.title,
        chunks=int(row.chunks or 0),
        chunks_spoken=int(row.chunks_spoken or 0),
        chunks_dead=int(row.chunks_dead or 0),
        chars=int(row.chars or 0),
        chars_spoken=int(row.chars_spoken or 0),
        samples=int(row.samples or 0),
        rendered=row.audio_key is not None,
    )
