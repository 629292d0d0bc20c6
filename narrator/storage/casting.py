"""Jobs of several voices in SQL, and how they are kept from releases that know one voice a job.

Such a release claims every slice of its speaker's jobs for the job's voice, and would keep what it
speaks under the key of another. So a job of several voices has its speaker marked: no statement of
such a release finds its slices, which wait for a worker of this one. All that reads or compares a
job's speaker goes through here.
"""

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update

from narrator.domain.ids import JobId
from narrator.storage.tables import jobs, steps

_MARK = " (several voices)"


def slice_voice() -> ColumnElement[str]:
    """The name of the voice that speaks a slice of a job; the speed is the job's."""
    return func.coalesce(steps.c.voice, jobs.c.voice)


def has_voice(voice: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether that voice speaks a slice of a job.

    Not by `slice_voice`, of whose values PostgreSQL knows nothing: it would plan for a few rows.
    """
    its_jobs = and_(steps.c.voice.is_(None), jobs.c.voice == voice)
    return or_(steps.c.voice == voice, its_jobs)


def speaks(speaker: str | ColumnElement[str]) -> ColumnElement[bool]:
    """Whether this speaker speaks the job, in one voice or in several."""
    return jobs.c.speaker.in_([speaker, speaker + _MARK])


def speaker_of(written: str) -> str:
    """The configured name of a job's speaker, without the mark."""
    return written.removesuffix(_MARK)


def has_several(written: str) -> bool:
    """Whether a job's speaker is marked: chunks of it have voices of their own."""
    return written.endswith(_MARK)


def mark(tx: Connection, job_id: JobId, *, several: bool) -> None:
    """Write down whether chunks of the job have voices of their own; before its slices are."""
    mine = jobs.c.id == job_id
    written = tx.scalars(select(jobs.c.speaker).where(mine)).one()
    speaker = speaker_of(written) + (_MARK if several else "")
    if speaker != written:
        tx.execute(update(jobs).where(mine).values(speaker=speaker))
