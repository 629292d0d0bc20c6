"""Settling: what becomes of a step whose doing raised an error, and how the log names a step."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import structlog

from narrator.domain.cap import slice_too_dear
from narrator.domain.errors import NarratorError, WorkerLost
from narrator.domain.jobs import Failure
from narrator.domain.retry import MAX_ATTEMPTS, Again, GiveUp, Stop, decide
from narrator.domain.steps import Claim
from narrator.services.kit import Services

log = structlog.get_logger(__name__)


def named(claim: Claim) -> AbstractContextManager[object]:
    """Whatever is logged meanwhile names the step."""
    return structlog.contextvars.bound_contextvars(
        job=claim.job_id, step=claim.step_id, kind=claim.kind, fence=claim.fence
    )


def refuse_poison(claim: Claim) -> None:
    """Raise WorkerLost for a step over which workers die.

    An attempt that ends with an error is settled; one too many means that nobody lived to do so.
    """
    if claim.attempts > MAX_ATTEMPTS:
        raise WorkerLost(
            f"{MAX_ATTEMPTS} workers died or were lost over one {claim.kind} step",
            remedy="see the workers' logs for what killed them (memory, above all), then retry",
        )


def refuse_dear(claim: Claim) -> None:
    """Raise OptionRefused for a slice that its job's cap does not pay for."""
    if claim.excess_chars:
        raise slice_too_dear(claim.excess_chars)


def settle(
    services: Services,
    claim: Claim,
    error: Exception,
    *,
    progressed: bool,
    give_up: Callable[[Claim, Failure], None] | None = None,
) -> None:
    """Turn an error into the step's next state.

    `progressed` tells whether the attempt finished a part of the step; `give_up` is called when no
    attempt is left, and unless given fails the step and its job. A claim that is not the
    caller's any more, a store that is away, or a defect is logged, not raised: the lease then runs
    out by itself.
    """
    log_error(error)
    decision = decide(error, attempts=claim.attempts, progressed=progressed, dice=services.dice())
    try:
        match decision:
            case Again():
                services.steps.hand_back(
                    claim,
                    after_seconds=decision.after_seconds,
                    counted=decision.counted,
                    failure=decision.failure,
                )
            case GiveUp():
                (give_up or services.steps.fail)(claim, decision.failure)
            case Stop():
                pass
    except Exception as late:  # noqa: BLE001 — whoever settles several goes on with the next
        # Nobody renews the lease any more: it runs out, and the step is done again.
        log_error(late)
        log.warning("step.unsettled")


def log_error(error: Exception) -> None:
    """Log an error of ours by its reason, and any other by its type and place."""
    if isinstance(error, NarratorError):
        log.warning("step.error", code=error.code, reason=error.reason)
    else:
        log.error("step.defect", error=type(error).__name__, where=_where(error))


def _where(error: Exception) -> str:
    """File and line of a defect. Its message and its values may hold text, so they stay out."""
    trace = error.__traceback__
    if trace is None:
        return ""
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
