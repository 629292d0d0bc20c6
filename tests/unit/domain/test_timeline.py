"""The timeline: where takes lie in a chapter, and chapters in a recording."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrator.domain.errors import SettingsError
from narrator.domain.plan import Boundary
from narrator.domain.timeline import (
    CHAPTER_QUANTUM,
    Pauses,
    Placement,
    Ruler,
    chapter_starts,
    layout,
    stretches,
    to_samples,
)

takes = st.lists(st.tuples(st.integers(1, 2_000_000), st.sampled_from(Boundary)), max_size=40)
seconds = st.floats(0, 5)
pauses = st.builds(
    Pauses,
    sentence_seconds=seconds,
    paragraph_seconds=seconds,
    heading_seconds=seconds,
    scene_seconds=seconds,
    head_seconds=st.floats(0.5, 5),
    tail_seconds=st.floats(1, 5),
)


@settings(deadline=None)
@given(takes, pauses)
def test_takes_never_overlap_and_keep_their_order(
    lengths: list[tuple[int, Boundary]], pauses: Pauses
) -> None:
    laid = layout(lengths, pauses)
    ends = [start + length for start, (length, _) in zip(laid.starts, lengths, strict=True)]
    assert all(end <= start for end, start in zip(ends, laid.starts[1:], strict=False))


@settings(deadline=None)
@given(takes, pauses)
def test_takes_and_silences_fill_the_chapter_exactly(
    lengths: list[tuple[int, Boundary]], pauses: Pauses
) -> None:
    laid = layout(lengths, pauses)
    between = sum(pauses.after(boundary) for _, boundary in lengths[:-1])
    spoken = sum(length for length, _ in lengths)
    tail = laid.samples - to_samples(pauses.head_seconds) - spoken - between
    least = to_samples(pauses.tail_seconds)
    assert least <= tail < least + CHAPTER_QUANTUM


@settings(deadline=None)
@given(takes, pauses)
def test_a_chapter_is_a_whole_number_of_every_codecs_packets(
    lengths: list[tuple[int, Boundary]], pauses: Pauses
) -> None:
    samples = layout(lengths, pauses).samples
    assert [samples % packet for packet in (1024, 576, 480)] == [0, 0, 0]


@settings(deadline=None)
@given(takes, pauses)
def test_measuring_take_by_take_gives_the_same_layout(
    lengths: list[tuple[int, Boundary]], pauses: Pauses
) -> None:
    ruler = Ruler.begin(pauses)
    starts = []
    for length, boundary in lengths:
        starts.append(ruler.start_samples)
        ruler = ruler.placed(length, boundary)
    assert (tuple(starts), ruler.samples) == (
        layout(lengths, pauses).starts,
        layout(lengths, pauses).samples,
    )


@settings(deadline=None)
@given(st.lists(st.integers(1, 1000).map(lambda n: n * CHAPTER_QUANTUM)))
def test_chapters_begin_where_the_one_before_ends(lengths: list[int]) -> None:
    starts = chapter_starts(lengths)
    ends = [start + length for start, length in zip(starts, lengths, strict=True)]
    assert list(starts) == [0, *ends[:-1]][: len(lengths)]


def test_every_boundary_has_a_pause_and_a_scene_the_longest() -> None:
    ordered = [Boundary.SENTENCE, Boundary.PARAGRAPH, Boundary.HEADING, Boundary.SCENE]
    lengths = [Pauses().after(boundary) for boundary in ordered]
    assert all(a < b for a, b in pairwise(lengths))
    assert all(Pauses().after(boundary) > 0 for boundary in Boundary)


def test_the_first_take_begins_after_the_head_silence() -> None:
    assert layout([(1, Boundary.CHAPTER)], Pauses(head_seconds=0.75)).starts == (18_000,)


def test_chapter_lengths_are_the_quantum_of_1_92_seconds() -> None:
    assert math.lcm(1024, 576, 480) == CHAPTER_QUANTUM == 1.92 * 24_000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sentence_seconds", -0.1),
        ("scene_seconds", math.inf),
        ("paragraph_seconds", math.nan),
        ("head_seconds", 0.4),
        ("tail_seconds", 0.9),
    ],
)
def test_a_pause_out_of_range_is_named(name: str, value: float) -> None:
    with pytest.raises(SettingsError, match=name):
        Pauses(**{name: value})


def test_a_placement_moves_from_its_chapter_to_the_recording() -> None:
    moved = Placement(start_samples=10, samples=5, envelope=b"\x09").moved(100)
    assert (moved.start_samples, moved.end_samples, moved.envelope) == (110, 115, b"\x09")


def test_silences_and_takes_are_listened_to_in_turn_and_never_touch() -> None:
    takes = [
        Placement(start_samples=start, samples=samples, envelope=b"")
        for start, samples in ((12_000, 30_000), (42_100, 5_000), (60_000, 1_000))
    ]
    found = stretches(takes, 92_160)
    assert found[1::2] == [(each.start_samples, each.samples) for each in takes]
    assert found[::2] == [(2_400, 7_200), (42_000, 0), (49_500, 8_100), (63_400, 26_360)]
