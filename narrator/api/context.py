"""What a route is given: services and settings from the app, and a job id worth looking up."""

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path, Request

from narrator.api.metrics import Metrics
from narrator.api.schemas import EXAMPLE_ID
from narrator.domain.errors import Missing
from narrator.domain.ids import JobId
from narrator.domain.jobs import Job
from narrator.services.kit import Services
from narrator.services.readiness import Readiness
from narrator.settings import ApiSettings

_JOB_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What the configured speaker charges, in US dollars; other speakers' jobs cost nothing.

    `asked` is what plans are priced at and caps are counted by: also where nobody is paid, so that
    a rehearsal tells what the real thing would cost.
    """

    per_1000_chars: float
    speaker: str
    asked: float

    def of(self, job: Job) -> float:
        """The price of 1,000 characters of this job."""
        return self.per_1000_chars if job.speaker == self.speaker else 0.0


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


async def _readiness(request: Request) -> Readiness:
    readiness: Readiness = request.app.state.readiness
    return readiness


async def _settings(request: Request) -> ApiSettings:
    settings: ApiSettings = request.app.state.settings
    return settings


async def _metrics(request: Request) -> Metrics:
    metrics: Metrics = request.app.state.metrics
    return metrics


async def _price(request: Request) -> Price:
    price: Price = request.app.state.price
    return price


async def _job_id(
    request: Request,
    job_id: Annotated[str, Path(description="The job's id.", examples=[EXAMPLE_ID])],
) -> JobId:
    if not _JOB_ID.fullmatch(job_id):
        raise Missing(
            "a job's id is 32 lower-case hexadecimal digits, and this is none",
            remedy="take the id from the answer to POST /v1/jobs, or from GET /v1/jobs",
        )
    request.state.job_id = job_id
    return JobId(job_id)


GivenServices = Annotated[Services, Depends(_services)]
GivenReadiness = Annotated[Readiness, Depends(_readiness)]
GivenSettings = Annotated[ApiSettings, Depends(_settings)]
GivenMetrics = Annotated[Metrics, Depends(_metrics)]
GivenPrice = Annotated[Price, Depends(_price)]
GivenJobId = Annotated[JobId, Depends(_job_id)]
