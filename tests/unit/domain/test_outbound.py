"""What a document at a URL is called, and which URLs it may be at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.errors import OptionRefused
from narrator.domain.outbound import LONGEST_NAME_CHARS, Endpoint, document_endpoint, named_by


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.org", "example.org"),
        ("https://example.org/?page=1", "example.org"),
        ("https://example.org/essays/bees.html?x=1#top", "bees.html"),
        ("https://example.org/essays/bees/", "bees"),
        ("https://example.org/On%20Bees.epub", "On Bees.epub"),
        ("https://example.org/a/..%2F..%2Fetc%2Fpasswd", "etcpasswd"),
        ("https://example.org/%00%2e", "example.org"),
    ],
)
def test_a_document_is_called_by_the_last_of_its_path_or_by_its_host(url: str, name: str) -> None:
    assert named_by(url) == name


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126)))
def test_a_name_is_one_printable_part_of_a_path(path: str) -> None:
    try:
        name = named_by(f"https://example.org/{path}")
    except OptionRefused:
        return
    assert 0 < len(name) <= LONGEST_NAME_CHARS
    assert not set(name) & set("/\\\0\n")


def test_an_authority_names_a_port_only_where_it_is_not_the_usual_one() -> None:
    assert Endpoint("https", "example.org", 443, "/").authority == "example.org"
    assert Endpoint("http", "::1", 8080, "/").authority == "[::1]:8080"


def test_a_refusal_of_a_document_s_url_speaks_of_the_document() -> None:
    with pytest.raises(OptionRefused, match="the document's URL"):
        document_endpoint("https://ada:hush@example.org/")
