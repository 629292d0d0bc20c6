"""A step: a row of work. The row is the work; a message about it is only a doorbell.

A step is claimed under a fence, a number that grows with each claim. Whatever its worker commits is
guarded by that fence, so a worker that lost its lease changes nothing and learns so.
"""

from dataclasses import dataclass
from enum import StrEnum

from narrator.domain.ids import JobId, StepId


class StepKind(StrEnum):
    """What a step does."""

    PLAN = "plan"  # read the document, cut it into chunks and slices
    SLICE = "slice"  # speak some chunks of one chapter
    RENDER = "render"  # stitch and encode one chapter
    PUBLISH = "publish"  # join, tag and verify the book
    WEBHOOK = "webhook"  # tell the submitter that the job has ended
    DELETE = "delete"  # remove a deleted job's objects, then its rows

    @property
    def queue(self) -> "Queue | None":
        """Which workers do it: slices wait on the network, the rest on a processor.

        None for a chore: nobody is rung for it.
        """
        if self in CHORE_KINDS:
            return None
        return Queue.SPEECH if self is StepKind.SLICE else Queue.AUDIO


CHORE_KINDS = frozenset({StepKind.WEBHOOK, StepKind.DELETE})
"""Steps that follow a job's end. They are done whatever the job's state is, and never change it."""

IMPLAUSIBLE_SECONDS = 900.0
"""No lease, ring or retry of a queued kind lies this far ahead (`LONGEST_LEASE_SECONDS`).

One that does was written before the database's clock was set back: it counts as past.
"""

LONGEST_LEASE_SECONDS = 600.0
"""A lease, or the time for which a ring is waited for, may be this long."""

CHORES = "chores"
"""What stands in a chore's row in the place of a queue: a release without chores finds none."""


class Queue(StrEnum):
    """A Celery queue; a doorbell names one, never a step."""

    SPEECH = "speech"
    AUDIO = "audio"


class StepState(StrEnum):
    """Where a step stands."""

    READY = "ready"  # may be dispatched once `run_at` has come
    QUEUED = "queued"  # a doorbell was rung for it; it falls back to ready at `queued_until`
    RUNNING = "running"  # claimed; it falls back to ready when `lease_until` has passed
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class StepMove(StrEnum):
    """What can happen to a step."""

    DISPATCH = "dispatch"
    CLAIM = "claim"
    RETURN = "return"  # given back, retried later, or its time ran out
    FINISH = "finish"
    FAIL = "fail"
    CANCEL = "cancel"
    REVIVE = "revive"  # its job is retried


STEP_TRANSITIONS: dict[StepState, dict[StepMove, StepState]] = {
    StepState.READY: {
        StepMove.DISPATCH: StepState.QUEUED,
        StepMove.CANCEL: StepState.CANCELLED,
    },
    StepState.QUEUED: {
        StepMove.CLAIM: StepState.RUNNING,
        StepMove.RETURN: StepState.READY,
        StepMove.CANCEL: StepState.CANCELLED,
    },
    StepState.RUNNING: {
        StepMove.RETURN: StepState.READY,
        StepMove.FINISH: StepState.DONE,
        StepMove.FAIL: StepState.FAILED,
        StepMove.CANCEL: StepState.CANCELLED,
    },
    StepState.FAILED: {StepMove.REVIVE: StepState.READY},
    StepState.CANCELLED: {StepMove.REVIVE: StepState.READY},
    StepState.DONE: {},
}


def step_sources(move: StepMove) -> frozenset[StepState]:
    """The states from which `move` may be made: the WHERE of its guarded statement."""
    return frozenset(state for state, moves in STEP_TRANSITIONS.items() if move in moves)


def step_target(move: StepMove) -> StepState:
    """Where `move` leads; each move has one target, wherever it starts."""
    return next(moves[move] for moves in STEP_TRANSITIONS.values() if move in moves)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to do one step, for as long as its lease is renewed.

    `chapter` is the position (from 0) among the plan's chapters, -1 for steps of the whole job;
    `chunks` are chunk indices within that chapter, for a slice. `attempts` counts this claim. A
    slice that exceeds its job's cap by `excess_chars` is claimed to be refused, not to be spoken.
    """

    step_id: StepId
    job_id: JobId
    kind: StepKind
    fence: int
    attempts: int
    chapter: int = -1
    chunks: tuple[int, ...] = ()
    excess_chars: int = 0

    def __str__(self) -> str:
        return f"{self.kind} step {self.step_id} of job {self.job_id} (fence {self.fence})"
