"""Levels and the distance of envelopes."""

from hypothesis import given, settings
from hypothesis import strategies as st

from narrator.domain.levels import (
    AUDIBLE,
    LOUDEST,
    dbfs,
    envelope_distance,
    is_silent,
    room_dbfs,
)

envelopes = st.lists(st.integers(0, LOUDEST), max_size=60).map(bytes)


@settings(deadline=None)
@given(envelopes)
def test_an_envelope_is_no_distance_from_itself(envelope: bytes) -> None:
    assert envelope_distance(envelope, envelope) == 0


@settings(deadline=None)
@given(envelopes, envelopes)
def test_distance_is_the_same_both_ways_and_bounded(a: bytes, b: bytes) -> None:
    assert envelope_distance(a, b) == envelope_distance(b, a)
    assert 0 <= envelope_distance(a, b) <= 20


@settings(deadline=None)
@given(st.lists(st.integers(0, AUDIBLE)).map(bytes), st.lists(st.integers(0, AUDIBLE)).map(bytes))
def test_all_that_is_inaudible_is_alike(a: bytes, b: bytes) -> None:
    assert is_silent(a)
    assert envelope_distance(a, b) == 0


@settings(deadline=None)
@given(st.lists(st.integers(AUDIBLE + 20, LOUDEST), min_size=1).map(bytes))
def test_speech_is_far_from_silence_and_from_nothing(spoken: bytes) -> None:
    assert envelope_distance(spoken, bytes(len(spoken))) >= 10
    assert envelope_distance(spoken, b"") >= 10


def test_levels_are_half_decibels_under_full_scale() -> None:
    assert [dbfs(level) for level in (1, 2, AUDIBLE, LOUDEST)] == [-96, -95.5, -50, 0]
    assert dbfs(0) == float("-inf")


def test_a_room_is_what_most_takes_come_down_to_inside() -> None:
    """A take without a pause, and one that was cut out of silence, do not count for the others."""
    noisy = bytes([1, 150, 73, 150, 1])
    assert room_dbfs([noisy, noisy, noisy, bytes([1, 150, 150, 1]), bytes(5)]) == -60


def test_a_room_of_silence_is_where_16_bits_end() -> None:
    assert room_dbfs([bytes([90, 150, 0, 150, 90])]) == -96


def test_takes_of_200_ms_tell_of_no_room() -> None:
    assert room_dbfs([bytes([9, 9]), b""]) is None
