"""What a command takes for a document."""

import pytest

from narrator.cli.book import document_name, is_url, readable
from narrator.cli.request import outcome_path
from narrator.domain.errors import DocumentRefused, OptionRefused


@pytest.mark.parametrize("book", ["https://example.org/a", "HTTP://example.org"])
def test_a_url_is_fetched(book: str) -> None:
    assert is_url(book)


@pytest.mark.parametrize("book", ["https.epub", "-", "http:/a", "ftp://example.org/"])
def test_anything_else_is_a_file_or_standard_input(book: str) -> None:
    assert not is_url(book)


def test_a_document_at_a_url_is_called_by_its_last_part() -> None:
    assert document_name("https://example.org/essays/bees.html?x=1") == "bees.html"


def test_an_audiobook_of_a_url_is_named_like_the_document() -> None:
    path, _ = outcome_path("https://example.org/essays/bees.html?x=../1", None, "mp3")
    assert path.name == "bees.mp3"


def test_a_url_with_a_password_is_refused() -> None:
    with pytest.raises(OptionRefused), readable("https://ada:hush@example.org/", most_bytes=9):
        pass


def test_a_url_of_one_s_own_network_is_refused_unless_that_is_allowed() -> None:
    with (
        pytest.raises(DocumentRefused, match="not public"),
        readable("http://127.0.0.1:9/", most_bytes=9),
    ):
        pass
