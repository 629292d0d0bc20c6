"""Cutting slices up for idle seats."""

from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.spread import Part, cut, share

SLICES = st.lists(st.tuples(st.integers(0, 99), st.integers(1, 1_900)), min_size=1)
"""Chunks as (index, characters)."""


@given(SLICES, st.integers(1, 4_000))
def test_parts_hold_every_chunk_once_and_in_order(chunks: list[tuple[int, int]], most: int) -> None:
    parts = cut(chunks, most)
    assert [index for part in parts for index in part.chunks] == [index for index, _ in chunks]
    assert sum(part.chars for part in parts) == sum(length for _, length in chunks)


@given(SLICES, st.integers(1, 4_000))
def test_a_part_of_several_chunks_keeps_to_its_share(
    chunks: list[tuple[int, int]], most: int
) -> None:
    parts = cut(chunks, most)
    assert all(part.chunks for part in parts)
    assert all(part.chars <= most or len(part.chunks) == 1 for part in parts)


@given(SLICES, st.lists(st.integers(1, 4_000), max_size=4))
def test_parts_of_parts_have_places_of_their_own(
    chunks: list[tuple[int, int]], shares: list[int]
) -> None:
    """However often a slice is cut: a place within the slice names one part."""
    placed = [(0, chunks)]
    for most in shares:
        placed = [
            (place + part.offset, run[part.offset : part.offset + len(part.chunks)])
            for place, run in placed
            for part in cut(run, most)
        ]
    assert len({place for place, _ in placed}) == len(placed)
    assert [chunk for _, run in sorted(placed, key=lambda p: p[0]) for chunk in run] == chunks


@given(st.integers(0, 10**6), st.integers(1, 200), st.integers(0, 400))
def test_shares_of_the_idle_seats_cover_the_queued_work(
    queued_chars: int, seats: int, running: int
) -> None:
    mine = share(queued_chars, seats=seats, running=running)
    if running >= seats:
        assert mine is None
    else:
        assert mine is not None
        assert mine * (seats - running) >= queued_chars
        assert (mine - 1) * (seats - running) <= queued_chars


def test_a_short_article_is_cut_into_single_chunks_for_an_idle_fleet() -> None:
    """12,000 characters for 45 idle seats: 267 for each."""
    mine = share(12_000, seats=45, running=0)
    assert mine == 267
    assert cut([(4, 250), (5, 250), (6, 300)], mine) == [
        Part(offset=0, chunks=(4,), chars=250),
        Part(offset=1, chunks=(5,), chars=250),
        Part(offset=2, chunks=(6,), chars=300),
    ]
