"""What is measured of takes."""

import numpy as np
import pytest
from numpy.typing import NDArray

from narrator.audio.gate import sound
from narrator.domain.errors import TakeCorrupt
from narrator.domain.gate import Doubt, judge

RATE = 24_000


def speech(seconds: float = 4.0) -> NDArray[np.float64]:
    """Noise that swells and fades like syllables, and ends in silence."""
    at = np.arange(int(seconds * RATE)) / RATE
    noise = np.random.default_rng(6).normal(size=len(at))
    voice = 3_000 * noise * np.abs(np.sin(np.pi * 2 * at))
    return np.concatenate((np.zeros(1_200), voice, np.zeros(1_200)))


def pcm(samples: NDArray[np.float64]) -> bytes:
    return np.clip(samples, -32_768, 32_767).astype("<i2").tobytes()


def doubts(samples: NDArray[np.float64]) -> tuple[Doubt, ...]:
    return judge(sound(pcm(samples)), "Some words.", None).doubts


def test_a_good_take_gives_no_reason_to_doubt() -> None:
    assert doubts(speech()) == ()


def test_a_take_that_ends_within_a_sound_is_cut_off() -> None:
    assert doubts(speech()[: 1_200 + int(1.25 * RATE)]) == (Doubt.CUT_OFF,)


def test_a_silence_inside_is_a_gap() -> None:
    whole = speech()
    spoilt = np.concatenate((whole[:50_000], np.zeros(36_000), whole[50_000:]))
    assert doubts(spoilt) == (Doubt.GAP,)


def test_a_gap_that_is_not_quite_silent_is_one() -> None:
    whole, noise = speech(), np.random.default_rng(7).normal(size=36_000)
    spoilt = np.concatenate((whole[:50_000], 40 * noise, whole[50_000:]))
    assert doubts(spoilt) == (Doubt.GAP,)


def test_silence_at_the_edges_is_no_gap() -> None:
    assert doubts(np.concatenate((np.zeros(48_000), speech(), np.zeros(48_000)))) == ()


def test_what_is_too_loud_is_clipped() -> None:
    assert doubts(speech() * 10) == (Doubt.CLIPPED,)


def test_a_little_too_loud_is_clipped_too() -> None:
    """By less than a tenth of a decibel, at one peak."""
    at = np.arange(RATE // 10) / RATE
    tone = 32_900 * np.cos(2 * np.pi * 220 * (at - 0.05)) * np.hanning(len(at))
    assert Doubt.CLIPPED in doubts(np.concatenate((speech() / 8, tone, np.zeros(1_200))))


def test_a_few_level_samples_below_full_scale_are_chance() -> None:
    peaks = speech() / 2
    top = peaks.max()
    peaks[[30_000, 30_001, 30_002, 30_003]] = top
    assert sound(pcm(peaks)).clipped_samples == 0


def test_flat_tops_are_seen_below_full_scale_too() -> None:
    assert doubts(np.clip(speech() * 10, -32_768, 32_767) * 0.4) == (Doubt.CLIPPED,)


def test_a_sine_at_full_scale_is_not_clipped() -> None:
    at = np.arange(4 * RATE) / RATE
    assert sound(pcm(32_700 * np.sin(2 * np.pi * 220 * at))).clipped_samples == 0


def test_a_soft_take_whose_steps_are_coarse_is_not_clipped() -> None:
    at = np.arange(RATE) / RATE
    tone = 150 * np.sin(2 * np.pi * 110 * at) * np.abs(np.sin(np.pi * 2 * at))
    assert doubts(np.concatenate((np.rint(tone), np.zeros(1_200)))) == ()


def test_an_offset_is_seen() -> None:
    assert sound(pcm(speech() + 1_000)).offset == pytest.approx(1_000 / 32_768, abs=0.002)


def test_silence_is_nothing_but_silent() -> None:
    assert doubts(np.zeros(48_000)) == (Doubt.SILENT,)


def test_next_to_nothing_is_silent() -> None:
    assert doubts(speech() / 3_000) == (Doubt.SILENT,)


def test_nothing_at_all_is_silent() -> None:
    assert judge(sound(b""), "Words.", None).doubts == (Doubt.SILENT,)


def test_its_sounding_part_is_without_its_edges() -> None:
    heard = sound(pcm(np.concatenate((np.zeros(24_000), speech(), np.zeros(24_000)))))
    assert heard.sounding_seconds == pytest.approx(4.0, abs=0.1)


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(TakeCorrupt):
        sound(b"\0\0\0")
