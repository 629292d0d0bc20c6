"""How loud finished chapters are, by meters of others, and how high their peaks are once decoded.

    python benchmarks/loudness.py [--minutes 5]

Speech of the offline voice and two noises with speech's rhythm, in each profile and format: decoded
by ffmpeg, measured by its ebur128 filter and, where it is installed, by pyloudnorm. What is not
within 0.3 LU of the target, or has a peak above the ceiling, is marked.
"""

import argparse
import re
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from render import spoken

from narrator.audio.encoder import find_ffmpeg
from narrator.audio.studio import FfmpegStudio
from narrator.domain.artifacts import AudioFormat
from narrator.domain.loudness import TARGETS
from narrator.domain.plan import Boundary
from narrator.domain.production import Production, Profile
from narrator.domain.voices import SAMPLE_RATE
from narrator.services.ports import Commission, RenderedFile, TakeAudio

try:
    import pyloudnorm
except ImportError:
    pyloudnorm = None

STUDIO = FfmpegStudio()
NEAR_LU = 0.3
ACX_RMS_DB = (-23.0, -18.0)


def sounds(minutes: float) -> Iterator[tuple[str, list[bytes]]]:
    """What is measured: its name and its takes."""
    takes, found, total = cycle(spoken()), [], 0
    while total < minutes * 60 * SAMPLE_RATE * 2:
        found.append(next(takes))
        total += len(found[-1])
    yield "speech", found
    dice = np.random.default_rng(6)
    for name, width in (("noise, soft", 12), ("noise, bright", 2)):
        yield name, [shaped(dice, width) for _ in range(int(minutes * 6))]


def shaped(dice: np.random.Generator, width: int) -> bytes:
    """Ten seconds of noise, low-passed, that rises and falls like syllables do."""
    count = 10 * SAMPLE_RATE
    smooth = np.convolve(dice.standard_normal(count), np.ones(width) / width, "same")
    levels = np.interp(np.arange(count), np.arange(0, count + 3_000, 3_000), dice.random(82)[:81])
    return np.clip(smooth * levels**2 * 9_000, -32_768, 32_767).astype("<i2").tobytes()


def decoded(file: RenderedFile) -> tuple[NDArray[Any], int]:
    """A chapter's samples as floats, and their rate, which is that of the file."""
    rate = 44_100 if file.path.suffix == ".mp3" and is_fast(file.path) else SAMPLE_RATE
    command = [str(find_ffmpeg()), "-v", "error", "-i", str(file.path), "-f", "f32le"]
    command += ["-ar", str(rate), "-ac", "1", "pipe:1"]
    pcm = subprocess.run(command, check=True, capture_output=True).stdout
    return np.frombuffer(pcm, dtype="<f4"), rate


def is_fast(path: Path) -> bool:
    """Whether ffmpeg says that this file is at 44.1 kHz."""
    command = [str(find_ffmpeg()), "-i", str(path)]
    return b"44100 Hz" in subprocess.run(command, check=False, capture_output=True).stderr


def by_ffmpeg(samples: NDArray[Any], rate: int) -> tuple[float, float]:
    """Integrated loudness and true peak."""
    command = [str(find_ffmpeg()), "-f", "f32le", "-ar", str(rate), "-ac", "1", "-i", "pipe:0"]
    command += ["-af", "ebur128=peak=true:framelog=quiet", "-f", "null", "-"]
    run = subprocess.run(command, check=True, capture_output=True, input=samples.tobytes())
    said = run.stderr.decode().rpartition("Summary")[2]
    found = [re.search(rf"{name}:\s+(\S+)", said) for name in ("I", "Peak")]
    return float(found[0][1]), float(found[1][1])  # type: ignore[index]


def by_pyloudnorm(samples: NDArray[Any], rate: int) -> float:
    """Integrated loudness; not a number where it is not installed."""
    if pyloudnorm is None:
        return float("nan")
    return float(pyloudnorm.Meter(rate).integrated_loudness(samples.astype(float)))


def rms_db(samples: NDArray[Any]) -> float:
    """The RMS in dBFS."""
    return float(10 * np.log10(np.mean(samples.astype(float) ** 2)))


def main() -> None:
    """Measure, and print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=5)
    asked = parser.parse_args()
    print(f"{'':14} {'profile':10} {'':5} {'ffmpeg':>8} {'pyloudn.':>9} {'RMS':>7} {'peak':>6}")
    for name, takes in sounds(asked.minutes):
        for profile in Profile:
            report(name, takes, profile)


def report(name: str, takes: list[bytes], profile: Profile) -> None:
    """Render in all formats alone (so that each has its own headroom) and print what they hold."""
    for kind in (AudioFormat.M4B, AudioFormat.MP3, AudioFormat.OPUS, AudioFormat.FLAC):
        with tempfile.TemporaryDirectory(prefix="narrator-benchmark-") as folder:
            production = Production(profile=profile)
            made = STUDIO.render(
                (TakeAudio(pcm=take, boundary=Boundary.PARAGRAPH) for take in takes),
                Commission(production=production, formats=[kind], folder=Path(folder)),
            )
            samples, rate = decoded(made.files[0])
        lufs, peak = by_ffmpeg(samples, rate)
        other, level = by_pyloudnorm(samples, rate), rms_db(samples)
        target = TARGETS.get(profile)
        wrong = target is not None and (
            peak > target.ceiling_db
            or (target.lufs is not None and not abs(lufs - target.lufs) <= NEAR_LU)
            or (target.lufs is not None and abs(other - target.lufs) > NEAR_LU)
            or (target.rms_db is not None and not ACX_RMS_DB[0] <= level <= ACX_RMS_DB[1])
        )
        limited = made.limited_samples / made.samples
        print(
            f"{name:14} {profile:10} {kind:5}{lufs:8.1f} {other:9.2f} {level:8.2f} {peak:6.1f}"
            f"  gain {made.gain_db:5.1f}, limited {limited:6.2%}{'  WRONG' if wrong else ''}"
        )


if __name__ == "__main__":
    main()
