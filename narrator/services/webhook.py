"""Webhooks: telling whoever submitted a job that it has ended."""

import json
from datetime import UTC, datetime

import structlog

from narrator.domain.artifacts import Artifact
from narrator.domain.failpoints import FailPoint
from narrator.domain.jobs import Failure, Job
from narrator.domain.steps import Claim
from narrator.domain.webhooks import Notice
from narrator.services.kit import Services

log = structlog.get_logger(__name__)


def tell(services: Services, claim: Claim) -> None:
    """Do a `webhook` step. A repeat tells the same event, under the same id; raises Undelivered."""
    notice = services.chores.notice(claim)
    services.messenger.send(notice.url, message(notice), message_id=notice.id)
    services.reach(FailPoint.WEBHOOK_SENT)
    services.chores.told(claim)
    log.info("webhook.taken", event_id=notice.id, state=notice.state)


def message(notice: Notice) -> bytes:
    """The body of a webhook. `job` has the names of the API's view, as the job stands now."""
    told = {
        "event_id": notice.id,
        "event": f"job.{notice.state}",
        "at": _instant(notice.at),
        "job": _job(notice.job),
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _job(job: Job) -> dict[str, object]:
    return {
        "id": job.id,
        "href": f"/v1/jobs/{job.id}",
        "state": job.state,
        "title": job.title,
        "creators": job.creators,
        "source_name": job.source_name,
        "state_times": {state: _instant(at) for state, at in job.state_times.items()},
        "artifacts": [_artifact(job, artifact) for artifact in job.artifacts],
        "failure": _failure(job.failure),
    }


def _artifact(job: Job, artifact: Artifact) -> dict[str, object]:
    return {
        "name": artifact.name,
        "media_type": artifact.media_type,
        "bytes": artifact.bytes,
        "sha256": artifact.sha256,
        "href": f"/v1/jobs/{job.id}/artifacts/{artifact.name}",
    }


def _failure(failure: Failure | None) -> dict[str, object] | None:
    if failure is None:
        return None
    return {"code": failure.code, "reason": failure.reason, "remedy": failure.remedy}


def _instant(seconds: float) -> str:
    return datetime.fromtimestamp(round(seconds, 3), UTC).isoformat().replace("+00:00", "Z")
