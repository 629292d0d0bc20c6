"""What an object's key may look like."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.ids import ObjectKey
from narrator.storage.keys import checked

PARTS = st.lists(st.sampled_from(["a", "0", ".", "..", "", "A", " ", "\\", "é", "_", "-.x"]))


@given(PARTS)
def test_a_key_that_passes_stays_beneath_its_folder(parts: list[str]) -> None:
    key = ObjectKey("/".join(parts))
    try:
        checked(key)
    except ValueError:
        return
    path = PurePosixPath("/root", key)
    assert str(path) == f"/root/{key}"
    assert ".." not in path.parts


@pytest.mark.parametrize(
    "key", ["sources/0a", "takes/ab/abcd.flac", "jobs/1/chapters/00000-ab.m4a", "a..b", "a-b_c"]
)
def test_the_keys_we_make_pass(key: str) -> None:
    assert checked(ObjectKey(key)) == key


@pytest.mark.parametrize("key", ["a\n", "a/\n", "x" * 201, "é", "a/.b"])
def test_a_key_that_no_store_could_keep_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="no object key"):
        checked(ObjectKey(key))
