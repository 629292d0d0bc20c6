"""Around every request: an id, one line in the log, and the last net."""

import asyncio
import re
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.testing import capture_logs

from narrator.api.edge import AnswerCut, Edge
from narrator.api.metrics import Metrics
from tests.unit.api.calls import Caller


async def greet(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("hello")(scope, receive, send)


async def stumble(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  # as ASGI
    raise ValueError("a private passage")


async def break_off(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  # as ASGI
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise ValueError("a private passage")


async def lose_the_client(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
    raise ClientDisconnect


def edge(app: ASGIApp) -> Edge:
    return Edge(app, metrics=Metrics())


@pytest.mark.parametrize("given", ["abc", "A-b_c.9", "x" * 64])
def test_a_harmless_request_id_is_echoed(given: str) -> None:
    answer = Caller(edge(greet)).get("/", headers={"X-Request-Id": given})
    assert answer.headers["x-request-id"] == given


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80))
def test_a_request_id_is_always_fit_for_a_log(given: str) -> None:
    answer = Caller(edge(greet)).get("/", headers={"X-Request-Id": given})
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", answer.headers["x-request-id"])


def test_each_request_without_an_id_gets_one_of_its_own() -> None:
    caller = Caller(edge(greet))
    ids = {caller.get("/").headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3


def test_an_unforeseen_fault_is_a_problem_that_tells_nothing() -> None:
    answer = Caller(edge(stumble)).get("/")
    assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "private" not in answer.text


def test_an_unforeseen_fault_is_logged_by_type_and_place_without_its_words() -> None:
    with capture_logs() as lines:
        Caller(edge(stumble)).get("/")
    (defect,) = [line for line in lines if line["event"] == "request_defect"]
    assert defect["error"] == "ValueError"
    assert defect["where"][-1].endswith(" stumble")
    assert "private" not in str(lines)


def test_an_answer_that_breaks_off_makes_the_server_drop_the_connection() -> None:
    """Its words do not reach the server's own log either: they are not in the chain shown."""
    with pytest.raises(AnswerCut) as cut:
        Caller(edge(break_off)).get("/")
    assert "private" not in "".join(traceback.format_exception(cut.value))


def test_a_client_that_went_away_is_logged_and_no_defect() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "POST", "headers": []}
    with capture_logs() as lines:
        asyncio.run(edge(lose_the_client)(scope, receive, send))
    assert sent == []
    assert [(line["event"], line["status"]) for line in lines] == [("request", 499)]


def test_a_log_line_holds_neither_path_nor_query_nor_key_nor_body() -> None:
    with capture_logs() as lines:
        Caller(edge(greet)).post("/secret-path?token=secret-query", content=b"secret-body")
    assert len(lines) == 1
    assert lines[0].keys() == {
        "event",
        "log_level",
        "method",
        "route",
        "status",
        "seconds",
        "caller",
        "job_id",
    }
    assert "secret" not in str(lines)
    assert "a-key-of-the-tests" not in str(lines)


def test_an_odd_method_does_not_grow_the_figures() -> None:
    metrics = Metrics()
    app = Edge(greet, metrics=metrics)
    for method in ("BREW", "WHEN"):
        Caller(app).request(method, "/")
    assert 'method="OTHER",route="unmatched",status="200"} 2.0' in metrics.expose().decode()
