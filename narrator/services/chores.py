"""Chores: what follows a job's end, done one after another without a ring."""

from collections.abc import Callable

import structlog

from narrator.domain.errors import LeaseLost
from narrator.domain.retry import Again, GiveUp, Stop, decide, delay_seconds, failure_of
from narrator.domain.steps import Claim, StepKind
from narrator.services.delete import delete
from narrator.services.hands import Hands
from narrator.services.kit import Services
from narrator.services.settle import log_error
from narrator.services.webhook import tell

log = structlog.get_logger(__name__)


def do_chores(services: Services, hands: Hands, *, going: Callable[[], bool]) -> int:
    """Do the chores that are due until there is none, or this process is to stop; how many."""
    done = 0
    while going() and _do_one(services, hands):
        done += 1
    return done


def _do_one(services: Services, hands: Hands) -> bool:
    lease_seconds = services.rhythm.lease_seconds
    claim = services.chores.claim(owner=hands.owner, lease_seconds=lease_seconds)
    if claim is None:
        return False
    named = {"job": claim.job_id, "step": claim.step_id, "kind": claim.kind, "fence": claim.fence}
    with structlog.contextvars.bound_contextvars(**named), hands.holding(claim):
        try:
            _verb(services, claim)
        except Exception as error:  # noqa: BLE001 — a defect must settle its step too
            _settle(services, claim, error)
    return True


def _verb(services: Services, claim: Claim) -> None:
    if claim.kind is StepKind.WEBHOOK:
        tell(services, claim)
    else:
        delete(services, claim)


def _settle(services: Services, claim: Claim, error: Exception) -> None:
    """Try again later, or give a webhook up. The job has ended, and stays as it is."""
    log_error(error)
    try:
        if claim.kind is StepKind.WEBHOOK:
            _settle_webhook(services, claim, error)
        elif not isinstance(error, LeaseLost):
            # What was promised to be removed is: however often that takes.
            after_seconds = delay_seconds(claim.attempts, services.dice())
            failure = failure_of(error)
            services.steps.hand_back(claim, after_seconds=after_seconds, failure=failure)
    except Exception as late:  # noqa: BLE001 — the lease runs out, and it is done again
        log_error(late)
        log.warning("step.unsettled")


def _settle_webhook(services: Services, claim: Claim, error: Exception) -> None:
    decision = decide(error, attempts=claim.attempts, progressed=False, dice=services.dice())
    match decision:
        case Again():
            services.steps.hand_back(
                claim,
                after_seconds=decision.after_seconds,
                counted=decision.counted,
                failure=decision.failure,
            )
        case GiveUp():
            services.chores.give_up(claim, decision.failure)
            log.warning("webhook.given_up", code=decision.failure.code)
        case Stop():
            pass
