"""Ports of the rows: jobs, steps, takes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from narrator.domain.artifacts import Artifact
from narrator.domain.faults import Fault
from narrator.domain.gate import Doubt
from narrator.domain.ids import JobId, ObjectKey, TakeKey
from narrator.domain.jobs import Failure, Job, JobState, NewJob, Progress
from narrator.domain.plan import Boundary
from narrator.domain.poison import DeadChunk
from narrator.domain.steps import Claim, Queue, StepKind, StepState
from narrator.domain.takes import Take
from narrator.domain.voices import Voice


class Jobs(Protocol):
    """Jobs, as submitters and operators see them."""

    def create(self, new: NewJob) -> Job:
        """Insert the job and its `plan` step in one transaction; an existing job is returned.

        Its options stay as they are, but for the plan that it is bound to and its cap.
        """

    def get(self, job_id: JobId) -> Job:
        """The job; raises Missing."""

    def recent(
        self, *, limit: int, before: JobId | None = None, state: JobState | None = None
    ) -> list[Job]:
        """Jobs from the newest on, those older than `before` where it is given."""

    def progress(self, job_id: JobId) -> Progress:
        """How far the job is, chapter by chapter; raises Missing."""

    def cancel(self, job_id: JobId) -> Job:
        """Cancel the job and its open steps (their fences grow); a cancelled job is returned as is.

        Raises Missing, or InvalidTransition when it has already ended otherwise.
        """

    def delete(self, job_id: JobId) -> None:
        """Cancel the job if it is open, let it be missing from now on, and insert what removes it.

        Harmless to repeat while that is not done; raises Missing once it is. Nobody is told of the
        job's end, nor of an earlier one that could not be told yet.
        """

    def pause(self, job_id: JobId) -> Job:
        """Pause the job until an operator resumes it; one that is paused so is returned as is.

        Claims of its steps are broken at once (their fences grow, and the attempts do not count):
        nothing more is sent for it, and what was sent already is kept when it comes in. A job that
        waits for its account does not resume by itself any more. Raises Missing, or
        InvalidTransition when it has ended.
        """

    def resume(self, job_id: JobId) -> Job:
        """Let a paused job go on; one that is not paused is returned as is.

        While the account is refused, a job that has something to say goes on waiting, from now on
        for the account. Raises Missing, or InvalidTransition when it has ended.
        """

    def retry(self, job_id: JobId, *, max_chars: int | None = None) -> Job:
        """Take up a failed or cancelled job again: its failed and cancelled steps become ready.

        A job that is queued or running goes on, and is returned as is. From now on at most
        `max_chars` characters are sent for it, in all, where that is given.
        Finished steps and takes are kept; dead chunks are pending again, with all their attempts,
        and what was made without them is made again. Raises Missing or InvalidTransition.
        """

    def dead(self, job_id: JobId, *, limit: int) -> list[DeadChunk]:
        """The first of the job's dead chunks, in the order of the document."""

    def voices(self, job_id: JobId) -> dict[str, int]:
        """Characters by the name of the voice that speaks them, most first; none until planned."""

    def trouble(self, job_id: JobId) -> Failure | None:
        """Why an open step of the job was last given back, or None; a step keeps no remedy."""

    def states(self) -> dict[JobState, int]:
        """How many jobs there are in each state, for gauges; a state without jobs may be absent."""

    def takes_spoilt(self) -> int:
        """How many takes of all jobs were spoilt, and so spoken again."""

    def takes_doubtful(self) -> int:
        """How many kept takes the quality gate doubts."""

    def spoken_chars(self) -> int:
        """Characters of all jobs' finished slices, and of what takes had answered without any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedChunk:
    """A chunk as its row keeps it; `chapter` is the position (from 0) among the plan's chapters.

    `failures` counts how often it failed for its own sake since its job was begun, resumed or
    retried; it is a `suspect` once it did, or may have.
    """

    chapter: int
    index: int
    text: str
    key: TakeKey
    boundary: Boundary
    failures: int = 0
    suspect: bool = False
    voice: str = ""  # its name; empty for the job's


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Chunks of one chapter and one voice that one step will speak, by their indices."""

    chapter: int
    chunks: tuple[int, ...]
    chars: int
    voice: str = ""  # its name; empty for the job's


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedJob:
    """What planning a job inserts. `chapters` are (body number, title), in order.

    `answered` are the keys that kept takes answer already: their chunks are spoken from the start,
    and in no slice.
    """

    plan_key: ObjectKey
    title: str
    creators: tuple[str, ...]
    chapters: tuple[tuple[int, str], ...]
    chunks: tuple[PlannedChunk, ...]
    slices: tuple[Slice, ...]
    answered: frozenset[TakeKey] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedRecord:
    """A rendered chapter: its encoded audio and its timeline (`services.render`), as stored."""

    audio_key: ObjectKey
    timeline_key: ObjectKey
    samples: int


class Steps(Protocol):
    """Rows of work: dispatched, claimed under a fence, finished or given back.

    Time is the database's. A claim of a job's first step moves the job from queued to running.
    """

    def dispatch(self, window: Mapping[Queue, int], *, queued_seconds: float) -> dict[Queue, int]:
        """Return expired steps to ready, then queue the next ones up to each queue's window.

        Returns how many doorbells to ring for each queue, after this call's transaction. A step
        queued longer than `queued_seconds` counts as one whose doorbell was lost. One dispatcher
        works at a time; while another does, this returns an empty dict at once.
        """

    def claim(self, queue: Queue, *, owner: str, lease_seconds: float) -> Claim | None:
        """Claim the next queued step of a queue, or None when there is none."""

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
        """Claim the fairest queued slice for this speaker and voice, or None.

        A slice without a voice of its own has its job's; all have their job's speed.

        Where fewer slices run than there are `seats` in the fleet, the queued work is to spread: a
        slice that is more than an idle seat's share of it is cut to that (a chunk at least; the
        rest becomes slices of its own, ready to be dispatched), and a seat that has work already
        (`first` is false) gets none of it.

        Of a job with a cap (`JobOptions.max_chars`) a slice is claimed only if what was sent for
        the job, what its running slices may yet send, and the slice itself stay within it. One that
        does not fit although nothing of its job runs is claimed to be refused: `excess_chars`.
        """

    def renew(self, claims: Sequence[Claim], *, lease_seconds: float) -> int:
        """Renew the leases of these claims that still hold; returns how many."""

    def hand_back(
        self,
        claim: Claim,
        *,
        after_seconds: float = 0.0,
        counted: bool = True,
        failure: Failure | None = None,
    ) -> None:
        """Give a step back, to be done again `after_seconds` from now.

        `counted=False` (a drain) takes the attempt back as well. `failure` says why, for operators.
        """

    def fail(self, claim: Claim, failure: Failure) -> None:
        """The step and its job fail; the job's other open steps are cancelled."""

    def release_all(self) -> int:
        """Return every queued and running step to ready at once, growing fences.

        For a caller that holds the lock on the whole installation and knows that no worker lives.
        """

    def counts(self) -> dict[tuple[StepKind, StepState], int]:
        """How many steps there are of each kind in each state, for gauges."""

    def finish_plan(self, claim: Claim, planned: PlannedJob) -> None:
        """Insert chapters, chunks and slice steps, in place of an earlier try's."""

    def finish_slice(self, claim: Claim) -> None:
        """Done; inserts the chapter's `render` step when no chunk of it is pending.

        A job that is paused for its account goes on with its last open slice done. A chapter with
        dead chunks is rendered only if the job is to skip them; otherwise the job fails with the
        list of them once nothing else of it is left to do.
        """

    def respeak(self, claim: Claim, spoilt: Mapping[TakeKey, Take | None]) -> int:
        """Let words be spoken again whose takes are gone (None) or not what was stored.

        For a render step, and takes of its chapter as it saw them. Their rows are removed, but one
        that was kept since; the job's chunks of these words are pending again, wherever the chapter
        is not rendered, in slices of their own; what the job had sent for them counts as lost. The
        `render` steps end; the last of the slices inserts them again. Returns how many takes are
        spoken again, which the job counts; the step is given back where none needs to be. Raises
        StoredSpoilt, nothing changed, for words that were spoilt `MOST_SPOILT` times since the job
        was begun, resumed or retried.
        """

    def finish_render(self, claim: Claim, record: RenderedRecord) -> None:
        """Done; inserts the job's `publish` step when every chapter is rendered.

        A job fails here like in `finish_slice`, and when all it could make is silence.
        """

    def rerender(self, claim: Claim, positions: Sequence[int]) -> None:
        """Let chapters be rendered again whose recordings are gone or not what was stored.

        For a publish step, which ends; the last of the renders inserts it again. Raises
        StoredSpoilt, nothing changed, for a chapter that was rendered `MOST_SPOILT` times since the
        job was begun, resumed or retried.
        """

    def finish_publish(self, claim: Claim, artifacts: Sequence[Artifact]) -> None:
        """Done; the job has succeeded with these artifacts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterTake:
    """A spoken chunk of a chapter and its take, for rendering; None where that is gone.

    `voice` is its name, empty for the job's; `doubts` are what its job shows of it, None where no
    verdict was known when its take answered. `spoken_now`: it was sent for this chunk.
    """

    index: int
    boundary: Boundary
    key: TakeKey
    take: Take | None
    text: str = ""
    voice: str = ""
    doubts: tuple[Doubt, ...] | None = None
    spoken_now: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBy:
    """The best take so far of words that were to be said again, because it is doubted.

    `times` they were sent for the chunk's job and not kept, for doubts or by a process that died.
    """

    take: Take
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedChapterRow:
    """A rendered chapter as its row knows it.

    `keys` are the takes of its spoken chunks in order, `dead` the indices of its dead ones;
    `doubts` are those of its spoken chunks, by their indices, where there are any.
    """

    number: int
    title: str
    record: RenderedRecord
    keys: tuple[TakeKey, ...]
    dead: frozenset[int] = frozenset()
    doubts: Mapping[int, tuple[Doubt, ...]] = field(default_factory=dict)


class Takes(Protocol):
    """Takes, kept by content, and the chunks they answer."""

    def pending(self, claim: Claim) -> list[PlannedChunk]:
        """The slice's chunks that have no take yet, in order."""

    def find(self, keys: Iterable[TakeKey]) -> dict[TakeKey, Take]:
        """The finished takes among `keys`; marks them as used now."""

    def lease(self, claim: Claim, keys: Iterable[TakeKey]) -> set[TakeKey]:
        """Reserve the right to speak these words; returns those that are now the claim's.

        A lease lives as long as its step's, so that two jobs never pay for the same words at once.
        """

    def keep(self, claim: Claim, take: Take, *, spoken_now: bool, request_id: str = "") -> bool:
        """The take is stored: record it, and that it answers the job's chunks of that key.

        `spoken_now` is False where an earlier take answers (nothing was sent to the provider). That
        makes no take: where it was removed since it was found, nothing is answered, and this is
        False.
        Every pending chunk of the claim's own slice with that key is answered. What was spoken now
        ends its row of the ledger in the same transaction: `kept`, or `late` where another take of
        these words was quicker.

        What was spoken now is paid for: although the claim is lost it is kept, and answers, as long
        as nobody else has leased these words since; LeaseLost is raised all the same.
        """

    def put_by(self, claim: Claim, take: Take) -> None:
        """The take is stored, and its words are said again: it is the best of them so far.

        Whoever leases them next goes on with it. Nothing happens where they are not the claim's to
        say any more; raises LeaseLost.
        """

    def put_by_before(self, claim: Claim, keys: Iterable[TakeKey]) -> dict[TakeKey, PutBy]:
        """What earlier claims put by of these words, which are leased to this one."""

    def keep_put_by(self, claim: Claim, take: Take) -> None:
        """What was put by is the best that there will be: from now on it is a take like any other.

        It answers the slice's chunks as an earlier take does: this claim sent nothing. Raises
        LeaseLost.
        """

    def bury(self, claim: Claim, key: TakeKey, *, fault: Fault, reason: str) -> bool:
        """The slice's chunks of that key are dead, for this reason (no text of the document).

        For a chunk that failed for its own sake as often as it may, the last time with this fault,
        once that is in the ledger. False when they may not be to blame (`domain.poison`).
        """

    def of_chapter(self, claim: Claim) -> list[ChapterTake]:
        """The takes of the claim's chapter in chunk order; for a render step."""

    def judged(self, claim: Claim, found: Mapping[TakeKey, tuple[Doubt, ...]]) -> None:
        """Write down what is doubted of takes of the claim's chapter; for a render step.

        A take that has a verdict keeps it; the job shows what is given here. Raises LeaseLost.
        """

    def of_job(self, claim: Claim) -> list[RenderedChapterRow]:
        """The rendered chapters in order; for a publish step."""
