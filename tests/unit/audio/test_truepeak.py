"""Peaks between samples, of waves whose peaks are known."""

import numpy as np
import pytest

from narrator.audio.loudness import PEAK_SAMPLES
from narrator.audio.pcm import Samples
from narrator.audio.truepeak import REACH, true_peaks

AMPLITUDE = 20_000
STRETCHES = 8
LENGTH = STRETCHES * PEAK_SAMPLES + 2 * REACH
ALL = np.arange(STRETCHES)


def wave(period: float, phase: float) -> Samples:
    """A sine of a period in samples; its phase is a share of one."""
    at = np.arange(LENGTH)
    values = np.rint(AMPLITUDE * np.sin(2 * np.pi * (at / period + phase)))
    return np.asarray(values, dtype=np.int16)


@pytest.mark.parametrize("period", [4.0, 5.3, 7.0, 12.5, 60.0])
@pytest.mark.parametrize("phase", [0.0, 0.05, 0.125, 0.2])
def test_a_sines_peak_is_its_amplitude_wherever_its_samples_lie(
    period: float, phase: float
) -> None:
    found = true_peaks(wave(period, phase), ALL, near=AMPLITUDE * 0.5)
    assert found.max() == pytest.approx(AMPLITUDE, rel=0.08)  # four times oversampled: -0.69 dB
    assert found.max() <= AMPLITUDE * 1.005


def test_a_peak_between_two_stretches_is_that_of_the_one_with_the_louder_sample() -> None:
    samples = np.zeros(LENGTH, dtype=np.int16)
    edge = REACH + 3 * PEAK_SAMPLES
    samples[edge - 1 : edge + 1] = (900, 1_000)
    assert true_peaks(samples, np.array([3]), near=950.0)[0] > 1_100


def test_the_lowest_sample_of_all_is_a_peak() -> None:
    samples = np.full(LENGTH, -32_768, dtype=np.int16)
    assert true_peaks(samples, ALL, near=1.0).min() >= 32_768
