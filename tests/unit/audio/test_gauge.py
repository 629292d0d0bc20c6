"""What is measured on the way is what is measured at leisure."""

from itertools import pairwise
from math import log10
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.audio.gauge import Gauge
from narrator.audio.levels import Levelling
from narrator.audio.limiter import DIP_DB
from narrator.audio.loudness import HOP, PEAK_SAMPLES, PEAKS
from narrator.audio.pcm import FULL_SCALE
from narrator.domain.loudness import Measured
from tests.unit.audio.sounds import as_samples, speech_like
from tests.unit.audio.test_loudness import metered, spooled

SPEECH = as_samples(speech_like(11, 1.5))[: 15 * HOP]


def gauged(gauge: Gauge, cuts: list[int]) -> Measured:
    places = [0, *sorted(cuts), len(SPEECH)]
    blocks = (SPEECH[start:end] for start, end in pairwise(places))
    assert sum(len(block) for block in gauge.passed(blocks)) == len(SPEECH)
    return gauge.measured()


@given(st.lists(st.integers(0, len(SPEECH)), max_size=5))
def test_blocks_of_any_length_measure_the_same(cuts: list[int]) -> None:
    found, whole = gauged(Gauge(), cuts), metered(SPEECH)
    assert (found.samples, found.squares) == (whole.samples, whole.squares)
    assert found.integrated_lufs == pytest.approx(whole.integrated_lufs, abs=0.001)
    assert found.true_peak == pytest.approx(gauged(Gauge(), []).true_peak, abs=1e-6)


def test_the_peak_between_samples_is_the_one_that_a_spool_finds(tmp_path: Path) -> None:
    found = gauged(Gauge(), []).true_peak
    assert found == pytest.approx(spooled(tmp_path, SPEECH).measured().true_peak, abs=1e-4)


@given(st.lists(st.integers(0, len(SPEECH)), max_size=3))
def test_places_above_a_ceiling_are_told_wherever_blocks_end(cuts: list[int]) -> None:
    ceiling = 0.5 * gauged(Gauge(), []).true_peak
    gauge = Gauge(ceiling)
    gauged(gauge, cuts)
    which, above_db = gauge.above()
    high = np.abs(SPEECH.astype(np.int32)).reshape(-1, PEAK_SAMPLES).max(axis=1)
    surely = np.flatnonzero(high > ceiling * FULL_SCALE)
    assert set(surely) <= set(which)
    assert above_db.max() == pytest.approx(20 * log10(2), abs=0.01)


def test_a_dip_takes_what_it_says_where_it_says(tmp_path: Path) -> None:
    spool, dips = spooled(tmp_path, SPEECH), bytearray(15 * PEAKS)
    dips[8 * PEAKS] = round(6 / DIP_DB)
    levelling = Levelling(1.0, None, bytes(dips))
    loud = np.concatenate([block for block, _ in spool.levelled(levelling)])
    place = slice(8 * HOP, 8 * HOP + PEAK_SAMPLES)
    assert loud[place] == pytest.approx(SPEECH[place] * 10 ** (-6 / 20), abs=1)
    assert np.array_equal(loud[: 7 * HOP], SPEECH[: 7 * HOP])
    assert np.array_equal(loud[10 * HOP :], SPEECH[10 * HOP :])
