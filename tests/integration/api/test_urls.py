"""A URL as a document: it is fetched when it is submitted, and kept as any other is."""

from pathlib import Path

import pytest

from narrator.domain.errors import Passing
from narrator.services.ports import Fetched
from tests.fakes.messenger import FakeFetcher
from tests.integration.api.installations import WORDS, Installation

URL = "https://example.org/essays/a-night.html?key=hush"
PAGE = f"<main><h1>A night</h1><p>{WORDS} {WORDS}</p></main><footer>Contact us</footer>".encode()


def with_page(twins: Installation) -> Installation:
    return twins.but(fetcher=FakeFetcher(pages={URL: PAGE}))


def test_a_url_is_fetched_and_named_by_the_last_of_its_path(twins: Installation) -> None:
    answer = with_page(twins).caller.post("/v1/jobs", json={"url": URL})
    assert answer.status_code == 202
    assert answer.json()["source_name"] == "a-night.html"


def test_a_plan_of_a_url_leaves_out_what_stands_around_the_article(twins: Installation) -> None:
    planned = with_page(twins).caller.post("/v1/plans", json={"url": URL}).json()
    assert planned["skipped"]["boilerplate"]["chars"] == len("Contact us")


@pytest.mark.parametrize("body", [{}, {"url": URL, "text": WORDS}])
def test_either_a_text_or_a_url_is_submitted(twins: Installation, body: dict[str, str]) -> None:
    answer = with_page(twins).caller.post("/v1/jobs", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


@pytest.mark.parametrize(
    "url", ["ftp://example.org/", "https://ada:hush@example.org/", "https://elsewhere.example/hush"]
)
def test_a_url_that_cannot_be_had_is_refused_and_not_repeated(
    twins: Installation, url: str
) -> None:
    answer = with_page(twins).caller.post("/v1/jobs", json={"url": url})
    assert answer.status_code == 422
    assert "hush" not in answer.text


class BusyFetcher(FakeFetcher):
    """Has its hands full."""

    def fetch(self, url: str, path: Path) -> Fetched:
        raise Passing(f"too many are being fetched, and {path.name} waits: {len(url)}")


def test_a_caller_is_told_to_come_back_while_too_many_are_fetched(twins: Installation) -> None:
    answer = twins.but(fetcher=BusyFetcher()).caller.post("/v1/jobs", json={"url": URL})
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
