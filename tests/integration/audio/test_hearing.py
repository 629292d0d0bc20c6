"""What every codec does to its chapters' edges is no fault of theirs."""

from pathlib import Path

import numpy as np
import pytest

from narrator.audio.studio import FfmpegStudio
from narrator.domain.artifacts import AudioFormat
from narrator.domain.plan import Boundary
from narrator.domain.production import Production, Profile
from narrator.services.hearing import hear
from narrator.services.ports import Commission, TakeAudio


def hum(seconds: float) -> TakeAudio:
    """A low and loud tone that begins and ends at once, as no voice does."""
    wave = 28_000 * np.sin(2 * np.pi * 70 / 24_000 * np.arange(round(24_000 * seconds)))
    return TakeAudio(pcm=wave.astype("<i2").tobytes(), boundary=Boundary.SENTENCE)


@pytest.mark.parametrize("kind", [AudioFormat.M4B, AudioFormat.MP3, AudioFormat.OPUS])
def test_a_codec_may_smear_a_take_into_the_silence_beside_it(
    kind: AudioFormat, tmp_path: Path
) -> None:
    studio, production = FfmpegStudio(), Production(profile=Profile.OFF)
    takes = [hum(0.5 + number * 0.137) for number in range(8)]
    made = studio.render(takes, Commission(production=production, formats=[kind], folder=tmp_path))
    hear(made)
