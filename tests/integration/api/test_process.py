"""The API as its own process, from nothing but the environment."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from narrator.bootstrap import bootstrap, migrate
from narrator.domain.ids import JobId
from narrator.domain.jobs import Stage
from narrator.settings import load
from tests.integration.api.installations import WORDS
from tests.servers.process import Child, free_port, listening, start

pytestmark = pytest.mark.integration


@dataclass(frozen=True, slots=True)
class Process:
    """A running API and where it lives."""

    child: Child
    url: str
    environment: dict[str, str]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    folder = tmp_path_factory.mktemp("api")
    # A broker of the process's own: nobody works here, so nobody need hear it ring.
    environment = {"NARRATOR_HOME": str(folder / "home"), "NARRATOR_BROKER_URL": "memory://"}
    migrate(load(environment))
    port = free_port()
    factory = ("--factory", "narrator.api.app:from_environment", "--port", str(port))
    child = start((sys.executable, "-m", "uvicorn", *factory), log=folder / "log", env=environment)
    child.wait_until(lambda: listening(port), timeout_seconds=120)
    yield Process(child, f"http://127.0.0.1:{port}", environment)
    child.stop()


def test_an_embedded_api_on_loopback_is_ready_and_needs_no_key(api: Process) -> None:
    assert httpx.get(f"{api.url}/readyz").status_code == 200
    assert httpx.get(f"{api.url}/v1/jobs").status_code == 200


def test_what_it_accepts_is_in_the_database_that_workers_share(api: Process) -> None:
    answer = httpx.post(f"{api.url}/v1/jobs", json={"text": WORDS})
    services = bootstrap(load(api.environment))
    job_id = JobId(answer.json()["id"])
    assert services.jobs.progress(job_id).stage is Stage.WAITING
    assert services.objects.get_bytes(services.jobs.get(job_id).source_key) == WORDS.encode()


def test_every_line_it_logs_is_structured_and_none_holds_text_or_queries(api: Process) -> None:
    """The server's own lines too, from its start on."""
    private = {"text": "private text", "title": "private"}
    headers = {"X-Request-Id": "the-private-one"}
    httpx.post(f"{api.url}/v1/jobs?query=private", json=private, headers=headers)
    api.child.wait_until(lambda: ("request", "the-private-one") in logged(api))
    assert ("job_submitted", "the-private-one") in logged(api)
    assert "private" not in api.child.output().replace("the-private-one", "")


def logged(api: Process) -> list[tuple[str, str | None]]:
    """Each line's event and request id; a line still being written is left out."""
    whole = api.child.output().rpartition("\n")[0]
    lines = [json.loads(line) for line in whole.splitlines()]
    return [(line["event"], line.get("request_id")) for line in lines]
