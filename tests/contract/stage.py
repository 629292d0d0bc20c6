"""What the suites for jobs, steps and takes play with: a store, and short ways to get somewhere."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import count
from threading import Barrier, Event
from time import monotonic
from typing import TypeVar

from narrator.domain.artifacts import Artifact
from narrator.domain.ids import DEFAULT_TENANT, JobId, ObjectKey, TakeKey, TenantId
from narrator.domain.jobs import Failure, Job, JobOptions, NewJob
from narrator.domain.plan import Boundary
from narrator.domain.steps import Claim, Queue
from narrator.domain.takes import Take
from narrator.domain.voices import Voice
from narrator.services.ports import (
    Jobs,
    PlannedChunk,
    PlannedJob,
    RenderedRecord,
    Slice,
    Steps,
    Takes,
)

WIDE = {Queue.SPEECH: 1_000, Queue.AUDIO: 1_000}
SPEAKER = "offline-tone"
THALIA = Voice()
LONG = 600.0  # seconds: no lease of this length ends during a test
FAILURE = Failure(code="speech-refused", reason="there is no such voice", remedy="name another")
RECORD = RenderedRecord(
    audio_key=ObjectKey("jobs/j/chapters/0.m4a"),
    timeline_key=ObjectKey("jobs/j/chapters/0.json"),
    samples=46_080,
)
BOOK = Artifact(
    name="emma.m4b",
    object_key=ObjectKey("jobs/j/artifacts/emma.m4b"),
    media_type="audio/mp4",
    bytes=5_000_000_000,
    sha256="b" * 64,
)
PROOF = Artifact(
    name="manifest.json",
    object_key=ObjectKey("jobs/j/artifacts/manifest.json"),
    media_type="application/json",
    bytes=7,
    sha256="c" * 64,
)

T = TypeVar("T")

Texts = Sequence[Sequence[str]]
"""The chunks' texts, chapter by chapter."""


@dataclass(frozen=True, slots=True)
class Store:
    """The three ports over one database, or one twin."""

    jobs: Jobs
    steps: Steps
    takes: Takes

    def submit(self, number: int = 1) -> Job:
        """A job whose id is made of `number`."""
        return self.jobs.create(new_job(number))

    def dispatch(self, queued_seconds: float = LONG) -> dict[Queue, int]:
        """Dispatch whatever there is."""
        return self.steps.dispatch(WIDE, queued_seconds=queued_seconds)

    def next(self, queue: Queue, *, owner: str = "worker", lease_seconds: float = LONG) -> Claim:
        """Dispatch and claim; there must be a step."""
        self.dispatch()
        claim = self.steps.claim(queue, owner=owner, lease_seconds=lease_seconds)
        assert claim is not None
        return claim

    def planned(
        self,
        texts: Texts,
        number: int = 1,
        *,
        slice_chunks: int = 1,
        voice: Voice = THALIA,
        tenant: str = DEFAULT_TENANT,
        max_chars: int = 0,
    ) -> Job:
        """A job that is planned: slices of so many chunks each."""
        options = JobOptions(voice=voice, max_chars=max_chars)
        job = self.jobs.create(new_job(number, options, tenant=tenant))
        self.steps.dispatch({Queue.AUDIO: WIDE[Queue.AUDIO]}, queued_seconds=LONG)
        claim = self.steps.claim(Queue.AUDIO, owner="worker", lease_seconds=LONG)
        assert claim is not None
        self.steps.finish_plan(claim, plan_of(texts, slice_chunks=slice_chunks))
        return job

    def slices(self, how_many: int) -> list[Claim]:
        """Claims of the next so many slices."""
        return [self.next(Queue.SPEECH) for _ in range(how_many)]

    def seat(
        self,
        *,
        voice: Voice = THALIA,
        speaker: str = SPEAKER,
        seats: int = 45,
        first: bool = True,
    ) -> Claim | None:
        """What a seat of this voice claims, in a fleet of so many; nothing is dispatched."""
        return self.steps.claim_slice(
            voice,
            speaker=speaker,
            owner="worker",
            lease_seconds=LONG,
            seats=seats,
            first=first,
        )

    def speak(self, claim: Claim) -> None:
        """Keep a new take of every chunk of the slice, without finishing it."""
        for chunk in self.takes.pending(claim):
            self.takes.keep(claim, take_of(chunk.text), spoken_now=True)

    def found(self, claim: Claim, *texts: str) -> None:
        """Takes of these texts are there, of whomever; they answer nothing yet."""
        for text in texts:
            self.takes.keep(replace(claim, chunks=()), take_of(text), spoken_now=True)

    def narrate(self, how_many: int) -> None:
        """Speak and finish the next so many slices."""
        for claim in self.slices(how_many):
            self.speak(claim)
            self.steps.finish_slice(claim)

    def render(self, how_many: int) -> None:
        """Finish the next so many renders."""
        for _ in range(how_many):
            self.steps.finish_render(self.next(Queue.AUDIO), RECORD)

    def succeeded(self, number: int = 1) -> Job:
        """A job that went all the way."""
        job = self.planned([["one"]], number)
        self.narrate(1)
        self.render(1)
        self.steps.finish_publish(self.next(Queue.AUDIO), [BOOK, PROOF])
        return self.jobs.get(job.id)


def job_id(number: int) -> JobId:
    """An id as a submitted job has it."""
    return JobId(f"{number:032x}")


def new_job(
    number: int, options: JobOptions | None = None, *, tenant: str = DEFAULT_TENANT
) -> NewJob:
    """What a submitter hands in."""
    return NewJob(
        id=job_id(number),
        source_key=ObjectKey("sources/0123"),
        source_name="emma.epub",
        tenant=TenantId(tenant),
        speaker=SPEAKER,
        options=options or JobOptions(),
    )


def key_of(text: str) -> TakeKey:
    """A key made of the text alone."""
    return TakeKey(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest())


def take_of(text: str, *, samples: int | None = None) -> Take:
    """A take of a text: a thousand samples a character unless told."""
    key = key_of(text)
    return Take(
        key=key,
        object_key=ObjectKey(f"takes/{key}.flac"),
        sha256="a" * 64,
        samples=1_000 * len(text) if samples is None else samples,
        chars=len(text),
        model_version="tone-1",
    )


def plan_of(texts: Texts, *, slice_chunks: int = 1, answered: Collection[str] = ()) -> PlannedJob:
    """A plan of these chunks, chapters numbered from 1, sliced so many chunks at a time.

    Those whose text is `answered` by a take that is kept already are in no slice.
    """
    chunks = [
        PlannedChunk(
            chapter=chapter,
            index=index,
            text=text,
            key=key_of(text),
            boundary=Boundary.CHAPTER if index == len(chapter_texts) - 1 else Boundary.SENTENCE,
        )
        for chapter, chapter_texts in enumerate(texts)
        for index, text in enumerate(chapter_texts)
    ]
    return PlannedJob(
        plan_key=ObjectKey("jobs/j/plan-0.json"),
        title="Emma",
        creators=("Jane Austen",),
        chapters=tuple((n, f"Chapter {n}") for n in range(1, len(texts) + 1)),
        chunks=tuple(chunks),
        slices=tuple(_slices(texts, slice_chunks, answered)),
        answered=frozenset(map(key_of, answered)),
    )


def _slices(texts: Texts, slice_chunks: int, answered: Collection[str]) -> Iterable[Slice]:
    for chapter, chapter_texts in enumerate(texts):
        unspoken = [index for index, text in enumerate(chapter_texts) if text not in answered]
        for start in range(0, len(unspoken), slice_chunks):
            part = unspoken[start : start + slice_chunks]
            chars = sum(len(chapter_texts[index]) for index in part)
            yield Slice(chapter=chapter, chunks=tuple(part), chars=chars)


def together(*acts: Callable[[], T]) -> list[T | Exception]:
    """Do all at the same moment, each in a thread; what each returned, or raised."""
    barrier = Barrier(len(acts))

    def act_on_signal(act: Callable[[], T]) -> T | Exception:
        barrier.wait(timeout=10)
        try:
            return act()
        except Exception as error:  # noqa: BLE001 — the test looks at it
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act_on_signal, acts))


def until(attempt: Callable[[], T | None], *, seconds: float = 10.0) -> T:
    """What `attempt` first answers with that is not None."""
    pause = Event()
    deadline = monotonic() + seconds
    for tries in count(1):
        if (answer := attempt()) is not None:
            return answer
        assert monotonic() < deadline, f"nothing after {tries} tries"
        pause.wait(0.02)
    raise AssertionError
