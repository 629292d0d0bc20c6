"""How loud, what is asked for, and by how much that is to change."""

from dataclasses import replace

import pytest

from narrator.domain.loudness import (
    LARGEST_GAIN_DB,
    OFFSET_LU,
    TARGETS,
    Measured,
    gain_db,
    merged,
)
from narrator.domain.production import Profile


def sound(*parts: tuple[float, int], rms: float = 0.1) -> Measured:
    """Parts of so many LUFS, and so many blocks of them."""
    return Measured(
        samples=24_000,
        squares=round(24_000 * (rms * 32_768) ** 2),
        sample_peak=0.5,
        true_peak=0.5,
        floor_rms=0.001,
        blocks=tuple(
            (round((lufs + 70) * 10), count, count * 10 ** ((lufs - OFFSET_LU) / 10))
            for lufs, count in sorted(parts)
        ),
    )


def test_what_is_10_lu_below_the_rest_does_not_count() -> None:
    """As in EBU Tech 3341, cases 3 and 4."""
    assert sound((-36.0, 100), (-23.0, 600)).integrated_lufs == pytest.approx(-23, abs=0.01)
    assert sound((-72.0 + 2, 100), (-23.0, 600)).integrated_lufs == pytest.approx(-23, abs=0.01)


def test_what_is_less_than_10_lu_below_the_rest_counts() -> None:
    assert sound((-26.0, 1), (-20.0, 1)).integrated_lufs == pytest.approx(-22.04, abs=0.01)


def test_a_podcast_is_as_loud_as_apple_and_aes_ask() -> None:
    """Apple Podcasts: -16 LUFS, true peaks of -1 dBTP at the most."""
    assert (TARGETS[Profile.PODCAST].lufs, TARGETS[Profile.PODCAST].ceiling_db) == (-16, -1)
    assert gain_db(Profile.PODCAST, sound((-23.0, 9))) == pytest.approx(7, abs=0.01)


def test_an_audiobook_is_as_loud_as_acx_asks() -> None:
    """ACX: RMS of -23 to -18 dB, peaks of -3 dB at the most."""
    quiet = sound((-23.0, 9), rms=10 ** (-30 / 20))
    assert -23 < quiet.rms_db + gain_db(Profile.AUDIOBOOK, quiet) < -18
    assert TARGETS[Profile.AUDIOBOOK].ceiling_db == -3


def test_what_is_to_be_as_it_was_spoken_gets_no_gain() -> None:
    assert gain_db(Profile.OFF, sound((-40.0, 9))) == 0


def test_a_gain_is_bounded_both_ways() -> None:
    assert gain_db(Profile.PODCAST, sound((-65.0, 9))) == LARGEST_GAIN_DB
    assert gain_db(Profile.PODCAST, sound((20.0, 9))) == -LARGEST_GAIN_DB


def test_together_the_highest_peak_and_the_quietest_moment_count() -> None:
    one, other = sound((-20.0, 3)), sound((-20.0, 5))
    other = replace(other, true_peak=0.9, sample_peak=0.8, floor_rms=0.01)
    both = merged([one, other])
    assert (both.sample_peak, both.true_peak, both.floor_rms) == (0.8, 0.9, 0.001)
    assert (both.samples, [count for _, count, _ in both.blocks]) == (48_000, [8])
