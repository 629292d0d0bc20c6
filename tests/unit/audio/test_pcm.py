"""Samples and their levels."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from narrator.audio.pcm import Samples, StreamingEnvelope, envelope, envelopes, samples_of
from narrator.domain.errors import TakeCorrupt
from narrator.domain.levels import LOUDEST, dbfs
from narrator.domain.timeline import ENVELOPE_HOP

some_samples = st.integers(0, 12_000).flatmap(
    lambda count: arrays.arrays(
        np.int16, count, elements=st.integers(-32_768, 32_767), fill=st.just(0)
    )
)
cuts = st.lists(st.integers(0, 12_000), max_size=8)


def in_blocks(samples: Samples, cuts: list[int]) -> list[Samples]:
    return np.split(samples, sorted(cut for cut in cuts if cut <= len(samples)))


@settings(deadline=None)
@given(some_samples)
def test_there_is_a_level_for_each_begun_100_ms(samples: Samples) -> None:
    assert len(envelope(samples)) == -(-len(samples) // ENVELOPE_HOP)


@settings(deadline=None)
@given(some_samples, cuts)
def test_blocks_of_any_length_have_the_envelope_of_the_whole(
    samples: Samples, cuts: list[int]
) -> None:
    streaming = StreamingEnvelope()
    for block in in_blocks(samples, cuts):
        streaming.feed(block)
    assert streaming.finish() == envelope(samples)


@settings(deadline=None)
@given(some_samples, cuts, st.lists(st.integers(0, 15_000), max_size=10).map(sorted))
def test_stretches_have_the_envelopes_of_their_slices(
    samples: Samples, cuts: list[int], edges: list[int]
) -> None:
    """Also of no length, touching one another, and beyond the end."""
    stretches = [(a, b - a) for a, b in pairwise(edges)]
    count, found = envelopes(in_blocks(samples, cuts), stretches)
    assert count == len(samples)
    assert list(found) == [envelope(samples[a : a + n]) for a, n in stretches]


@pytest.mark.parametrize("decibels", [-1.0, -6.2, -20.1, -50.3, -80.4])
def test_a_square_wave_has_the_level_of_its_amplitude(decibels: float) -> None:
    amplitude = 32_768 * 10 ** (decibels / 20)
    samples = np.full(ENVELOPE_HOP, round(amplitude), dtype=np.int16)
    samples[::2] *= -1
    (level,) = envelope(samples)
    assert dbfs(level) <= 20 * np.log10(round(amplitude) / 32_768) < dbfs(level) + 0.5


def test_the_extremes_have_the_first_and_the_last_level() -> None:
    samples = np.repeat(np.array([0, -32_768], dtype=np.int16), ENVELOPE_HOP)
    assert list(envelope(samples)) == [0, LOUDEST]


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(TakeCorrupt, match="3 bytes"):
        samples_of(b"\x00\x01\x02")
