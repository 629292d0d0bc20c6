"""Choosing chapters by number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.chapters import parse_chapters
from narrator.domain.errors import OptionRefused


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", ()),
        (" ", ()),
        ("1", (1,)),
        ("1,3-5", (1, 3, 4, 5)),
        ("5, 3 - 4 ,3", (3, 4, 5)),
        ("2\u20133", (2, 3)),
    ],
)
def test_numbers_and_ranges(text, numbers):
    assert parse_chapters(text) == numbers


@pytest.mark.parametrize("text", ["0", "3-1", "a", "1,", "1-2-3", "-1", "1.5", "999999", "\u0661"])
def test_anything_else_is_refused(text):
    with pytest.raises(OptionRefused) as caught:
        parse_chapters(text)
    assert caught.value.remedy


@given(st.sets(st.integers(1, 500)))
def test_numbers_come_back_as_they_were_named(numbers):
    assert parse_chapters(",".join(map(str, numbers))) == tuple(sorted(numbers))
