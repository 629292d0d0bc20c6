"""Deleting: what a deleted job had is removed, its row last."""

import structlog

from narrator.domain.artifacts import job_folder
from narrator.domain.failpoints import FailPoint
from narrator.domain.steps import Claim
from narrator.services.kit import Services

PAGE_OBJECTS = 500

log = structlog.get_logger(__name__)


def delete(services: Services, claim: Claim) -> None:
    """Do a `delete` step: the source unless another job has it, the job's objects, its row.

    As long as the row is there somebody comes back, so this may stop anywhere and be repeated. A
    worker that was slow to notice may store one more object: the sweep finds it. Takes stay, they
    are kept by content; so do the ledger's rows.
    """
    source = services.chores.source(claim)
    services.retention.free_source(source, lambda: services.objects.delete(source))
    removed = 0
    while found := services.objects.beneath(job_folder(claim.job_id), limit=PAGE_OBJECTS):
        for each in found:
            services.objects.delete(each.key)
        removed += len(found)
    services.reach(FailPoint.OBJECTS_REMOVED)
    services.chores.forget_job(claim)
    log.info("job.removed", objects=removed)
