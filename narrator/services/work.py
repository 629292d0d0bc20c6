"""Working: claim a step, do it, settle what came of it."""

from collections.abc import Callable

import structlog

from narrator.domain.errors import StoreUnavailable
from narrator.domain.failpoints import FailPoint
from narrator.domain.steps import Claim, Queue, StepKind
from narrator.services.dispatch import dispatch
from narrator.services.hands import Hands
from narrator.services.kit import Services
from narrator.services.narrate import Narration
from narrator.services.plan import plan
from narrator.services.publish import publish
from narrator.services.render import render
from narrator.services.settle import named, refuse_poison, settle
from narrator.services.slots import SlotKeeper

log = structlog.get_logger(__name__)

Going = Callable[[], bool]
"""False once this process is asked to stop: finish what is under way, begin nothing."""


def work(
    services: Services, queue: Queue, *, hands: Hands, keeper: SlotKeeper, going: Going
) -> bool:
    """Do the next step of a queue; False when there was none, or this process is to stop.

    Of the speech queue it may be many steps: whoever has a slot feeds it (`narrate`). Claims are in
    `hands` meanwhile, so that their leases are renewed elsewhere (`rhythm.heartbeat`).
    """
    if not going():
        return False
    if queue is Queue.SPEECH:
        return _speak(services, hands, keeper, going)
    claim = _next(services, queue, hands.owner)
    if claim is None:
        return False
    with named(claim):
        with hands.holding(claim):
            _do(services, claim)
        dispatch(services)
    return True


def _speak(services: Services, hands: Hands, keeper: SlotKeeper, going: Going) -> bool:
    """A slot first, then work for it: without a slot nothing is claimed."""
    taken = keeper.take()
    if taken is None:
        return False
    hold, claim = taken
    try:
        Narration(services, keeper, hands, hold, going=going).run(claim)
    finally:
        keeper.give(hold)
    return True


def _next(services: Services, queue: Queue, owner: str) -> Claim | None:
    lease_seconds = services.rhythm.lease_seconds
    try:
        return services.steps.claim(queue, owner=owner, lease_seconds=lease_seconds)
    except StoreUnavailable as error:
        log.warning("work.unavailable", queue=queue, reason=error.reason)
        return None


def _do(services: Services, claim: Claim) -> None:
    try:
        log.info("step.claimed", attempts=claim.attempts)
        services.reach(FailPoint.CLAIMED)
        refuse_poison(claim)
        _verb(services, claim)
        log.info("step.settled")
    except Exception as error:  # noqa: BLE001 — a defect must settle its step too
        settle(services, claim, error, progressed=False)


def _verb(services: Services, claim: Claim) -> None:
    match claim.kind:
        case StepKind.PLAN:
            plan(services, claim)
        case StepKind.RENDER:
            render(services, claim)
        case StepKind.PUBLISH:
            publish(services, claim)
        case StepKind.SLICE | StepKind.WEBHOOK | StepKind.DELETE:
            raise AssertionError("slices are in the other queue, chores in none")
