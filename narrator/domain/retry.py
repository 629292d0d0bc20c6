"""What to do about an error: do the step again, give the job up, or stop quietly.

The delay doubles with each attempt up to `LONGEST_SECONDS`; `dice` (0 to 1) spreads it over half to
one and a half of that, so that a fleet does not come back all at once.
"""

from dataclasses import dataclass

from narrator.domain.errors import (
    AccountFault,
    JobFault,
    LeaseLost,
    Missing,
    NarratorError,
    Passing,
    SpeechUnavailable,
    TakeBusy,
)
from narrator.domain.jobs import Failure

MAX_ATTEMPTS = 8
FIRST_SECONDS = 1.0
LONGEST_SECONDS = 120.0
BUSY_SECONDS = 2.0
UNAVAILABLE_SECONDS = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """Do the step again after so many seconds; `counted` uses up one of its attempts."""

    after_seconds: float
    counted: bool
    failure: Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """The job fails for this reason."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class Stop:
    """Somebody else owns the step: write nothing."""


Decision = Again | GiveUp | Stop


def decide(error: Exception, *, attempts: int, progressed: bool, dice: float) -> Decision:
    """What follows from an error in the `attempts`-th attempt at a step.

    An attempt that finished a part of its step (`progressed`) does not count against it.
    """
    failure = failure_of(error)
    match error:
        case LeaseLost():
            return Stop()
        case JobFault() | AccountFault() | Missing():
            return GiveUp(failure=failure)
        case TakeBusy():
            return Again(after_seconds=BUSY_SECONDS * (0.5 + dice), counted=False, failure=failure)
        case SpeechUnavailable():
            # Nothing was sent, so nothing was paid: an outage is waited out, however long.
            after = UNAVAILABLE_SECONDS * (0.5 + dice)
            return Again(after_seconds=after, counted=False, failure=failure)
        case _ if attempts < MAX_ATTEMPTS or progressed:
            return Again(
                after_seconds=delay_seconds(1 if progressed else attempts, dice),
                counted=not progressed,
                failure=failure,
            )
        case _:
            return GiveUp(failure=failure)


def delay_seconds(attempts: int, dice: float) -> float:
    """How long to wait after the `attempts`-th attempt (from 1)."""
    base = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** (max(attempts, 1) - 1))
    return base * (0.5 + dice)


def failure_of(error: Exception) -> Failure:
    """The error as a job shows it.

    An unforeseen one is named by its type only: its words may hold text of the document.
    """
    if isinstance(error, NarratorError):
        remedy = error.remedy
        if isinstance(error, Passing) and not remedy:
            remedy = "this usually passes: retry the job, it goes on where it was"
        return Failure(code=error.code, reason=error.reason, remedy=remedy)
    return Failure(
        code="unexpected",
        reason=f"unexpected {type(error).__name__}",
        remedy="see the worker's log; retry the job once mended, it goes on where it was",
    )
