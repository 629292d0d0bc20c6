"""An installation to call: its services, and a hand that does a job's steps."""

import hashlib
from dataclasses import dataclass, replace
from typing import Any

from fastapi import FastAPI

from narrator.api.app import create_app
from narrator.domain.artifacts import Artifact, job_object
from narrator.domain.errors import NarratorError
from narrator.domain.faults import Fault
from narrator.domain.ids import JobId, ObjectKey, TakeKey
from narrator.domain.jobs import Failure
from narrator.domain.ledger import Outcome, Sending
from narrator.domain.plan import Boundary
from narrator.domain.slots import Slot
from narrator.domain.steps import Claim, Queue, StepKind
from narrator.domain.takes import Take
from narrator.domain.voices import Voice
from narrator.services.kit import Services
from narrator.services.ports import PlannedChunk, PlannedJob, RenderedRecord, Slice
from narrator.settings import ApiSettings
from tests.unit.api.calls import KEY, Caller

DOCUMENT_BYTES = 200_000
WORDS = "It was a dark and stormy night."
SAMPLES = 48_000
PRICE = 0.03
SLOT = Slot(number=1, fence=1, voice=Voice())
RECORDING = b"a recording, as far as the API can tell" * 50


def api_settings(*, is_open: bool = False) -> ApiSettings:
    """Settings with the tests' key, or open."""
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    return ApiSettings(
        host="127.0.0.1",
        port=8080,
        keys={} if is_open else {digest: "tester"},
        open=is_open,
        link_seconds=600,
        document_bytes=DOCUMENT_BYTES,
    )


@dataclass(frozen=True, slots=True)
class Installation:
    """Services, and the app over them."""

    services: Services
    app: FastAPI

    @classmethod
    def over(cls, services: Services) -> "Installation":
        """An installation that asks for the tests' key."""
        return cls(services, create_app(services, api_settings(), price_per_1000_chars=PRICE))

    def but(self, **ports: Any) -> "Installation":
        """The same, but for some of its ports; what takes their place may be less than whole."""
        return Installation.over(replace(self.services, **ports))

    @property
    def caller(self) -> Caller:
        """A client with the key."""
        return Caller(self.app)

    def submitted(self, title: str = "A night") -> JobId:
        """A new job."""
        answer = self.caller.post("/v1/jobs", json={"text": WORDS, "title": title})
        return JobId(answer.json()["id"])

    def claimed(self, kind: StepKind) -> Claim:
        """The next step, which is of that kind."""
        rhythm = self.services.rhythm
        self.services.steps.dispatch(rhythm.window, queued_seconds=rhythm.queued_seconds)
        assert kind.queue is not None
        claim = self.services.steps.claim(kind.queue, owner="tests", lease_seconds=60)
        assert claim is not None
        assert claim.kind is kind
        return claim

    def dispatched_plan(self) -> JobId:
        """The job whose plan step the app itself has dispatched."""
        claim = self.services.steps.claim(Queue.AUDIO, owner="tests", lease_seconds=60)
        assert claim is not None
        assert claim.kind is StepKind.PLAN
        return claim.job_id

    def planned(self) -> None:
        """Do the plan step: one chapter of two chunks, in one slice."""
        self.services.steps.finish_plan(self.claimed(StepKind.PLAN), PLANNED)

    def spoken(self) -> None:
        """Do the slice: the first chunk is sent, the second is answered by an earlier take."""
        claim = self.claimed(StepKind.SLICE)
        self.sent(claim, PLANNED.chunks[0])
        first, second = PLANNED.chunks
        self.services.takes.keep(claim, _take(first), spoken_now=True)
        self.answered(claim, second)
        self.services.steps.finish_slice(claim)

    def poisoned(self) -> None:
        """Do the slice: its first chunk cannot be spoken, the second is answered."""
        claim = self.claimed(StepKind.SLICE)
        bad, good = PLANNED.chunks
        self.sent(claim, bad)
        self.services.ledger.end(claim, bad.key, Outcome.CUT, code=Fault.NO_AUDIO)
        self.services.takes.bury(claim, bad.key, fault=Fault.NO_AUDIO, reason="no audio came")
        self.answered(claim, good)
        self.services.steps.finish_slice(claim)

    def answered(self, claim: Claim, chunk: PlannedChunk) -> None:
        """Let a take be there, of whomever, and answer the chunk."""
        take = _take(chunk)
        self.services.takes.keep(replace(claim, chunks=()), take, spoken_now=True)
        self.services.takes.keep(claim, take, spoken_now=False)

    def sent(self, claim: Claim, chunk: PlannedChunk) -> None:
        """Write down that the chunk goes to the provider."""
        sending = Sending(key=chunk.key, index=chunk.index, chars=len(chunk.text))
        self.services.ledger.begin(claim, [sending], slot=SLOT)

    def refused(self, error: NarratorError) -> None:
        """Take a slot for the slice that is queued; the provider refuses the session."""
        rhythm = self.services.rhythm
        self.services.steps.dispatch(rhythm.window, queued_seconds=rhythm.queued_seconds)
        slot = self.services.slots.acquire("tests")
        assert slot is not None
        self.services.slots.refused(error, handshake_seconds=0.0, slot=slot)

    def published(self) -> None:
        """Do what is left: the job has succeeded, and has one artifact."""
        claim = self.claimed(StepKind.RENDER)
        record = RenderedRecord(
            audio_key=ObjectKey("a"), timeline_key=ObjectKey("t"), samples=2 * SAMPLES
        )
        self.services.steps.finish_render(claim, record)
        publish = self.claimed(StepKind.PUBLISH)
        key = job_object(publish.job_id, "artifacts/book.m4b")
        self.services.objects.put_bytes(key, RECORDING, media_type="audio/mp4")
        self.services.steps.finish_publish(publish, [recording(key)])

    def succeeded(self) -> JobId:
        """A job that has been through every step."""
        job_id = self.submitted()
        for do in (self.planned, self.spoken, self.published):
            do()
        return job_id

    def failed(self) -> JobId:
        """A job whose document could not be read."""
        job_id = self.submitted()
        self.services.steps.fail(self.claimed(StepKind.PLAN), FAILURE)
        return job_id


FAILURE = Failure(
    code="document-refused", reason="the book is encrypted", remedy="send one without DRM"
)
PLANNED = PlannedJob(
    plan_key=ObjectKey("plan.json"),
    title="A Night",
    creators=("Anne Author",),
    chapters=((3, "Storm"),),
    chunks=tuple(
        PlannedChunk(
            chapter=0, index=index, text=WORDS, key=TakeKey(key * 64), boundary=Boundary.SENTENCE
        )
        for index, key in enumerate("ab")
    ),
    slices=(Slice(chapter=0, chunks=(0, 1), chars=2 * len(WORDS)),),
)


def _take(chunk: PlannedChunk) -> Take:
    return Take(
        key=chunk.key,
        object_key=ObjectKey(f"takes/{chunk.key}.flac"),
        sha256="0" * 64,
        samples=SAMPLES,
        chars=len(chunk.text),
    )


def recording(key: ObjectKey) -> Artifact:
    """The finished file's row."""
    return Artifact(
        name="book.m4b",
        object_key=key,
        media_type="audio/mp4",
        bytes=len(RECORDING),
        sha256=hashlib.sha256(RECORDING).hexdigest(),
    )
