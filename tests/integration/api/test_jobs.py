"""Submitting, watching and listing jobs over HTTP, and what may be asked of them."""

import re
from datetime import datetime, timedelta

import pytest

from narrator.domain.jobs import JobState
from narrator.domain.voices import DEFAULT_VOICE
from narrator.services.allowance import PAUSED_BY_OPERATOR
from tests.integration.api.installations import FAILURE, PLANNED, WORDS, Installation

RFC_3339_UTC = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"
NOWHERE = "0" * 32


def test_a_file_is_accepted_and_its_job_is_where_location_says(installation: Installation) -> None:
    answer = installation.caller.post(
        "/v1/jobs", files={"document": ("book.epub", b"PK of a kind")}, data={"format": "mp3"}
    )
    assert answer.status_code == 202
    shown = installation.caller.get(answer.headers["location"])
    assert shown.json() == answer.json()
    assert (shown.json()["state"], shown.json()["options"]["format"]) == ("queued", "mp3")


def test_the_document_is_kept_byte_for_byte(installation: Installation) -> None:
    document = bytes(range(256)) * 500
    answer = installation.caller.post("/v1/jobs", files={"document": ("book.epub", document)})
    job = installation.services.jobs.get(answer.json()["id"])
    assert installation.services.objects.get_bytes(job.source_key) == document


def test_a_text_is_accepted_and_kept(installation: Installation) -> None:
    answer = installation.caller.post("/v1/jobs", json={"text": "Naïve café 🎧", "title": "Tea. 1"})
    job = installation.services.jobs.get(answer.json()["id"])
    assert job.source_name == "Tea. 1.txt"
    assert installation.services.objects.get_bytes(job.source_key).decode() == "Naïve café 🎧"


def test_every_option_reaches_the_job(installation: Installation) -> None:
    fields = {"voice": "aura-2-orion-en", "speed": "1.25", "format": "opus", "chapters": "1,3-5"}
    fields |= {"on_dead": "skip", "webhook_url": "https://example.org/told", "without": "emoji"}
    fields |= {"plan_hash": "0a" * 32, "max_cost": "0.3", "cast": f"heading={fields['voice']}"}
    fields |= {"also": "flac,mp3", "loudness": "audiobook", "level": "book", "split": "90"}
    fields |= {"pauses": "scene=2,head=1", "read_along": "vtt", "listen": "true"}
    answer = installation.caller.post(
        "/v1/jobs",
        files={"document": ("a.txt", b"a")},
        data={**fields, "read": ["footnotes=end", "tables=read, captions=read"]},
    ).json()
    assert answer["options"] == {
        "voice": "aura-2-orion-en",
        "speed": 1.25,
        "format": "opus",
        "chapters": [1, 3, 4, 5],
        "on_dead": "skip",
        "webhook_url": "https://example.org/told",
        "read": ["footnotes=end", "tables=read", "captions=read"],
        "without": ["emoji"],
        "cast": ["heading=aura-2-orion-en"],
        "lexicon": "",
        "plan_hash": "0a" * 32,
        "max_chars": 10_000,
        "also": ["mp3", "flac"],
        "loudness": "audiobook",
        "level": "book",
        "split": "parts",
        "part_minutes": 90,
        "pauses": ["scene=2", "head=1"],
        "read_along": ["vtt"],
        "listen": True,
    }
    assert answer["max_cost"] == 0.3


def test_the_minutes_of_a_part_may_be_a_number_in_json(twins: Installation) -> None:
    answer = twins.caller.post("/v1/jobs", json={"text": "Good morning.", "split": 90}).json()
    assert (answer["options"]["split"], answer["options"]["part_minutes"]) == ("parts", 90)


def test_a_job_that_is_not_split_by_minutes_has_no_longest_part(twins: Installation) -> None:
    answer = twins.caller.post("/v1/jobs", json={"text": "Good morning.", "split": "chapters"})
    assert answer.json()["options"]["part_minutes"] is None


def test_a_submitted_job_has_a_plan_step_that_was_dispatched(installation: Installation) -> None:
    job_id = installation.submitted()
    assert installation.dispatched_plan() == job_id


def test_nothing_is_left_in_the_scratch_folder(installation: Installation) -> None:
    installation.caller.post("/v1/jobs", files={"document": ("a.txt", b"a" * 100_000)})
    assert list(installation.services.scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\books\\Emma.epub", "Emma.epub"),
        ("../../etc/passwd", "passwd"),
        ("a\x85b\u2028c.txt", "abc.txt"),
        ("x" * 300 + ".epub", "x" * 195 + ".epub"),
        ("/", "document"),
    ],
)
def test_a_file_name_is_only_a_name(twins: Installation, given: str, kept: str) -> None:
    answer = twins.caller.post("/v1/jobs", files={"document": (given, b"a")})
    assert answer.json()["source_name"] == kept


def test_progress_counts_chapters_chunks_and_characters(installation: Installation) -> None:
    job_id = installation.submitted()
    installation.planned()
    installation.spoken()
    shown = installation.caller.get(f"/v1/jobs/{job_id}").json()
    chars = len(WORDS)
    counted = {
        "chunks": 2,
        "chunks_spoken": 2,
        "chars": 2 * chars,
        "chars_spoken": 2 * chars,
        "audio_seconds": 4.0,
    }
    assert shown["progress"] == counted | {
        "chapters": 1,
        "chapters_rendered": 0,
        "chunks_dead": 0,
        "chars_from_takes": chars,
        "chars_sent": chars,
        "chars_resent": 0,
        "takes_spoilt": 0,
        "takes_doubtful": 0,
        "by_chapter": [counted | {"number": 3, "title": "Storm", "rendered": False}],
    }
    assert (shown["state"], shown["stage"]) == ("running", "rendering")
    assert shown["voices"] == {DEFAULT_VOICE: 2 * chars}
    assert (shown["title"], shown["creators"]) == (PLANNED.title, list(PLANNED.creators))


def test_each_state_entered_has_its_time_in_utc(installation: Installation) -> None:
    times = installation.caller.get(f"/v1/jobs/{installation.succeeded()}").json()["state_times"]
    assert list(times) == ["queued", "running", "succeeded"]
    assert all(re.fullmatch(RFC_3339_UTC, instant) for instant in times.values())
    instants = [datetime.fromisoformat(instant) for instant in times.values()]
    assert timedelta(0) <= instants[2] - instants[0] < timedelta(minutes=1)


def test_a_failed_job_says_why_and_what_to_do(installation: Installation) -> None:
    shown = installation.caller.get(f"/v1/jobs/{installation.failed()}").json()
    assert shown["state"] == "failed"
    assert shown["failure"] == {
        "code": FAILURE.code,
        "reason": FAILURE.reason,
        "remedy": FAILURE.remedy,
    }


def test_jobs_are_listed_from_the_newest_on_a_page_at_a_time(installation: Installation) -> None:
    newest_first = [installation.submitted(f"Book {number}") for number in range(5)][::-1]
    seen: list[str] = []
    path: str | None = "/v1/jobs?limit=2"
    while path:
        page = installation.caller.get(path).json()
        seen += [job["id"] for job in page["jobs"]]
        path = page["next"]
    assert seen == newest_first


def test_a_list_can_be_of_one_state_and_its_next_page_too(installation: Installation) -> None:
    failed = [installation.failed() for _ in range(2)]
    installation.submitted()
    page = installation.caller.get("/v1/jobs?state=failed&limit=1").json()
    rest = installation.caller.get(page["next"]).json()
    assert [job["id"] for job in page["jobs"] + rest["jobs"]] == failed[::-1]
    assert rest["next"] is None


def test_cancelling_twice_is_cancelling_once(installation: Installation) -> None:
    job_id = installation.submitted()
    answers = [installation.caller.post(f"/v1/jobs/{job_id}/cancel") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["state"] == "cancelled"


def test_a_job_that_has_ended_cannot_be_cancelled(installation: Installation) -> None:
    answer = installation.caller.post(f"/v1/jobs/{installation.failed()}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "invalid-transition")


def test_a_failed_job_can_be_taken_up_again(installation: Installation) -> None:
    job_id = installation.failed()
    answer = installation.caller.post(f"/v1/jobs/{job_id}/retry")
    assert (answer.status_code, answer.json()["state"], answer.json()["failure"]) == (
        200,
        JobState.RUNNING,
        None,
    )
    assert installation.dispatched_plan() == job_id


def test_retrying_a_job_under_way_changes_nothing(installation: Installation) -> None:
    job_id = installation.submitted()
    answer = installation.caller.post(f"/v1/jobs/{job_id}/retry")
    assert (answer.status_code, answer.json()["state"]) == (200, "queued")


def test_a_paused_job_says_by_whom_and_what_to_do(installation: Installation) -> None:
    job_id = installation.submitted()
    shown = installation.caller.post(f"/v1/jobs/{job_id}/pause").json()
    assert (shown["state"], shown["paused_for"]) == ("paused", "operator")
    assert "paused" in shown["state_times"]
    assert (shown["pause"]["code"], shown["pause"]["remedy"]) == (
        PAUSED_BY_OPERATOR.code,
        PAUSED_BY_OPERATOR.remedy,
    )
    assert installation.caller.get("/v1/jobs").json()["jobs"][0]["paused_for"] == "operator"


def test_a_resumed_job_is_dispatched_at_once(installation: Installation) -> None:
    job_id = installation.submitted()
    installation.caller.post(f"/v1/jobs/{job_id}/pause")
    shown = installation.caller.post(f"/v1/jobs/{job_id}/resume").json()
    assert (shown["state"], shown["paused_for"], shown["pause"]) == ("running", None, None)
    assert installation.dispatched_plan() == job_id


@pytest.mark.parametrize("move", ["pause", "resume"])
def test_asking_twice_is_asking_once(installation: Installation, move: str) -> None:
    job_id = installation.submitted()
    answers = [installation.caller.post(f"/v1/jobs/{job_id}/{move}") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize(
    ("first", "then", "detail", "possible"),
    [
        ("cancel", "pause", "cannot pause a cancelled job", "retry"),
        ("cancel", "resume", "cannot resume a cancelled job", "retry"),
        ("pause", "retry", "cannot retry a paused job", "resume, cancel"),
    ],
)
def test_of_two_callers_the_later_is_told_the_state_and_what_is_possible(
    installation: Installation, first: str, then: str, detail: str, possible: str
) -> None:
    job_id = installation.submitted()
    installation.caller.post(f"/v1/jobs/{job_id}/{first}")
    answer = installation.caller.post(f"/v1/jobs/{job_id}/{then}")
    assert (answer.status_code, answer.json()["detail"]) == (409, detail)
    assert answer.json()["remedy"] == f"possible now: {possible}"


def test_an_id_that_no_job_has_is_not_found(installation: Installation) -> None:
    answer = installation.caller.get(f"/v1/jobs/{NOWHERE}")
    assert (answer.status_code, answer.json()["code"]) == (404, "missing")


@pytest.mark.parametrize("job_id", [NOWHERE, "1", "%00", "A" * 32, "x" * 500])
@pytest.mark.parametrize(
    ("method", "suffix"),
    [("GET", ""), ("GET", "/artifacts/book.m4b")]
    + [("POST", f"/{move}") for move in ("cancel", "pause", "resume", "retry")],
)
def test_a_job_that_does_not_exist_is_not_found(
    twins: Installation, method: str, suffix: str, job_id: str
) -> None:
    answer = twins.caller.request(method, f"/v1/jobs/{job_id}{suffix}")
    assert (answer.status_code, answer.json()["code"]) == (404, "missing")
    assert answer.json()["remedy"]


def test_a_page_before_a_job_that_does_not_exist_is_not_found(installation: Installation) -> None:
    answer = installation.caller.get(f"/v1/jobs?before={NOWHERE}")
    assert (answer.status_code, answer.json()["code"]) == (404, "missing")


def test_a_job_lists_the_chunks_that_were_given_up(installation: Installation) -> None:
    job_id = installation.submitted()
    installation.planned()
    installation.poisoned()
    shown = installation.caller.get(f"/v1/jobs/{job_id}").json()
    assert (shown["state"], shown["failure"]["code"]) == ("failed", "chunks-dead")
    assert shown["progress"]["chunks_dead"] == 1
    assert shown["dead"] == [
        {"chapter": 3, "chunk": 0, "code": "no-audio", "reason": "no audio came"}
    ]


def test_a_retried_job_has_given_up_nothing(installation: Installation) -> None:
    job_id = installation.submitted()
    installation.planned()
    installation.poisoned()
    shown = installation.caller.post(f"/v1/jobs/{job_id}/retry").json()
    assert (shown["state"], shown["dead"], shown["failure"]) == ("running", [], None)
