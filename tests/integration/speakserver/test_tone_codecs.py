"""The tone voice survives real encoders at 40 ms a byte."""

import random
import subprocess

import imageio_ffmpeg
import numpy as np
import pytest

from narrator.speakserver import tone

pytestmark = pytest.mark.integration

RATE = 24_000
BYTE_MS = 40.0
RAW = ["-f", "s16le", "-ar", str(RATE), "-ac", "1"]
CODECS = {
    "flac": ["-c:a", "flac"],
    "mp3": ["-c:a", "libmp3lame", "-b:a", "64k"],
    "m4a": ["-c:a", "aac", "-b:a", "64k"],
    "opus": ["-c:a", "libopus", "-b:a", "32k"],
}


def coded_and_decoded(samples, path, options):
    """Return the samples after a real encoder and a real decoder."""
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error"]
    subprocess.run([*ffmpeg, *RAW, "-i", "-", *options, path], input=samples.tobytes(), check=True)
    decoded = subprocess.run([*ffmpeg, "-i", path, *RAW, "-"], capture_output=True, check=True)
    return np.frombuffer(decoded.stdout, np.int16)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("codec", CODECS)
def test_texts_at_arbitrary_offsets_survive_a_lossy_codec(codec, seed, tmp_path):
    dice = random.Random(seed)  # noqa: S311 - only needs to be arbitrary
    texts = [f"{number}: “Naïve”, said he; 漢字." for number in range(5)]
    parts, starts, position = [], [], 0
    for text in texts:
        pause = np.zeros(dice.randrange(20_000), np.int16)
        said = tone.speak(text, RATE, BYTE_MS)
        starts.append(position + len(pause) + tone.lead_samples(RATE))
        parts += [pause, said]
        position += len(pause) + len(said)
    heard = coded_and_decoded(np.concatenate(parts), tmp_path / f"book.{codec}", CODECS[codec])
    bursts = tone.read(heard, RATE, BYTE_MS)
    assert [(burst.text, burst.intact) for burst in bursts] == [(text, True) for text in texts]
    errors = [abs(burst.start_sample - at) for burst, at in zip(bursts, starts, strict=True)]
    assert max(errors) <= RATE // 100
