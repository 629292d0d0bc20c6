"""The timeline: where takes lie in a chapter, and chapters in a recording."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
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
    stretches,
    to_samples,
)


@dataclass(frozen=True, kw_only=True)
class Sound:
    """A take as it is laid out: silence, what is heard, silence, in samples."""

    lead: int
    heard: int
    trail: int
    boundary: Boundary

    @property
    def samples(self) -> int:
        return self.lead + self.heard + self.trail


silences = st.integers(0, 1_000)
takes = st.lists(
    st.builds(
        Sound,
        lead=silences,
        heard=st.integers(1, 2_000_000),
        trail=silences,
        boundary=st.sampled_from(Boundary),
    ),
    max_size=40,
)
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


def laid(given: Iterable[Sound], pauses: Pauses) -> tuple[list[int], Ruler]:
    """Where each take begins, and the ruler after the last."""
    ruler, starts = Ruler.begin(pauses), []
    for take in given:
        starts.append(ruler.start(lead=take.lead))
        ruler = ruler.placed(take.samples, take.boundary, lead=take.lead, trail=take.trail)
    return starts, ruler


@settings(deadline=None)
@given(takes, pauses)
def test_takes_never_overlap_and_keep_their_order(given: list[Sound], pauses: Pauses) -> None:
    starts, ruler = laid(given, pauses)
    ends = [start + take.samples for start, take in zip(starts, given, strict=True)]
    begun = [*starts, ruler.samples][1:]
    assert all(end <= start for end, start in zip(ends, begun, strict=True))


@settings(deadline=None)
@given(takes, pauses)
def test_a_pause_is_from_what_is_heard_to_what_is_heard_to_the_sample(
    given: list[Sound], pauses: Pauses
) -> None:
    """Unless the silence of the takes themselves is longer."""
    starts, _ = laid(given, pauses)
    end, trail, asked = 0, 0, to_samples(pauses.head_seconds)
    for start, take in zip(starts, given, strict=True):
        assert start + take.lead - end == max(asked, trail + take.lead)
        end = start + take.lead + take.heard
        asked, trail = pauses.after(take.boundary), take.trail


@settings(deadline=None)
@given(takes, pauses)
def test_a_tail_fills_the_chapter_and_is_no_longer_than_it_must_be(
    given: list[Sound], pauses: Pauses
) -> None:
    starts, ruler = laid(given, pauses)
    end = starts[-1] + given[-1].samples if given else to_samples(pauses.head_seconds)
    least = to_samples(pauses.tail_seconds)
    assert least <= ruler.samples - end < least + CHAPTER_QUANTUM


@settings(deadline=None)
@given(takes, pauses)
def test_a_chapter_is_a_whole_number_of_every_codecs_packets(
    given: list[Sound], pauses: Pauses
) -> None:
    samples = laid(given, pauses)[1].samples
    assert [samples % packet for packet in (1024, 576, 480)] == [0, 0, 0]


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
    assert Ruler.begin(Pauses(head_seconds=0.75)).start_samples == 18_000


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
