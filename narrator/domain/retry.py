"""What to do about a fault: one table, and what follows for the step that met it.

The delay doubles with each attempt from a rule's first to its longest; `dice` (0 to 1) spreads it
over half to one and a half of that, so that a fleet does not come back all at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from narrator.domain.errors import NarratorError, Passing
from narrator.domain.faults import Fault
from narrator.domain.jobs import Failure

MAX_ATTEMPTS = 8
FIRST_SECONDS = 1.0
LONGEST_SECONDS = 120.0
WAIT_SECONDS = 2.0
AWAY_SECONDS = 5.0


class Blame(StrEnum):
    """Whose fault it is."""

    JOB = "the job"
    ACCOUNT = "the account"
    PROVIDER = "the provider"
    OURS = "ours"


class Action(StrEnum):
    """What is done about it, besides what the error says."""

    AGAIN = "the step is done again"
    REPLACE = "a new speech session takes over; what was cut is sent again"
    WAIT = "the step waits until the governor lets sessions be opened"
    PAUSE = "the account's jobs are paused, it is tried now and then, they resume"
    FAIL = "the job fails; what is finished is kept"
    STOP = "this worker stops quietly; whoever owns the step now goes on"
    NOTE = "nothing: what is under way goes on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A line of the table.

    A `counted` fault uses up one of the step's `attempts`, unless the attempt finished a part of
    the step. `slot_rests`: the slot sends nothing for a whole window. `ends_session`: the socket is
    closed, and what was sent through it and not answered is cut.
    """

    blame: Blame
    action: Action
    counted: bool = False
    attempts: int = MAX_ATTEMPTS
    first_seconds: float = FIRST_SECONDS
    longest_seconds: float = LONGEST_SECONDS
    slot_rests: bool = False
    ends_session: bool = False

    def delay_seconds(self, attempts: int, dice: float) -> float:
        """How long the step waits after the `attempts`-th attempt (from 1)."""
        doubled = self.first_seconds * 2.0 ** min(max(attempts, 1) - 1, 30)
        return min(self.longest_seconds, doubled) * (0.5 + dice)


_REFUSED = Rule(blame=Blame.JOB, action=Action.FAIL)
_CLOSED_FOR_GOOD = replace(_REFUSED, ends_session=True)  # of several: ONE_OF_SEVERAL
_PAUSED = Rule(
    blame=Blame.ACCOUNT,
    action=Action.PAUSE,
    first_seconds=WAIT_SECONDS,
    longest_seconds=WAIT_SECONDS,
)
_OUTAGE = replace(_PAUSED, blame=Blame.PROVIDER, action=Action.WAIT)
_CUT = Rule(blame=Blame.PROVIDER, action=Action.REPLACE, counted=True, ends_session=True)
_OURS = Rule(blame=Blame.OURS, action=Action.AGAIN, counted=True)
_AWAY = replace(_OURS, counted=False, first_seconds=AWAY_SECONDS, longest_seconds=AWAY_SECONDS)

RULES: Mapping[Fault, Rule] = {
    Fault.HANDSHAKE_400: _REFUSED,
    Fault.HANDSHAKE_401: _PAUSED,
    Fault.HANDSHAKE_402: _PAUSED,
    Fault.HANDSHAKE_403: _PAUSED,
    Fault.HANDSHAKE_403_MODEL: _REFUSED,
    Fault.HANDSHAKE_408: _OUTAGE,
    Fault.HANDSHAKE_429: _OUTAGE,
    Fault.HANDSHAKE_4XX: replace(_PAUSED, blame=Blame.OURS),
    Fault.HANDSHAKE_5XX: _OUTAGE,
    Fault.HANDSHAKE_OTHER: replace(_PAUSED, blame=Blame.OURS),
    Fault.NO_CONNECTION: _OUTAGE,
    Fault.OPEN_TIMEOUT: _OUTAGE,
    Fault.CLOSE_1000: _CUT,
    Fault.CLOSE_1001: _CUT,
    Fault.CLOSE_1003: _CLOSED_FOR_GOOD,
    Fault.CLOSE_1006: _CUT,
    Fault.CLOSE_1008_DATA_0000: _CLOSED_FOR_GOOD,
    Fault.CLOSE_1008_DATA_0001: replace(_CUT, slot_rests=True),
    Fault.CLOSE_1009: _CLOSED_FOR_GOOD,
    Fault.CLOSE_1011: _CUT,
    Fault.CLOSE_1011_NET_0003: _CUT,
    Fault.CLOSE_OTHER: _CUT,
    Fault.WARNING_EXCESSIVE_FLUSH: _CUT,
    Fault.WARNING_OTHER: Rule(blame=Blame.PROVIDER, action=Action.NOTE),
    Fault.ERROR_MESSAGE: _CUT,
    Fault.SILENCE: _CUT,
    Fault.TRICKLE: _CUT,
    Fault.NO_AUDIO: _CUT,
    Fault.HALF_SAMPLE: _CUT,
    Fault.TOO_LITTLE_AUDIO: _CUT,
    Fault.TOO_MUCH_AUDIO: _CUT,
    Fault.UNASKED_ANSWER: _CUT,
    Fault.LOST_ANSWER: _CUT,
    Fault.BESIDE: replace(_CUT, counted=False),
    Fault.ONE_OF_SEVERAL: replace(_CUT, counted=False),  # at most once a chunk: see `poison`
    Fault.UNSPEAKABLE: _REFUSED,
    Fault.SLOT_ENDED: replace(_AWAY, ends_session=True),
    Fault.GIVEN_UP: replace(_OURS, counted=False, ends_session=True),
    Fault.STORE_AWAY: _AWAY,
    Fault.TAKE_BUSY: replace(
        _OURS, counted=False, first_seconds=WAIT_SECONDS, longest_seconds=WAIT_SECONDS
    ),
    Fault.TAKE_CORRUPT: _OURS,
    Fault.STORED_SPOILT: replace(_REFUSED, blame=Blame.OURS),
    Fault.TOOL_FAILED: _OURS,
    Fault.UNDELIVERED: replace(  # within about 20 hours
        _OURS, attempts=12, first_seconds=60.0, longest_seconds=6 * 3_600.0
    ),
    Fault.LEASE_LOST: Rule(blame=Blame.OURS, action=Action.STOP),
    Fault.WORKER_LOST: _REFUSED,
    Fault.DOCUMENT: _REFUSED,
    Fault.MISSING: replace(_REFUSED, blame=Blame.OURS),
    Fault.SETTINGS: _OURS,
    Fault.DEFECT: _OURS,
}


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
    rule, failure = rule_of(error), failure_of(error)
    if rule.action is Action.STOP:
        return Stop()
    counted = rule.counted and not progressed
    if rule.action is Action.FAIL or (counted and attempts >= rule.attempts):
        return GiveUp(failure=failure)
    after_seconds = rule.delay_seconds(attempts if counted else 1, dice)
    return Again(after_seconds=after_seconds, counted=counted, failure=failure)


def rule_of(error: Exception) -> Rule:
    """The line of the table that applies to an error; one that nobody foresaw is a defect."""
    return RULES[error.fault if isinstance(error, NarratorError) else Fault.DEFECT]


def delay_seconds(attempts: int, dice: float) -> float:
    """How long to wait after the `attempts`-th attempt (from 1) at anything of ours."""
    return _OURS.delay_seconds(attempts, dice)


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
