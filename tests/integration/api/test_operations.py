"""Health, readiness, figures, keys on every path, and the description."""

import asyncio
import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from fastapi import FastAPI
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from narrator.api.app import create_app
from narrator.domain.errors import SettingsError, StoreUnavailable
from tests.integration.api.installations import WORDS, Installation, api_settings
from tests.unit.api.calls import Caller

KEYLESS = {"/healthz", "/readyz", "/openapi.json"}


class Down:
    """A part that does not answer, whatever it is asked."""

    def __getattr__(self, name: str) -> object:
        def refuse(*_: object, **__: object) -> object:
            raise StoreUnavailable(f"no answer to {name}", remedy="start it")

        return refuse


class Broken:
    """A part with a defect."""

    def __getattr__(self, name: str) -> object:
        def break_(*_: object, **__: object) -> object:
            raise RuntimeError(f"a private passage in {name}")

        return break_


def test_health_asks_nothing_of_anybody(installation: Installation) -> None:
    down = installation.but(jobs=Down(), objects=Down(), steps=Down())
    answer = down.caller.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"state": "up"})


def test_a_whole_installation_is_ready(installation: Installation) -> None:
    answer = installation.caller.get("/readyz")
    assert answer.status_code == 200
    assert set(answer.json()["checks"]) == {"database", "objects", "broker", "scratch"}
    assert set(answer.json()["checks"].values()) == {"ok"}


def test_without_its_broker_the_api_is_ready_and_says_so(installation: Installation) -> None:
    answer = installation.but(doorbell=Down()).caller.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["broker"]) == (200, "away")


def test_without_room_for_temporary_files_the_api_is_not_ready(
    installation: Installation, tmp_path: Path
) -> None:
    answer = installation.but(scratch=tmp_path / "no-such-folder").caller.get("/readyz")
    assert (answer.status_code, answer.json()["detail"]) == (503, "not usable: scratch")


@pytest.mark.parametrize("trouble", [Down(), Broken()], ids=["down", "broken"])
@pytest.mark.parametrize(("part", "port"), [("database", "jobs"), ("objects", "objects")])
def test_what_is_not_ready_is_named_and_why_stays_in_the_log(
    installation: Installation, part: str, port: str, trouble: object
) -> None:
    with capture_logs() as lines:
        answer = installation.but(**{port: trouble}).caller.get("/readyz")
    assert (answer.status_code, answer.json()["detail"]) == (503, f"not usable: {part}")
    assert [line["part"] for line in lines if line["event"] == "part.away"] == [part]
    assert "private" not in answer.text + str(lines)


def test_figures_show_jobs_steps_characters_and_requests(installation: Installation) -> None:
    installation.submitted()
    installation.planned()
    installation.spoken()
    figures = installation.caller.get("/metrics").text
    chars = float(len(WORDS))
    for line in (
        'narrator_jobs{state="running"} 1.0',
        'narrator_jobs{state="failed"} 0.0',
        f"narrator_spoken_chars {2 * chars}",
        "narrator_takes_spoilt 0.0",
        "narrator_takes_doubtful 0.0",
        'narrator_steps{kind="plan",state="done"} 1.0',
        'narrator_steps{kind="render",state="ready"} 1.0',
        'narrator_steps{kind="publish",state="ready"} 0.0',
        f'narrator_running_chars{{part="spoken"}} {2 * chars}',
        f'narrator_running_chars{{part="from_takes"}} {chars}',
        "narrator_slots_used 0.0",
        "narrator_slots_ceiling 43.0",
        "narrator_account_paused 0.0",
        f"narrator_sent_chars {chars}",
        'narrator_resent_chars{outcome="cut"} 0.0',
        "narrator_database_up 1.0",
        'narrator_http_requests_total{method="POST",route="/v1/jobs",status="202"} 1.0',
    ):
        assert line in figures


def test_figures_hold_route_templates_and_no_ids(installation: Installation) -> None:
    job_id = installation.submitted()
    installation.caller.get(f"/v1/jobs/{job_id}")
    figures = installation.caller.get("/metrics").text
    assert 'route="/v1/jobs/{job_id}"' in figures
    assert job_id not in figures


def test_figures_of_requests_outlive_the_database(installation: Installation) -> None:
    app = installation.but(steps=Down())
    app.caller.get("/healthz")
    figures = app.caller.get("/metrics").text
    assert "narrator_database_up 0.0" in figures
    assert 'route="/healthz"' in figures


def test_a_database_that_does_not_answer_is_a_problem_that_passes(
    installation: Installation,
) -> None:
    answer = installation.but(jobs=Down()).caller.get("/v1/jobs")
    assert (answer.status_code, answer.json()["code"]) == (503, "store-unavailable")
    assert answer.headers["retry-after"]


def test_every_path_but_the_open_ones_needs_a_key(installation: Installation) -> None:
    stranger = Caller(installation.app, headers={})
    answers = {
        path: stranger.request(method, path.format(job_id="0" * 32, name="book.m4b"))
        for path, method in operations(installation)
    }
    assert len(answers) > 6
    for path, answer in answers.items():
        assert (answer.status_code == 401) is (path not in KEYLESS), path


def test_a_wrong_key_is_refused_with_a_challenge(installation: Installation) -> None:
    stranger = Caller(installation.app, headers={"Authorization": "Bearer wrong"})
    answer = stranger.get("/v1/jobs")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Bearer ")


def test_an_app_without_keys_is_not_made_unless_it_may_be_open(
    installation: Installation,
) -> None:
    with pytest.raises(SettingsError):
        create_app(installation.services, replace(api_settings(), keys={}))


def test_an_open_app_serves_this_machine_and_no_other(installation: Installation) -> None:
    app = create_app(installation.services, api_settings(is_open=True))
    near, far = Caller(app, headers={}), Caller(app, peer="192.0.2.7", headers={})
    assert (near.get("/v1/jobs").status_code, far.get("/v1/jobs").status_code) == (200, 403)


def test_the_log_names_caller_and_job_and_holds_no_text_and_no_key(
    installation: Installation,
) -> None:
    with capture_logs() as lines:
        job_id = installation.submitted("A private title")
    (line,) = [line for line in lines if line["event"] == "request"]
    assert (line["caller"], line["job_id"], line["status"]) == ("tester", job_id, 202)
    logged = str(lines)
    assert not re.search(r"stormy|private|a-key-of-the-tests", logged)


def test_every_line_logged_during_a_request_carries_its_id(installation: Installation) -> None:
    with capture_logs(processors=[merge_contextvars]) as lines:
        installation.caller.post(
            "/v1/jobs", json={"text": WORDS}, headers={"X-Request-Id": "request-7"}
        )
    assert [line["event"] for line in lines] == ["job_submitted", "request"]
    assert {line["request_id"] for line in lines} == {"request-7"}


def test_the_description_s_references_all_lead_somewhere(installation: Installation) -> None:
    described = installation.caller.get("/openapi.json").json()
    names = set(described["components"]["schemas"])
    assert references(described) <= {f"#/components/schemas/{name}" for name in names}


def test_the_description_declares_key_problems_and_both_bodies(
    installation: Installation,
) -> None:
    described = installation.caller.get("/openapi.json").json()
    submit = described["paths"]["/v1/jobs"]["post"]
    assert submit["security"] == [{"ApiKey": []}]
    assert set(submit["requestBody"]["content"]) == {"multipart/form-data", "application/json"}
    assert {"202", "400", "401", "413", "415", "422", "500", "503"} <= set(submit["responses"])
    assert set(submit["responses"]["413"]["content"]) == {"application/problem+json"}
    assert described["components"]["securitySchemes"]["ApiKey"]["scheme"] == "bearer"


def test_every_operation_is_summed_up(installation: Installation) -> None:
    described = installation.caller.get("/openapi.json").json()
    for path in described["paths"].values():
        for operation in path.values():
            assert operation["summary"]
            assert operation["description"]


def test_every_option_is_described_as_it_is_taken_and_as_it_is_given_back(
    twins: Installation,
) -> None:
    described = twins.caller.get("/openapi.json").json()
    taken = described["paths"]["/v1/jobs"]["post"]["requestBody"]["content"].values()
    kinds = [each["schema"] for each in taken] + [described["components"]["schemas"]["OptionsView"]]
    fields = [(name, field) for kind in kinds for name, field in kind["properties"].items()]
    assert [name for name, field in fields if not field.get("description")] == []


def test_what_runs_beside_the_app_starts_and_stops_with_it(installation: Installation) -> None:
    history: list[str] = []

    @dataclass
    class Runner:
        def start(self) -> None:
            history.append("started")

        def stop(self) -> None:
            history.append("stopped")

    async def serve(app: FastAPI) -> None:
        async with app.router.lifespan_context(app):
            history.append("serving")

    asyncio.run(serve(create_app(installation.services, api_settings(), background=[Runner()])))
    assert history == ["started", "serving", "stopped"]


def operations(installation: Installation) -> list[tuple[str, str]]:
    paths = installation.caller.get("/openapi.json").json()["paths"]
    shown = [(path, method.upper()) for path, methods in paths.items() for method in methods]
    return [*shown, ("/openapi.json", "GET")]


def references(node: object) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(references(child) for child in node.values()))
    if isinstance(node, list):
        return set().union(*(references(child) for child in node))
    return set()
