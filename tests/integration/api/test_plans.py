"""Planning a document over HTTP: what is told, that nothing is stored, and what is refused."""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from narrator.api.planned import PlanView
from narrator.domain.artifacts import JOBS, SOURCES, TAKES
from narrator.domain.choices import DEFAULT_READING, Reading
from narrator.domain.documents import Document
from narrator.domain.jobs import JobState
from narrator.domain.plan_json import canonical
from narrator.domain.steps import Queue
from narrator.services.hands import Hands
from narrator.services.ports import Reader
from narrator.services.slots import SlotKeeper
from narrator.services.work import work
from tests.acceptance.command import Home
from tests.integration.api.installations import PRICE, Installation

BOOK = {"document": ("emma.html", b"<h1>Start</h1><p>Emma was <i hidden>x</i>clever.</p>")}


def planned(installation: Installation, **fields: str) -> dict[str, object]:
    answer = installation.caller.post("/v1/plans", files=BOOK, data=fields)
    assert answer.status_code == 200, answer.text
    shown: dict[str, object] = answer.json()
    return shown


def test_a_plan_has_the_form_that_the_api_describes(twins: Installation) -> None:
    shown = PlanView.model_validate(planned(twins))
    assert (shown.chars, [chapter.title for chapter in shown.chapters]) == (22, ["Start"])
    assert (shown.skipped["hidden"].chars, shown.skipped["hidden"].stretches) == (1, 1)
    assert [reason for _, _, reason in shown.skips].count("hidden") == 1
    assert shown.estimated_dollars == round(22 * PRICE / 1000, 6)


def test_nothing_of_a_plan_is_stored(twins: Installation) -> None:
    planned(twins)
    assert twins.services.jobs.recent(limit=1) == []
    folders = (SOURCES, JOBS, TAKES)
    assert not any(twins.services.objects.beneath(each, limit=1) for each in folders)
    assert list(twins.services.scratch.iterdir()) == []


def test_the_whole_plan_is_there_when_it_is_asked_for_and_has_the_hash(twins: Installation) -> None:
    answer = twins.caller.post("/v1/plans?full=true", files=BOOK).json()
    assert hashlib.sha256(canonical(answer["plan"])).hexdigest() == answer["hash"]
    assert answer["plan"]["chapters"][0]["chunks"][0]["text"].startswith("Start")


def test_a_job_bound_to_a_plan_carries_out_that_plan(installation: Installation) -> None:
    shown = planned(installation)
    job_id = submitted(installation, plan_hash=str(shown["hash"]))
    plan_it(installation)
    job = installation.services.jobs.get(job_id)
    assert (job.state, job.failure) == (JobState.RUNNING, None)
    assert str(shown["hash"]) in str(job.plan_key)
    assert installation.services.jobs.progress(job_id).chars == shown["chars"]


def test_the_command_line_gives_the_same_plan_its_same_hash(
    twins: Installation, tmp_path: Path
) -> None:
    name, data = BOOK["document"]
    (tmp_path / name).write_bytes(data)
    words = ("plan", name, "--json", "--read", "footnotes=end", "--cast", "heading=aura-2-luna-en")
    done = Home(path=tmp_path / "command").run(*words, cwd=tmp_path)
    told = PlanView.model_validate_json(done.stdout)
    options = {"read": "footnotes=end", "cast": "heading=aura-2-luna-en"}
    assert told.hash == planned(twins, **options)["hash"]


def test_a_job_bound_to_another_plan_is_refused_by_both_hashes_and_nothing_is_spent(
    installation: Installation,
) -> None:
    shown, other = planned(installation), "0f" * 32
    job_id = submitted(installation, plan_hash=other)
    plan_it(installation)
    job = installation.services.jobs.get(job_id)
    assert job.failure
    assert (job.state, job.failure.code) == (JobState.FAILED, "option-refused")
    assert other in job.failure.reason
    assert str(shown["hash"]) in job.failure.reason
    assert (job.plan_key, installation.services.ledger.sums(job_id).sent) == (None, 0)


def test_a_job_whose_cap_does_not_pay_for_its_plan_fails_and_is_retried_with_a_higher_one(
    installation: Installation,
) -> None:
    job_id = submitted(installation, max_cost="0.0005")  # 16 characters of 22
    plan_it(installation)
    failed = installation.caller.get(f"/v1/jobs/{job_id}").json()
    assert (failed["state"], failed["failure"]["code"]) == ("failed", "option-refused")
    assert "max_cost pays for 16" in failed["failure"]["reason"]
    again = installation.caller.post(f"/v1/jobs/{job_id}/retry", json={"max_cost": 0.001}).json()
    assert (again["options"]["max_chars"], again["max_cost"]) == (33, 0.00099)
    plan_it(installation)
    assert installation.services.jobs.progress(job_id).chunks > 0


def test_a_plan_that_is_not_the_one_that_is_asked_for_is_refused(twins: Installation) -> None:
    answer = twins.caller.post("/v1/plans", files=BOOK, data={"plan_hash": "0f" * 32})
    assert (answer.status_code, answer.json()["code"]) == (422, "option-refused")


def test_a_document_that_cannot_be_planned_is_refused(twins: Installation) -> None:
    answer = twins.caller.post("/v1/plans", json={"text": "* * *"})
    assert (answer.status_code, answer.json()["code"]) == (422, "document-refused")


def test_a_plan_that_costs_more_than_it_may_says_so(twins: Installation) -> None:
    warnings = planned(twins, max_cost="0.0001")["warnings"]
    assert isinstance(warnings, list)
    assert [warning["code"] for warning in warnings] == ["max-cost"]


def test_a_cap_below_the_price_of_a_character_is_refused(twins: Installation) -> None:
    answer = twins.caller.post("/v1/jobs", json={"text": "Emma", "max_cost": 0.00001})
    assert (answer.status_code, answer.json()["code"]) == (422, "option-refused")


def test_an_unknown_role_is_refused_with_the_roles_there_are(twins: Installation) -> None:
    answer = twins.caller.post("/v1/jobs", json={"text": "Emma", "read": "foot=skip"})
    assert (answer.status_code, answer.json()["code"]) == (422, "option-refused")
    assert "footnotes" in answer.json()["remedy"]


@dataclass
class Held:
    """A reader that reads when it is let to."""

    reader: Reader
    begun: threading.Semaphore
    may: threading.Event

    def read(self, path: Path, *, name: str, reading: Reading = DEFAULT_READING) -> Document:
        self.begun.release()
        assert self.may.wait(30)
        return self.reader.read(path, name=name, reading=reading)


def test_no_more_documents_are_planned_at_once_than_may_be(twins: Installation) -> None:
    held = Held(twins.services.reader, threading.Semaphore(0), threading.Event())
    busy = twins.but(reader=held)
    codes: list[int] = []
    callers = [threading.Thread(target=_ask, args=(busy, codes.append)) for _ in range(2)]
    for caller in callers:
        caller.start()
        assert held.begun.acquire(timeout=30)
    refused = busy.caller.post("/v1/plans", files=BOOK)
    held.may.set()
    for caller in callers:
        caller.join(60)
    assert (refused.status_code, refused.headers["retry-after"], codes) == (503, "5", [200, 200])


def _ask(installation: Installation, told: Callable[[int], None]) -> None:
    told(installation.caller.post("/v1/plans", files=BOOK).status_code)


def submitted(installation: Installation, **fields: str):
    answer = installation.caller.post("/v1/jobs", files=BOOK, data=fields)
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


def plan_it(installation: Installation) -> None:
    """Do the next step, a `plan`."""
    services = installation.services
    keeper = SlotKeeper(services, "tests", capacity=0)
    hands = Hands("tests", services.clock)
    services.steps.dispatch(services.rhythm.window, queued_seconds=60)
    assert work(services, Queue.AUDIO, hands=hands, keeper=keeper, going=lambda: True)
