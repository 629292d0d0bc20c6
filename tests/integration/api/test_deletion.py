"""Deleting a job, and naming who is told of its end, over HTTP."""

import pytest

from narrator.domain.steps import StepKind, StepState
from narrator.services.chores import do_chores
from narrator.services.hands import Hands
from tests.integration.api.installations import WORDS, Installation

URL = "https://example.org/told"


def do_all(installation: Installation) -> int:
    services = installation.services
    return do_chores(services, Hands("tests", services.clock), going=lambda: True)


def test_a_deleted_job_is_missing_at_once_and_in_the_end(installation: Installation) -> None:
    job_id = installation.succeeded()
    path = f"/v1/jobs/{job_id}"
    answers = [installation.caller.delete(path).status_code for _ in range(2)]
    assert answers == [204, 204]
    assert installation.caller.get(path).status_code == 404
    assert installation.caller.get(f"{path}/artifacts/book.m4b").status_code == 404
    assert installation.caller.post(f"{path}/retry").status_code == 404
    assert installation.caller.get("/v1/jobs").json()["jobs"] == []
    assert do_all(installation) == 1
    assert installation.caller.delete(path).status_code == 404


def test_a_deleted_job_has_no_object_left(installation: Installation) -> None:
    job_id = installation.succeeded()
    objects, job = installation.services.objects, installation.services.jobs.get(job_id)
    assert objects.exists(job.source_key)
    installation.caller.delete(f"/v1/jobs/{job_id}")
    do_all(installation)
    assert not objects.exists(job.source_key)
    assert not objects.exists(job.artifacts[0].object_key)


def test_a_running_job_can_be_deleted(installation: Installation) -> None:
    job_id = installation.submitted()
    installation.planned()
    assert installation.caller.delete(f"/v1/jobs/{job_id}").status_code == 204
    assert do_all(installation) == 1
    assert installation.services.steps.counts() == {}


def test_a_job_that_there_is_not_cannot_be_deleted(twins: Installation) -> None:
    answer = twins.caller.delete(f"/v1/jobs/{'0' * 32}")
    assert (answer.status_code, answer.json()["code"]) == (404, "missing")


def test_a_job_tells_who_hears_of_its_end(installation: Installation) -> None:
    asked = {"text": WORDS, "webhook_url": URL}
    job = installation.caller.post("/v1/jobs", json=asked).json()
    assert job["options"]["webhook_url"] == URL
    installation.caller.post(f"/v1/jobs/{job['id']}/cancel")
    counts = installation.services.steps.counts()
    assert counts[StepKind.WEBHOOK, StepState.READY] == 1


@pytest.mark.parametrize("url", ["ftp://example.org", "example.org", "https://a:b@example.org"])
def test_a_webhook_that_could_never_be_told_is_refused(twins: Installation, url: str) -> None:
    answer = twins.caller.post("/v1/jobs", json={"text": WORDS, "webhook_url": url})
    assert (answer.status_code, answer.json()["code"]) == (422, "option-refused")
    assert "a:b" not in answer.text


def test_what_sweeps_removed_is_a_metric(installation: Installation) -> None:
    text = installation.caller.get("/metrics").text
    assert 'narrator_swept_objects_total{sweep="takes"} 0.0' in text
