"""What encoders make of speech, by bit rate: size, processor time, and what is missing or added.

    python benchmarks/codecs.py [--minutes 3.5]

Speech of the offline voice, as loud as a podcast, encoded by ffmpeg and decoded again. For each
setting: kbit/s as they are in the file, seconds of a processor, and for some bands of frequencies
by how many dB the level differs and how far the spectra are apart (the mean over 21 ms of the RMS
difference in dB). Where the package `pesq` is installed: the mean PESQ (ITU-T P.862.2, to 8 kHz,
1 to 4.64) of 8 seconds in every 20.
"""

import argparse
import resource
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from render import BYTES_A_MINUTE, spoken

from narrator.audio.encoder import find_ffmpeg
from narrator.audio.studio import FfmpegStudio
from narrator.domain.artifacts import AudioFormat
from narrator.domain.plan import Boundary
from narrator.domain.production import Production
from narrator.domain.voices import SAMPLE_RATE
from narrator.services.ports import Commission, TakeAudio

try:
    import pesq
except ImportError:
    pesq = None

BANDS = ((0, 1_000), (1_000, 4_000), (4_000, 9_000), (9_000, 12_000))
WINDOW = 512
PESQ_RATE = 16_000
QUIET_DB = 40.0
"""What is softer than the loudest by more is not compared."""

OPUS = ("-c:a", "libopus", "-frame_duration", "20", "-b:a")
CASES: Sequence[tuple[str, str, Sequence[str]]] = (
    *((f"Opus {rate}k", "opus", (*OPUS, f"{rate}k")) for rate in (24, 32, 40, 48, 52, 64)),
    *(
        (f"Opus {rate}k, CELT", "opus", (*OPUS, f"{rate}k", "-application", "lowdelay"))
        for rate in (28, 36, 44)
    ),
    ("AAC 64k, fast", "m4a", ("-c:a", "aac", "-aac_coder", "fast", "-b:a", "64k")),
    ("MP3 64k", "mp3", ("-c:a", "libmp3lame", "-b:a", "64k")),
)


def speech(minutes: float, folder: Path) -> Path:
    """A chapter without loss."""
    takes, found, total = cycle(spoken()), [], 0
    while total < minutes * BYTES_A_MINUTE:
        found.append(TakeAudio(pcm=next(takes), boundary=Boundary.PARAGRAPH))
        total += len(found[-1].pcm)
    made = FfmpegStudio().render(
        found, Commission(production=Production(), formats=[AudioFormat.FLAC], folder=folder)
    )
    return made.files[0].path


def ffmpeg(*arguments: str) -> bytes:
    """What it writes."""
    command = [str(find_ffmpeg()), "-v", "error", "-y", *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout


def decoded(path: Path, rate: int = SAMPLE_RATE) -> NDArray[Any]:
    """A file's samples."""
    pcm = ffmpeg("-i", str(path), "-f", "f32le", "-ar", str(rate), "-ac", "1", "pipe:1")
    return np.frombuffer(pcm, dtype="<f4")


def powers(samples: NDArray[Any]) -> NDArray[Any]:
    """The power of each frequency in each 21 ms."""
    rows = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[:: WINDOW // 2]
    return np.asarray(np.abs(np.fft.rfft(rows * np.hanning(WINDOW))) ** 2)


def by_band(made: NDArray[Any], given: NDArray[Any]) -> Iterator[tuple[float, float]]:
    """By how many dB each band's level differs, and how far its spectra are apart."""
    found, wanted = (powers(each[: min(len(made), len(given))]) for each in (made, given))
    loud = wanted.sum(axis=1)
    heard = loud > loud.max() * 10 ** (-QUIET_DB / 10)
    hertz = np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE)
    for low, high in BANDS:
        inside = (hertz >= low) & (hertz < high)
        a, b = found[heard][:, inside], wanted[heard][:, inside]
        apart = 10 * np.log10((a + 1e-9) / (b + 1e-9))
        distance = np.sqrt((apart**2).mean(axis=1)).mean()
        yield float(10 * np.log10(a.sum() / b.sum())), float(distance)


def by_pesq(made: Path, given: Path) -> float:
    """The mean of 8 seconds in every 20; not a number where it is not installed."""
    if pesq is None:
        return float("nan")
    a, b = decoded(made, PESQ_RATE), decoded(given, PESQ_RATE)
    starts = range(2 * PESQ_RATE, min(len(a), len(b)) - 9 * PESQ_RATE, 20 * PESQ_RATE)
    ends = [(start, start + 8 * PESQ_RATE) for start in starts]
    return float(np.mean([pesq.pesq(PESQ_RATE, b[s:e], a[s:e], "wb") for s, e in ends]))


def report(name: str, suffix: str, settings: Sequence[str], given: Path) -> None:
    """Encode, and print a row."""
    path = given.with_name(f"made.{suffix}")
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    ffmpeg("-i", str(given), *settings, str(path))
    cpu = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    samples = decoded(given)
    bits = path.stat().st_size * 8 / (len(samples) / SAMPLE_RATE) / 1_000
    bands = "  ".join(
        f"{level:5.1f} {apart:4.1f}" for level, apart in by_band(decoded(path), samples)
    )
    print(f"{name:16}{bits:7.1f}{cpu:7.2f}   {bands}   {by_pesq(path, given):5.2f}", flush=True)


def main() -> None:
    """Measure, and print a row for each setting."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=3.5)
    asked = parser.parse_args()
    titles = "  ".join(f"{low // 1_000:>3}-{high // 1_000:<2} kHz" for low, high in BANDS)
    print(f"{'':16}{'kbit/s':>7}{'CPU s':>7}   {titles}   PESQ")
    with tempfile.TemporaryDirectory(prefix="narrator-benchmark-") as folder:
        given = speech(asked.minutes, Path(folder))
        for name, suffix, settings in CASES:
            report(name, suffix, settings, given)


if __name__ == "__main__":
    main()
