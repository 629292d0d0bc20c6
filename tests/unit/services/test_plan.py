"""Cutting a chapter into slices."""

from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.plan import Boundary, Chunk
from narrator.services.plan import SLICE_CHARS, slices


def chunk(index: int, chars: int) -> Chunk:
    """A chunk of so many characters."""
    return Chunk(index=index, spans=(), edits=(), text="a" * chars, boundary=Boundary.SENTENCE)


@given(st.lists(st.integers(1, 1_900)))
def test_slices_hold_every_chunk_once_and_in_order(lengths: list[int]) -> None:
    made = slices(3, [chunk(index, chars) for index, chars in enumerate(lengths)])

    assert [index for part in made for index in part.chunks] == list(range(len(lengths)))
    assert sum(part.chars for part in made) == sum(lengths)


@given(st.lists(st.integers(1, 1_900)))
def test_no_slice_is_longer_than_a_minute_of_a_socket(lengths: list[int]) -> None:
    made = slices(0, [chunk(index, chars) for index, chars in enumerate(lengths)])

    assert all(part.chars <= SLICE_CHARS for part in made)
