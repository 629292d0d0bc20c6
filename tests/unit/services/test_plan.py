"""Cutting a chapter into slices."""

from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.ids import TakeKey
from narrator.domain.plan import Boundary
from narrator.services.plan import SLICE_CHARS, slices
from narrator.services.ports import PlannedChunk

LENGTHS = st.lists(st.lists(st.integers(1, 1_900)))
"""The chunks' characters, chapter by chapter."""


def chunks(lengths: list[list[int]]) -> list[PlannedChunk]:
    """Chunks of so many characters."""
    return [
        PlannedChunk(
            chapter=chapter,
            index=index,
            text="a" * chars,
            key=TakeKey("k"),
            boundary=Boundary.SENTENCE,
        )
        for chapter, in_chapter in enumerate(lengths)
        for index, chars in enumerate(in_chapter)
    ]


@given(LENGTHS)
def test_slices_hold_every_chunk_once_and_in_order(lengths: list[list[int]]) -> None:
    made = list(slices(chunks(lengths)))

    placed = [(part.chapter, index) for part in made for index in part.chunks]
    assert placed == [(chunk.chapter, chunk.index) for chunk in chunks(lengths)]
    assert sum(part.chars for part in made) == sum(map(sum, lengths))


@given(LENGTHS)
def test_no_slice_is_longer_than_a_minute_of_a_socket(lengths: list[list[int]]) -> None:
    assert all(part.chars <= SLICE_CHARS for part in slices(chunks(lengths)))
