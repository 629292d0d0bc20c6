"""Errors become problems: the table is whole, and nothing sent is ever sent back."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated

import pytest
from fastapi import Body, FastAPI

from narrator.api import problems
from narrator.api.edge import Edge
from narrator.api.metrics import Metrics
from narrator.domain.errors import Missing, NarratorError, StoreUnavailable
from tests.unit.api.calls import Caller


def tree(kind: type[NarratorError] = NarratorError) -> Iterator[type[NarratorError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from tree(child)


def ours() -> set[type[NarratorError]]:
    """The tree as shipped: a test elsewhere may have grown a branch of its own."""
    return {kind for kind in tree() if kind.__module__.startswith("narrator.")}


def test_every_error_of_the_tree_has_its_own_row_and_every_row_an_error() -> None:
    assert set(problems.STATUSES) == ours()


@pytest.mark.parametrize("kind", sorted(ours(), key=str))
def test_every_error_is_answered_as_the_table_says(kind: type[NarratorError]) -> None:
    """The status of an answer is the one of the row, and its code is the error's."""
    answer = Caller(app_raising(kind("it broke", remedy="mend it"))).get("/break")
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (
        problems.STATUSES[kind],
        problems.STATUSES[kind],
        kind.code,
    )
    assert answer.headers["content-type"] == problems.MEDIA_TYPE
    assert (problem["detail"], problem["remedy"]) == ("it broke", "mend it")


def test_an_error_outside_the_table_answers_as_its_nearest_ancestor() -> None:
    class MissingPage(Missing):
        """A branch of somebody else's."""

    assert problems.status_of(MissingPage("gone")) is HTTPStatus.NOT_FOUND


def test_a_fault_that_passes_says_when_to_come_back() -> None:
    answer = Caller(app_raising(StoreUnavailable("no database"))).get("/break")
    assert answer.headers["retry-after"] == str(problems.RETRY_AFTER_SECONDS)
    assert answer.json()["remedy"] == "try again in a moment"


def test_a_field_that_does_not_fit_is_named_and_its_value_is_not_repeated() -> None:
    answer = Caller(app_raising(Missing(""))).post("/count", json={"count": "a private passage"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert [fault["field"] for fault in answer.json()["errors"]] == ["count"]
    assert "private" not in answer.text


def test_a_body_that_is_not_json_is_not_repeated() -> None:
    answer = Caller(app_raising(Missing(""))).post(
        "/count", content=b'{"a private passage', headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "private" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/nowhere", 404, "no-such-path"), ("PUT", "/break", 405, "no-such-method")],
)
def test_an_unknown_path_or_method_is_a_problem_too(
    method: str, path: str, status: int, code: str
) -> None:
    answer = Caller(app_raising(Missing(""))).request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == problems.MEDIA_TYPE


def app_raising(error: NarratorError) -> FastAPI:
    app = FastAPI()
    app.add_middleware(Edge, metrics=Metrics())
    problems.install(app)

    @app.get("/break")
    def break_() -> None:
        raise error

    @app.post("/count")
    def count(count: Annotated[int, Body(embed=True)]) -> int:
        return count

    return app
