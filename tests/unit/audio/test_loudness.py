"""The meter and what makes a chapter as loud as it should be."""

from math import log10
from pathlib import Path

import numpy as np
import pytest

from narrator.audio.levels import Spool, levelling_of
from narrator.audio.loudness import HOP, hops_of, measure
from narrator.audio.pcm import FULL_SCALE, Samples
from narrator.domain.loudness import LARGEST_GAIN_DB, TARGETS, Measured, merged
from narrator.domain.production import Profile
from tests.unit.audio.sounds import as_samples, speech_like

SECOND = 24_000


def sine(hertz: float, dbfs: float, seconds: int = 5) -> Samples:
    wave = np.sin(2 * np.pi * hertz * np.arange(seconds * SECOND) / SECOND)
    return np.rint(wave * 10 ** (dbfs / 20) * (FULL_SCALE - 1)).astype(np.int16)


def metered(samples: Samples) -> Measured:
    whole = samples[: len(samples) // HOP * HOP]
    return measure([hops_of(whole)], len(whole))


def spooled(folder: Path, samples: Samples) -> Spool:
    with Spool(folder) as spool:
        for start in range(0, len(samples), 7_777):
            spool.write(samples[start : start + 7_777].tobytes())
    return spool


def test_a_sine_is_as_loud_as_the_standard_says() -> None:
    """ITU-R BS.1770-4: 997 Hz at 0 dBFS in one channel are -3.01 LUFS; EBU Tech 3341 likewise."""
    assert metered(sine(997, -20)).integrated_lufs == pytest.approx(-23.01, abs=0.05)


def test_silence_around_a_sound_does_not_make_it_softer() -> None:
    loud = sine(997, -20)
    quiet = np.zeros(20 * SECOND, dtype=np.int16)
    around = metered(np.concatenate((quiet, loud, quiet))).integrated_lufs
    assert around == pytest.approx(metered(loud).integrated_lufs, abs=0.6)


def test_silence_has_no_loudness() -> None:
    assert metered(np.zeros(SECOND, dtype=np.int16)).integrated_lufs is None


def test_chapters_measured_apart_are_as_loud_as_measured_together() -> None:
    parts = [as_samples(speech_like(seed, 6.0))[: 60 * HOP] for seed in range(4)]
    parts = [part // divisor for part, divisor in zip(parts, (1, 2, 4, 9), strict=True)]
    apart = merged(map(metered, parts)).integrated_lufs
    assert apart == pytest.approx(metered(np.concatenate(parts)).integrated_lufs, abs=0.1)


def test_a_peak_between_samples_is_found(tmp_path: Path) -> None:
    """A sine of a quarter of the rate, none of whose samples is at its crest."""
    wave = 20_000 * np.sin(np.pi / 4 + np.pi / 2 * np.arange(2 * SECOND))
    spool = spooled(tmp_path, wave.astype(np.int16))
    measured = spool.measured()
    assert measured.sample_peak * FULL_SCALE == pytest.approx(20_000 / np.sqrt(2), abs=2)
    assert measured.true_peak * FULL_SCALE == pytest.approx(20_000, rel=0.02)


@pytest.mark.parametrize("middle", [0, 30, 95_970, 96_000, 96_030, 191_980, 192_000])
def test_a_peak_between_samples_is_found_at_every_border(tmp_path: Path, middle: int) -> None:
    """Of 2.5 ms, of a block of 4 s, of the chapter."""
    samples = np.zeros(192_000, dtype=np.int16)
    first, end = max(0, middle - 60), min(middle + 60, len(samples))
    wave = 20_000 * np.sin(np.pi / 4 + np.pi / 2 * np.arange(first, end))
    samples[first:end] = wave.astype(np.int16)
    measured = spooled(tmp_path, samples).measured()
    assert measured.true_peak * FULL_SCALE == pytest.approx(20_000, rel=0.08)


@pytest.mark.parametrize("profile", [Profile.PODCAST, Profile.AUDIOBOOK])
@pytest.mark.parametrize("divisor", [1, 8])
def test_a_chapter_comes_to_its_target_under_its_ceiling(
    tmp_path: Path, profile: Profile, divisor: int
) -> None:
    spool = spooled(tmp_path, as_samples(speech_like(3, 20.0)) // divisor)
    _, levelling = levelling_of(spool, profile, headroom_db=0.1)
    samples = np.concatenate([block for block, _ in spool.levelled(levelling)])
    found, target = metered(samples), TARGETS[profile]
    assert len(samples) == spool.samples
    assert 20 * log10(found.sample_peak) <= target.ceiling_db
    if target.lufs is not None:
        assert found.integrated_lufs == pytest.approx(target.lufs, abs=0.1)
    else:
        assert found.rms_db == pytest.approx(target.rms_db, abs=0.1)


def test_what_is_foretold_of_the_limiter_is_what_it_does(tmp_path: Path) -> None:
    spool = spooled(tmp_path, as_samples(speech_like(5, 10.0)))
    _, levelling = levelling_of(spool, Profile.PODCAST, headroom_db=3.0)
    samples = np.concatenate([block for block, _ in spool.levelled(levelling)])
    foretold = spool.after(levelling).integrated_lufs
    assert metered(samples).integrated_lufs == pytest.approx(foretold, abs=0.05)


def test_the_limiter_moves_nothing(tmp_path: Path) -> None:
    """Where it was silent it is silent, and no sample changes its sign."""
    given = as_samples(speech_like(7, 5.0))
    spool = spooled(tmp_path, given)
    _, levelling = levelling_of(spool, Profile.PODCAST, headroom_db=2.0)
    samples = np.concatenate([block for block, _ in spool.levelled(levelling)])
    assert not samples[given == 0].any()
    assert np.array_equal(np.sign(samples), np.sign(given) * (samples != 0))


def test_off_leaves_every_sample_as_it_was(tmp_path: Path) -> None:
    given = as_samples(speech_like(9, 3.0))
    spool = spooled(tmp_path, given)
    _, levelling = levelling_of(spool, Profile.OFF, headroom_db=3.0)
    samples = np.concatenate([block for block, _ in spool.levelled(levelling)])
    assert np.array_equal(samples, given)


@pytest.mark.parametrize("loudest", [0, 1, 3])
def test_next_to_nothing_is_made_louder_by_no_more_than_there_is_reason_for(
    tmp_path: Path, loudest: int
) -> None:
    given = np.random.default_rng(1).integers(-loudest, loudest, SECOND, np.int16, endpoint=True)
    _, levelling = levelling_of(spooled(tmp_path, given), Profile.PODCAST, headroom_db=1.0)
    assert 0 <= levelling.gain_db <= LARGEST_GAIN_DB
