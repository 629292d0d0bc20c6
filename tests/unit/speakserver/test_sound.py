"""Samples on their way to the wire."""

import audioop

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.speakserver.handshake import Encoding
from narrator.speakserver.sound import encoded, frames, peaked, resampled

EVERY_SAMPLE = np.arange(-32_768, 32_768, dtype=np.int32).astype(np.int16)
RATES = [8_000, 16_000, 24_000, 32_000, 48_000]


def sine(hertz, rate, seconds=1.0, amplitude=20_000):
    instants = np.arange(round(rate * seconds)) / rate
    return (amplitude * np.sin(2 * np.pi * hertz * instants)).astype(np.int16)


def decibels(samples):
    return 20 * np.log10(np.sqrt(np.mean(samples.astype(float) ** 2)) + 1e-9)


def test_linear16_is_little_endian():
    assert encoded(np.array([1, -2], np.int16), Encoding.LINEAR16) == b"\x01\x00\xfe\xff"


def test_mulaw_agrees_with_an_independent_encoder_on_every_sample():
    assert encoded(EVERY_SAMPLE, Encoding.MULAW) == audioop.lin2ulaw(EVERY_SAMPLE.tobytes(), 2)


def test_alaw_agrees_with_an_independent_encoder_on_every_sample():
    assert encoded(EVERY_SAMPLE, Encoding.ALAW) == audioop.lin2alaw(EVERY_SAMPLE.tobytes(), 2)


@pytest.mark.parametrize("wanted", RATES)
def test_resampling_keeps_duration_pitch_and_level(wanted):
    out = resampled(sine(1_000, 22_050), 22_050, wanted)
    assert len(out) == wanted
    middle = slice(wanted // 10, -wanted // 10)
    error = out[middle].astype(float) - sine(1_000, wanted)[middle]
    assert decibels(out[middle]) - 20 * np.log10(np.sqrt(np.mean(error**2))) > 60


def test_what_the_new_rate_cannot_carry_is_taken_out():
    out = resampled(sine(7_000, 22_050), 22_050, 8_000)
    assert decibels(out[400:-400]) < decibels(sine(7_000, 22_050)) - 40


@given(length=st.integers(0, 500), wanted=st.sampled_from(RATES))
def test_any_length_can_be_resampled(length, wanted):
    out = resampled(np.ones(length, np.int16), 22_050, wanted)
    assert len(out) == round(length * wanted / 22_050)


def test_peaks_are_brought_down_to_the_level_and_never_up():
    loud = peaked(sine(440, 8_000, amplitude=32_000), -3.0)
    assert int(np.abs(loud).max()) == round(32_767 * 10 ** (-3 / 20))
    quiet = sine(440, 8_000, amplitude=1_000)
    assert peaked(quiet, -3.0) is quiet


@given(data=st.binary(max_size=500), size=st.integers(1, 70), odd=st.booleans())
def test_frames_join_to_the_whole(data, size, odd):
    parts = list(frames(data, size, odd=odd))
    assert b"".join(parts) == data
    assert all(len(part) <= size for part in parts)


def test_odd_frames_are_odd():
    assert [len(part) for part in frames(bytes(10), 4, odd=True)] == [3, 3, 3, 1]
