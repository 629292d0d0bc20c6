"""Webhooks: whom they go to, and what is told."""

from dataclasses import dataclass

from narrator.domain.jobs import Job, JobState
from narrator.domain.outbound import Endpoint, endpoint_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """That a job ended: `id` is the same however often it is told, `at` when the job ended so.

    `job` is the job as it stands now: it may have been retried since.
    """

    id: str
    url: str
    state: JobState
    at: float
    job: Job


def receiver_of(url: str) -> Endpoint:
    """The receiver that a URL names; raises OptionRefused, which never repeats the URL."""
    return endpoint_of(url, whose="the webhook", example="https://example.org/narrator")
