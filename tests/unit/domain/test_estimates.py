"""Where sentences probably meet inside of a chunk."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.estimates import joints
from narrator.domain.timeline import ENVELOPE_HOP

LOUD, QUIET = 150, 20


def sound(*stretches: tuple[int, int]) -> bytes:
    """An envelope of (level, hops)."""
    return b"".join(bytes([level]) * hops for level, hops in stretches)


def test_a_joint_is_right_before_the_sound_after_the_pause():
    envelope = sound((LOUD, 20), (QUIET, 3), (LOUD, 30))
    (joint,) = joints(envelope, len(envelope) * ENVELOPE_HOP, [20, 30])
    assert 22 * ENVELOPE_HOP <= joint <= 23 * ENVELOPE_HOP


def test_the_pause_nearest_to_where_the_lengths_put_it_is_chosen():
    envelope = sound((LOUD, 10), (QUIET, 2), (LOUD, 10), (QUIET, 2), (LOUD, 30))
    (joint,) = joints(envelope, len(envelope) * ENVELOPE_HOP, [40, 60])
    assert 23 * ENVELOPE_HOP <= joint <= 24 * ENVELOPE_HOP


def test_without_any_pause_the_lengths_alone_decide():
    envelope = sound((LOUD, 100))
    (joint,) = joints(envelope, 100 * ENVELOPE_HOP, [1, 3])
    assert abs(joint - 25 * ENVELOPE_HOP) <= ENVELOPE_HOP


def test_one_sentence_has_no_joint():
    assert joints(sound((LOUD, 10)), 24_000, [7]) == []


@given(
    envelope=st.binary(max_size=60),
    samples=st.integers(20, 200_000),
    weights=st.lists(st.integers(1, 500), min_size=2, max_size=12),
)
def test_joints_rise_within_the_chunk(envelope: bytes, samples: int, weights: list[int]):
    found = joints(envelope, samples, weights)
    assert len(found) == len(weights) - 1
    assert all(before < after for before, after in pairwise([0, *found, samples]))
