"""Working: claim a step, do it, settle what came of it."""

from collections.abc import Callable, Iterable

import structlog

from narrator.domain.errors import LeaseLost, NarratorError, StoreUnavailable, WorkerLost
from narrator.domain.retry import MAX_ATTEMPTS, Again, GiveUp, Stop, decide
from narrator.domain.steps import Claim, Queue, StepKind
from narrator.services.dispatch import dispatch
from narrator.services.hands import Hands
from narrator.services.kit import Services
from narrator.services.narrate import narrate
from narrator.services.plan import plan
from narrator.services.publish import publish
from narrator.services.render import render

log = structlog.get_logger(__name__)

Going = Callable[[], bool]
"""False once this process is asked to stop: finish what is under way, begin nothing."""


def work(services: Services, queue: Queue, *, hands: Hands, going: Going) -> bool:
    """Do the next step of a queue; False when there was none, or this process is to stop.

    The step is in `hands` meanwhile, so that its lease is renewed elsewhere (`rhythm.heartbeat`).
    """
    claim = _next(services, queue, hands.owner) if going() else None
    if claim is None:
        return False
    with structlog.contextvars.bound_contextvars(
        job=claim.job_id, step=claim.step_id, kind=claim.kind, fence=claim.fence
    ):
        with hands.holding(claim):
            _do(services, claim, hands, going)
        dispatch(services)
    return True


def _next(services: Services, queue: Queue, owner: str) -> Claim | None:
    lease_seconds = services.rhythm.lease_seconds
    try:
        return services.steps.claim(queue, owner=owner, lease_seconds=lease_seconds)
    except StoreUnavailable as error:
        log.warning("work.unavailable", queue=queue, reason=error.reason)
        return None


def _do(services: Services, claim: Claim, hands: Hands, going: Going) -> None:
    progressed = False
    try:
        log.info("step.claimed", attempts=claim.attempts)
        _refuse_poison(claim)
        for _ in _verb(services, claim, going):
            progressed = True
            hands.progressed(claim)
        log.info("step.settled")
    except Exception as error:  # noqa: BLE001 — a defect must settle its step too
        _settle(services, claim, error, progressed=progressed)


def _refuse_poison(claim: Claim) -> None:
    """An attempt that ends with an error is settled; one too many means that workers died of it."""
    if claim.attempts > MAX_ATTEMPTS:
        raise WorkerLost(
            f"{MAX_ATTEMPTS} workers died or were lost over one {claim.kind} step",
            remedy="see the workers' logs for what killed them (memory, above all), then retry",
        )


def _verb(services: Services, claim: Claim, going: Going) -> Iterable[object]:
    """Do the step; whatever the verb yields is a part that is done for good."""
    match claim.kind:
        case StepKind.PLAN:
            plan(services, claim)
        case StepKind.SLICE:
            return narrate(services, claim, going=going)
        case StepKind.RENDER:
            render(services, claim)
        case StepKind.PUBLISH:
            publish(services, claim)
    return ()


def _settle(services: Services, claim: Claim, error: Exception, *, progressed: bool) -> None:
    """Turn an error into the step's next state, in this one place."""
    _log_error(error)
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
                services.steps.fail(claim, decision.failure)
            case Stop():
                pass
    except (LeaseLost, StoreUnavailable) as late:
        # Nobody renews the lease any more: it runs out, and the step is done again.
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
