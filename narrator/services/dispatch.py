"""Dispatching: queue the next steps, then ring for them."""

import structlog

from narrator.domain.errors import StoreUnavailable
from narrator.services.kit import Services

log = structlog.get_logger(__name__)


def dispatch(services: Services) -> int:
    """Queue what is next and ring the workers; returns how many rings.

    A database that does not answer is logged, because whoever calls this has already committed its
    own work.
    """
    try:
        return ring_next(services)
    except StoreUnavailable as error:
        log.warning("dispatch.unavailable", reason=error.reason)
        return 0


def ring_next(services: Services) -> int:
    """Queue what is next and ring the workers; returns how many rings. Raises StoreUnavailable.

    Harmless to repeat and to lose: a step whose ring was lost falls back by itself.
    """
    rings = services.steps.dispatch(
        services.rhythm.window, queued_seconds=services.rhythm.queued_seconds
    )
    for queue, times in rings.items():
        services.doorbell.ring(queue, times)
    return sum(rings.values())
