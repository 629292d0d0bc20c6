"""Working: claim a step, do it, settle what came of it."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from narrator.domain.errors import LeaseLost, NarratorError, StoreUnavailable
from narrator.domain.retry import Again, GiveUp, Stop, decide
from narrator.domain.steps import Claim, Queue, StepKind
from narrator.services.dispatch import dispatch
from narrator.services.kit import Services
from narrator.services.narrate import narrate
from narrator.services.plan import plan
from narrator.services.publish import publish
from narrator.services.render import render

log = structlog.get_logger(__name__)

Going = Callable[[], bool]
"""False once this process is asked to stop: finish what is under way, begin nothing."""


@dataclass(slots=True)
class Progressed:
    """Whether an attempt finished a part of its step, which then is not lost with it."""

    chunks: int = 0


def work(services: Services, queue: Queue, *, owner: str, going: Going) -> int:
    """Do steps of a queue until there is none or `going()` is false; returns how many were done.

    `owner` names this process; its leases are renewed elsewhere (`rhythm.heartbeat`).
    """
    done = 0
    while going() and (claim := _next(services, queue, owner)):
        with structlog.contextvars.bound_contextvars(
            job=claim.job_id, step=claim.step_id, kind=claim.kind, fence=claim.fence
        ):
            _do(services, claim, going)
        done += 1
        dispatch(services)
    return done


def _next(services: Services, queue: Queue, owner: str) -> Claim | None:
    lease_seconds = services.rhythm.lease_seconds
    try:
        return services.steps.claim(queue, owner=owner, lease_seconds=lease_seconds)
    except StoreUnavailable as error:
        log.warning("work.unavailable", queue=queue, reason=error.reason)
        return None


def _do(services: Services, claim: Claim, going: Going) -> None:
    progressed = Progressed()
    log.info("step.claimed", attempts=claim.attempts)
    try:
        _verb(services, claim, going, progressed)
        log.info("step.settled")
    except Exception as error:  # noqa: BLE001 — a defect must settle its step too
        _settle(services, claim, error, progressed)


def _verb(services: Services, claim: Claim, going: Going, progressed: Progressed) -> None:
    match claim.kind:
        case StepKind.PLAN:
            plan(services, claim)
        case StepKind.SLICE:
            for _ in narrate(services, claim, going=going):
                progressed.chunks += 1
        case StepKind.RENDER:
            render(services, claim)
        case StepKind.PUBLISH:
            publish(services, claim)


def _settle(services: Services, claim: Claim, error: Exception, progressed: Progressed) -> None:
    """Turn an error into the step's next state, in this one place."""
    _log_error(error)
    decision = decide(
        error,
        attempts=claim.attempts,
        progressed=progressed.chunks > 0,
        dice=services.dice(),
    )
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
                services.steps.fail(claim, decision.failure)
            case Stop():
                pass
    except (LeaseLost, StoreUnavailable) as late:
        # The lease will run out, and the step be done again: nothing is lost.
        log.warning("step.unsettled", code=late.code, reason=late.reason)


def _log_error(error: Exception) -> None:
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
