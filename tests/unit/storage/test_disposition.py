"""The header that names a download."""

from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from narrator.storage.objects import disposition

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(NAMES)
def test_a_name_cannot_break_out_of_its_header(name: str) -> None:
    header = disposition(name)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2


@given(NAMES)
def test_a_name_can_be_read_back(name: str) -> None:
    assert unquote(disposition(name).partition("filename*=UTF-8''")[2]) == name
