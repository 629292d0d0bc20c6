"""Chores: what follows a job's end, done one after another without a ring."""

from collections.abc import Callable
from functools import partial

import structlog

from narrator.domain.jobs import Failure
from narrator.domain.retry import delay_seconds
from narrator.domain.steps import Claim, StepKind
from narrator.services.delete import delete
from narrator.services.hands import Hands
from narrator.services.kit import Services
from narrator.services.settle import named, settle
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
    with named(claim), hands.holding(claim):
        try:
            _verb(services, claim)
        except Exception as error:  # noqa: BLE001 — a defect must settle its step too
            settle(services, claim, error, progressed=False, give_up=partial(_give_up, services))
    return True


def _verb(services: Services, claim: Claim) -> None:
    if claim.kind is StepKind.WEBHOOK:
        tell(services, claim)
    else:
        delete(services, claim)


def _give_up(services: Services, claim: Claim, failure: Failure) -> None:
    """Nobody is told any more; but what was to be removed is, however often that takes."""
    if claim.kind is StepKind.WEBHOOK:
        services.chores.give_up(claim, failure)
        log.warning("webhook.given_up", code=failure.code)
    else:
        after_seconds = delay_seconds(claim.attempts, services.dice())
        services.steps.hand_back(claim, after_seconds=after_seconds, failure=failure)
