"""Submitting and watching jobs; cancelling, pausing, resuming, retrying and deleting them."""

from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode
from uuid import uuid4

import structlog
from fastapi import APIRouter, Query, Request, Response

from narrator.api.context import GivenJobId, GivenPrice, GivenServices, Price
from narrator.api.openapi import job_body, refusals
from narrator.api.schemas import EXAMPLE_ID, MOST_DEAD, JobList, JobSummary, JobView, job_path
from narrator.api.submitted import RetryOptions
from narrator.api.uploads import GivenSubmission, Submission
from narrator.domain.cap import capped_chars
from narrator.domain.ids import JobId
from narrator.domain.jobs import Job, JobState
from narrator.services.allowance import pauses
from narrator.services.dispatch import dispatch
from narrator.services.kit import Services
from narrator.services.lexicon import effective
from narrator.services.submit import submit

DEFAULT_LIMIT, MOST_JOBS = 20, 100

router = APIRouter(tags=["jobs"])
log = structlog.get_logger(__name__)


@router.post(
    "/v1/jobs",
    status_code=HTTPStatus.ACCEPTED,
    summary="Submit a document",
    responses=refusals(
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    ),
    openapi_extra=job_body(),
)
def submit_job(
    request: Request,
    response: Response,
    services: GivenServices,
    price: GivenPrice,
    submission: GivenSubmission,
) -> JobView:
    """Keep the document and queue its narration; the answer is there before the work begins.

    `Location` names the job. What is wrong with the document itself shows later, as the job's
    failure.
    """
    job = _keep(services, submission)
    request.state.job_id = job.id
    log.info("job_submitted", job_id=job.id, voice=job.options.voice.name)
    response.headers["Location"] = job_path(job.id)
    return _view(services, job, price)


@router.get(
    "/v1/jobs",
    summary="List jobs",
    responses=refusals(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def list_jobs(
    services: GivenServices,
    limit: Annotated[int, Query(ge=1, le=MOST_JOBS, description="At most so many.")] = (
        DEFAULT_LIMIT
    ),
    before: Annotated[
        str | None,
        Query(
            pattern="^[0-9a-f]{32}$",
            description="Only jobs older than the one of this id.",
            examples=[EXAMPLE_ID],
        ),
    ] = None,
    state: Annotated[JobState | None, Query(description="Only jobs in this state.")] = None,
) -> JobList:
    """The newest jobs first. `next` leads to older ones."""
    found = services.jobs.recent(
        limit=limit + 1, before=JobId(before) if before else None, state=state
    )
    shown = found[:limit]
    paused = pauses(services, shown)
    more = len(found) > limit
    return JobList(
        jobs=[JobSummary.of(job, paused.get(job.id)) for job in shown],
        next=_older(shown[-1].id, limit, state) if more else None,
    )


@router.get(
    "/v1/jobs/{job_id}",
    summary="Show a job",
    responses=refusals(HTTPStatus.NOT_FOUND),
)
def show_job(services: GivenServices, price: GivenPrice, job_id: GivenJobId) -> JobView:
    """The job's state and stage, how far it is, what it made, or why it failed or waits."""
    return _view(services, services.jobs.get(job_id), price)


@router.delete(
    "/v1/jobs/{job_id}",
    status_code=HTTPStatus.NO_CONTENT,
    summary="Delete a job",
    responses=refusals(HTTPStatus.NOT_FOUND),
)
def delete_job(services: GivenServices, job_id: GivenJobId) -> None:
    """Cancel the job if it is under way, and remove all that it has: document, recording, proof.

    It is missing at once; its files go within moments. Nobody is told of it by webhook. Harmless to
    repeat; once nothing is left, 404. Recorded speech stays for other jobs until it has been out of
    use for long enough, and so do the lines of the ledger.
    """
    services.jobs.delete(job_id)
    log.info("job_deleted", job_id=job_id)


@router.post(
    "/v1/jobs/{job_id}/cancel",
    summary="Cancel a job",
    responses=refusals(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def cancel_job(services: GivenServices, price: GivenPrice, job_id: GivenJobId) -> JobView:
    """Stop the job; what is finished is kept, and a retry goes on from there.

    Harmless to repeat. A job that has succeeded or failed answers 409.
    """
    return _view(services, services.jobs.cancel(job_id), price)


@router.post(
    "/v1/jobs/{job_id}/pause",
    summary="Pause a job",
    responses=refusals(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def pause_job(services: GivenServices, price: GivenPrice, job_id: GivenJobId) -> JobView:
    """Let the job rest until somebody resumes it; what is finished is kept.

    Nothing more is sent for it; what was sent already is kept when it comes in. A job that waits
    for the provider's account does not resume by itself any more. Harmless to repeat. A job that
    has ended answers 409.
    """
    return _view(services, services.jobs.pause(job_id), price)


@router.post(
    "/v1/jobs/{job_id}/resume",
    summary="Resume a paused job",
    responses=refusals(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def resume_job(services: GivenServices, price: GivenPrice, job_id: GivenJobId) -> JobView:
    """Let the job go on where it was; nothing that is finished is spoken twice.

    While the provider refuses the account, the job goes on waiting, for the account. Harmless to
    repeat, and for a job that is not paused. A job that has ended answers 409.
    """
    job = services.jobs.resume(job_id)
    dispatch(services)
    return _view(services, job, price)


@router.post(
    "/v1/jobs/{job_id}/retry",
    summary="Retry a failed or cancelled job",
    responses=refusals(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def retry_job(
    services: GivenServices,
    price: GivenPrice,
    job_id: GivenJobId,
    changed: RetryOptions | None = None,
) -> JobView:
    """Take the job up again where it was; nothing that is finished is spoken twice.

    `max_cost` gives it another cap, all that was spent for it included. Harmless to repeat: a job
    that is queued or running goes on. A job that is paused or has succeeded answers 409.
    """
    asked = changed.max_cost if changed else None
    most = capped_chars(asked, price_per_1000_chars=price.asked) if asked else None
    job = services.jobs.retry(job_id, max_chars=most)
    dispatch(services)
    return _view(services, job, price)


def _keep(services: Services, submission: Submission) -> Job:
    lexicon = effective(services.lexicons, submission.lexicon())
    with submission.on_disk(services) as path:
        return submit(
            services,
            path,
            name=submission.name,
            options=submission.options,
            job_id=JobId(uuid4().hex),
            lexicon=lexicon,
        )


def _view(services: Services, job: Job, price: Price) -> JobView:
    progress = services.jobs.progress(job.id)
    return JobView.whole(
        job,
        progress,
        voices=services.jobs.voices(job.id),
        dead=services.jobs.dead(job.id, limit=MOST_DEAD) if progress.chunks_dead else (),
        pause=pauses(services, [job]).get(job.id),
        price_per_1000_chars=price.of(job),
        asked_per_1000_chars=price.asked,
    )


def _older(last: JobId, limit: int, state: JobState | None) -> str:
    query = {"before": last, "limit": str(limit)} | ({"state": str(state)} if state else {})
    return f"/v1/jobs?{urlencode(query)}"
