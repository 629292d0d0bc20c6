"""What the API gives, as its OpenAPI document shows it. Units are in the names."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal, Self

from pydantic import BaseModel, Field

from narrator.api.options import OptionsView
from narrator.domain.artifacts import Artifact
from narrator.domain.ids import JobId
from narrator.domain.jobs import (
    FOR_ACCOUNT,
    FOR_OPERATOR,
    ChapterProgress,
    Failure,
    Job,
    JobState,
    Progress,
    Stage,
)
from narrator.domain.ledger import RESENT, Outcome
from narrator.domain.poison import DeadChunk
from narrator.domain.voices import SAMPLE_RATE
from narrator.services.allowance import Allowance
from narrator.services.estimate import cost_dollars

JOB_PATH = "/v1/jobs/{job_id}"
EXAMPLE_ID = "6f1c0a4be1d24d3c9b5e7a8f90123456"
MOST_DEAD = 100

_PAUSED_FOR: dict[str, Literal["account", "operator"]] = {
    FOR_ACCOUNT: "account",
    FOR_OPERATOR: "operator",
}


class ChapterView(BaseModel):
    """How far one chapter is."""

    number: int = Field(description="Body chapter number in the document, from 1.")
    title: str
    chunks: int = Field(description="Chunks planned; a chunk is what is spoken in one go.")
    chunks_spoken: int
    chars: int = Field(description="Characters planned, as sent to the voice.")
    chars_spoken: int
    audio_seconds: float = Field(description="Speech made so far, without pauses.")
    rendered: bool = Field(description="Whether the chapter's audio is finished.")

    @classmethod
    def of(cls, chapter: ChapterProgress) -> Self:
        """From the domain's value."""
        return cls(
            number=chapter.number,
            title=chapter.title,
            chunks=chapter.chunks,
            chunks_spoken=chapter.chunks_spoken,
            chars=chapter.chars,
            chars_spoken=chapter.chars_spoken,
            audio_seconds=_seconds(chapter.samples),
            rendered=chapter.rendered,
        )


class ProgressView(BaseModel):
    """How far a job is, in chapters, chunks and characters; totals are 0 until it is planned."""

    chapters: int = Field(description="Chapters to be narrated.")
    chapters_rendered: int = Field(description="Chapters whose audio is finished.")
    chunks: int
    chunks_spoken: int
    chunks_dead: int = Field(description="Chunks that were given up; see `dead`.")
    chars: int = Field(description="Characters to be spoken.")
    chars_spoken: int
    chars_from_takes: int = Field(
        description="The part of `chars_spoken` that earlier recordings answered: it cost nothing."
    )
    chars_sent: int = Field(
        description="Characters sent to the provider, after the ledger: what it bills."
    )
    chars_resent: int = Field(
        description="The part of `chars_sent` that finished nothing, so that it was sent again."
    )
    takes_spoilt: int = Field(
        description="Stored recordings of chunks that were gone, or not what was stored, when they"
        " were read back: their words were spoken again."
    )
    takes_doubtful: int = Field(
        description="Chunks whose recording the quality gate doubts, although it is the best of"
        " several; the manifest names them."
    )
    audio_seconds: float = Field(description="Speech made so far, without pauses.")
    by_chapter: list[ChapterView]

    @classmethod
    def of(cls, progress: Progress) -> Self:
        """From the domain's value."""
        return cls(
            chapters=len(progress.chapters),
            chapters_rendered=progress.chapters_rendered,
            chunks=progress.chunks,
            chunks_spoken=progress.chunks_spoken,
            chunks_dead=progress.chunks_dead,
            chars=progress.chars,
            chars_spoken=progress.chars_spoken,
            chars_from_takes=progress.chars_from_takes,
            chars_sent=progress.chars_sent,
            chars_resent=progress.chars_resent,
            takes_spoilt=progress.takes_spoilt,
            takes_doubtful=progress.takes_doubtful,
            audio_seconds=_seconds(progress.samples),
            by_chapter=[ChapterView.of(chapter) for chapter in progress.chapters],
        )


class DeadChunkView(BaseModel):
    """A chunk that was given up; a retry tries it again."""

    chapter: int = Field(description="Body chapter number in the document, from 1.")
    chunk: int = Field(description="Its place in the chapter, from 0.")
    code: str = Field(
        description="The fault, as the ledger names it; for programs.", examples=["no-audio"]
    )
    reason: str

    @classmethod
    def of(cls, dead: DeadChunk) -> Self:
        """From the domain's value."""
        return cls(chapter=dead.chapter, chunk=dead.index, code=dead.code, reason=dead.reason)


class ArtifactView(BaseModel):
    """A finished file."""

    name: str = Field(examples=["book.m4b"])
    media_type: str = Field(examples=["audio/mp4"])
    bytes: int
    sha256: str = Field(description="Digest of the file's bytes, in hexadecimal.")
    href: str = Field(description="Path at which to fetch it.")

    @classmethod
    def of(cls, artifact: Artifact, job_id: JobId) -> Self:
        """From the domain's value."""
        return cls(
            name=artifact.name,
            media_type=artifact.media_type,
            bytes=artifact.bytes,
            sha256=artifact.sha256,
            href=f"{job_path(job_id)}/artifacts/{artifact.name}",
        )


class FailureView(BaseModel):
    """Why a job failed or waits, and what to do about it."""

    code: str = Field(description="Stable; for programs.", examples=["document-refused"])
    reason: str
    remedy: str

    @classmethod
    def of(cls, failure: Failure) -> Self:
        """From the domain's value."""
        return cls(code=failure.code, reason=failure.reason, remedy=failure.remedy)


class JobSummary(BaseModel):
    """A job in a list."""

    id: JobId = Field(examples=[EXAMPLE_ID])
    href: str = Field(description="Path of the job.")
    state: JobState
    title: str = Field(description="The document's title; empty until it is planned.")
    creators: list[str] = Field(description="Its authors; empty until it is planned.")
    source_name: str = Field(description="The document's file name as submitted.")
    options: OptionsView
    state_times: dict[JobState, datetime] = Field(
        description="When each state was last entered, RFC 3339 in UTC.",
        examples=[{"queued": "2026-01-31T09:30:00.250000Z"}],
    )
    artifacts: list[ArtifactView]
    failure: FailureView | None = Field(description="Set when the state is `failed`.")
    paused_for: Literal["account", "operator"] | None = Field(
        description="Set when the state is `paused`: whom it waits for. One that waits for the"
        " provider's account resumes by itself, one that an operator paused is resumed by one."
    )
    pause: FailureView | None = Field(
        description="Set when the state is `paused`: why, and what to do about it. Of a refused"
        " account these are the provider's words, with the request id."
    )

    @classmethod
    def of(cls, job: Job, pause: Failure | None = None) -> Self:
        """From the domain's values."""
        return cls(
            id=job.id,
            href=job_path(job.id),
            state=job.state,
            title=job.title,
            creators=list(job.creators),
            source_name=job.source_name,
            options=OptionsView.of(job.options),
            state_times={s: _instant(at) for s, at in sorted(job.state_times.items(), key=_when)},
            artifacts=[ArtifactView.of(artifact, job.id) for artifact in job.artifacts],
            failure=FailureView.of(job.failure) if job.failure else None,
            paused_for=_PAUSED_FOR.get(job.paused_for),
            pause=FailureView.of(pause) if pause else None,
        )


class JobView(JobSummary):
    """A job, and how far it is."""

    stage: Stage = Field(description="What it is busy with.")
    progress: ProgressView
    voices: dict[str, int] = Field(
        description="Characters to be spoken, by the voice that speaks them, most first; empty"
        " until the job is planned.",
        examples=[{"aura-2-thalia-en": 41_203, "aura-2-orion-en": 1_180}],
    )
    dead: list[DeadChunkView] = Field(
        description=f"The first {MOST_DEAD} chunks that were given up, in the document's order."
    )
    dollars_billed: float = Field(
        description="US dollars that the provider bills for `progress.chars_sent`; 0 where the one"
        " who speaks is not paid."
    )
    max_cost: float | None = Field(
        description="US dollars that `options.max_chars` cost at the price of today; null for no"
        " cap."
    )

    @classmethod
    def whole(
        cls,
        job: Job,
        progress: Progress,
        *,
        voices: dict[str, int],
        dead: Sequence[DeadChunk],
        pause: Failure | None,
        price_per_1000_chars: float,
        asked_per_1000_chars: float,
    ) -> Self:
        """From the domain's values, the provider's price in US dollars, and that of caps."""
        most = cost_dollars(job.options.max_chars, price_per_1000_chars=asked_per_1000_chars)
        billed = cost_dollars(progress.chars_sent, price_per_1000_chars=price_per_1000_chars)
        return cls(
            **dict(JobSummary.of(job, pause)),
            stage=progress.stage,
            progress=ProgressView.of(progress),
            voices=voices,
            dead=[DeadChunkView.of(each) for each in dead],
            dollars_billed=round(billed, 6),
            max_cost=round(most, 6) if job.options.max_chars else None,
        )


class JobList(BaseModel):
    """Jobs from the newest on."""

    jobs: list[JobSummary]
    next: str | None = Field(description="Path of the jobs before these; null at the end.")


class SpeechView(BaseModel):
    """How the provider's account stands, of which the whole fleet shares the sockets."""

    speaker: str = Field(description="The account's name: that of the speaker it belongs to.")
    slots_ceiling: int = Field(
        description="Sockets that may be open now; after a refusal (HTTP 429) it grows back."
    )
    slots_most: int = Field(description="The highest the ceiling can be: allowance less headroom.")
    slots_used: int = Field(
        description="Slots that are held, those of processes that died a moment ago among them."
    )
    failures: int = Field(description="Sessions that could not be opened since one last was.")
    shut_until: datetime | None = Field(
        description="Until when no session is opened, after a refusal or in an outage."
    )
    paused_at: datetime | None = Field(
        description="Since when the provider has refused the account; its jobs are paused."
    )
    pause: FailureView | None = Field(description="Why: the provider's words and request id.")
    chars_sent: int = Field(description="Characters ever sent to a provider, after the ledger.")
    chars_kept: int = Field(description="Those whose recording was kept.")
    chars_resent: dict[Outcome, int] = Field(
        description="Those that finished nothing, by what became of them."
    )

    @classmethod
    def of(cls, allowance: Allowance) -> Self:
        """From the service's value."""
        account, sums = allowance.account, allowance.sums
        return cls(
            speaker=allowance.speaker,
            slots_ceiling=math.floor(account.ceiling),
            slots_most=allowance.most,
            slots_used=account.used,
            failures=account.failures,
            shut_until=_instant(account.shut_until) if account.shut_until else None,
            paused_at=_instant(account.paused_at) if account.paused_at else None,
            pause=FailureView.of(account.fault) if account.fault else None,
            chars_sent=sums.sent,
            chars_kept=sums.kept,
            chars_resent={each: sums.chars.get(each, 0) for each in sorted(RESENT)},
        )


class HealthView(BaseModel):
    """The process is up."""

    state: str = Field(examples=["up"])


class ReadyView(BaseModel):
    """Everything that the API needs answers; of the rest it is said whether it does."""

    state: str = Field(examples=["ready"])
    checks: dict[str, str] = Field(
        examples=[{"database": "ok", "objects": "ok", "broker": "away", "scratch": "ok"}]
    )


class FieldFault(BaseModel):
    """A field that does not fit, and why; its value is never repeated."""

    field: str = Field(examples=["speed"])
    reason: str


class Problem(BaseModel):
    """A problem after RFC 9457."""

    type: str = Field(examples=["urn:narrator:problem:option-refused"])
    title: str = Field(description="The status in words.", examples=["Unprocessable Entity"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["there is no voice 'aura-3-hal-en'"])
    code: str = Field(description="Stable; for programs.", examples=["option-refused"])
    remedy: str = Field(
        description="What to do about it.",
        examples=["name a Deepgram Aura voice, such as aura-2-thalia-en"],
    )
    request_id: str = Field(description="Names this request in the server's log.")
    errors: list[FieldFault] = Field(description="The fields at fault, where there are such.")


def job_path(job_id: JobId) -> str:
    """Path of a job."""
    return JOB_PATH.format(job_id=job_id)


def _when(entered: tuple[JobState, float]) -> float:
    return entered[1]


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(round(seconds, 3), UTC)


def _seconds(samples: int) -> float:
    return round(samples / SAMPLE_RATE, 3)
