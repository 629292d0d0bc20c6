"""What is in the files, decoded, is as loud as it should be, whatever their encoders do to it."""

from pathlib import Path

import numpy as np
import pytest

from narrator.audio.encoder import find_ffmpeg
from narrator.audio.studio import FfmpegStudio
from narrator.domain.artifacts import AudioFormat
from narrator.domain.levels import envelope_distance
from narrator.domain.loudness import TARGETS, gain_db
from narrator.domain.plan import Boundary
from narrator.domain.production import Production, Profile
from narrator.services.ports import Commission, RenderedChapter, TakeAudio

FORMATS = tuple(AudioFormat)


def hiss(seconds: int, loudest: float = 9_000) -> TakeAudio:
    """Noise that rises and falls: low bit rates leave little of it as it was."""
    dice, count = np.random.default_rng(6), 24_000 * seconds
    levels = np.interp(
        np.arange(count), np.arange(0, count + 1, 3_000), dice.random(count // 3_000 + 1)
    )
    wave = dice.standard_normal(count) * levels**2 * loudest
    pcm = np.clip(wave, -32_768, 32_767).astype("<i2").tobytes()
    return TakeAudio(pcm=pcm, boundary=Boundary.PARAGRAPH)


@pytest.fixture(scope="module", params=[Profile.PODCAST, Profile.AUDIOBOOK])
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Profile, RenderedChapter]:
    production = Production(profile=request.param)
    folder = tmp_path_factory.mktemp("chapter")
    chapter = FfmpegStudio().render(
        [hiss(6)], Commission(production=production, formats=FORMATS, folder=folder)
    )
    return request.param, chapter


def test_every_file_is_as_loud_as_wanted(made: tuple[Profile, RenderedChapter]) -> None:
    profile, chapter = made
    for file in chapter.files:
        assert file.heard.measured is not None
        assert gain_db(profile, file.heard.measured) == pytest.approx(0, abs=0.3), file.format


def test_no_file_has_a_peak_above_the_ceiling(made: tuple[Profile, RenderedChapter]) -> None:
    profile, chapter = made
    for file in chapter.files:
        assert file.heard.measured is not None
        peak_db = 20 * np.log10(file.heard.measured.true_peak)
        assert peak_db <= TARGETS[profile].ceiling_db, file.format


def test_formats_made_together_sound_alike(tmp_path: Path) -> None:
    takes = [hiss(1, loudest=30_000), hiss(3, loudest=1_500), hiss(6)]
    formats = (AudioFormat.FLAC, AudioFormat.MP3, AudioFormat.M4B)
    commission = Commission(production=Production(), formats=formats, folder=tmp_path)
    chapter = FfmpegStudio().render(takes, commission)
    for file in chapter.files:
        for placement, heard in zip(chapter.placements, file.heard.envelopes[1::2], strict=True):
            assert envelope_distance(placement.envelope, heard) < 1, file.format  # dB


def test_a_file_that_cannot_become_louder_is_made_only_once(tmp_path: Path) -> None:
    runs, counting = tmp_path / "runs", tmp_path / "ffmpeg"
    counting.write_text(f'#!/bin/sh\necho >> {runs}\nexec {find_ffmpeg()} "$@"\n')
    counting.chmod(0o755)
    commission = Commission(production=Production(), formats=(AudioFormat.OPUS,), folder=tmp_path)
    FfmpegStudio(counting).render([hiss(3, loudest=20)], commission)
    assert runs.read_text() == "\n\n"  # encoded, and decoded
