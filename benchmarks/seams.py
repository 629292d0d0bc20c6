"""Whether joins can be heard: steps at seams beside those of speech, and gaps between takes.

    python benchmarks/seams.py [--takes 400]

Takes of the offline voice, every third of them cut off in mid-speech at both ends, become a chapter
without loss. Prints the largest step between two samples within 10 ms of a seam, the percentiles of
steps inside takes, and how far the gaps are from what was asked for: from the last millisecond that
is heard (as loud as -50 dBFS, or as 30 dB beneath a softer take) to the first.
"""

import argparse
import tempfile
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import soundfile
from render import spoken

from narrator.audio.studio import FfmpegStudio
from narrator.domain.artifacts import AudioFormat
from narrator.domain.plan import Boundary
from narrator.domain.production import Production, Profile
from narrator.domain.timeline import Pauses
from narrator.services.ports import Commission, TakeAudio

TEN_MS = 240
MILLISECOND = 24
QUIET = 32_768 * 10 ** (-50 / 20)
BOUNDARIES = (Boundary.SENTENCE, Boundary.SENTENCE, Boundary.PARAGRAPH, Boundary.HEADING)


def takes(count: int) -> list[TakeAudio]:
    """Takes of the voice, some of them without any silence at their edges."""
    found = []
    for number, pcm in enumerate(islice(cycle(spoken()), count)):
        cut = pcm if number % 3 else pcm[40_000:120_000]
        found.append(TakeAudio(pcm=cut, boundary=BOUNDARIES[number % len(BOUNDARIES)]))
    return found


def heard(samples: np.ndarray, pcm: bytes) -> tuple[int, int]:
    """The first sample that is heard and the one behind the last, to a millisecond.

    Of a take as it lies in the chapter, and as it was spoken: by this is told what is soft.
    """
    whole = samples[: len(samples) // MILLISECOND * MILLISECOND].astype(float)
    spoken = np.frombuffer(pcm, dtype="<i2").astype(float)
    quiet = min(QUIET, np.sqrt((spoken**2).mean()) * 10 ** (-30 / 20))
    loud = np.flatnonzero(np.sqrt((whole.reshape(-1, MILLISECOND) ** 2).mean(axis=1)) > quiet)
    return int(loud[0]) * MILLISECOND, int(loud[-1] + 1) * MILLISECOND


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--takes", type=int, default=400)
    given = takes(parser.parse_args().takes)
    with tempfile.TemporaryDirectory(prefix="narrator-benchmark-") as folder:
        made = FfmpegStudio().render(
            given,
            Commission(
                production=Production(profile=Profile.OFF),
                formats=[AudioFormat.FLAC],
                folder=Path(folder),
            ),
        )
        samples = soundfile.read(made.files[0].path, dtype="int16")[0].astype(np.int32)
    steps = np.abs(np.diff(samples))
    places = [(each.start_samples, each.end_samples) for each in made.placements]
    edges = [edge for place in places for edge in place]
    seams = max(int(steps[edge - TEN_MS : edge + TEN_MS].max()) for edge in edges)
    joins = max(int(steps[edge - 2 : edge + 1].max()) for edge in edges)
    inside = np.concatenate([steps[start + 480 : end - 480] for start, end in places])
    high = {each: float(np.percentile(inside, each)) for each in (50, 99, 99.9)}
    print(f"{len(places)} takes; steps inside them: {high}, at most {inside.max()}")
    print(f"largest step at a seam: {joins}; within 10 ms of one: {seams}")
    sounds = [
        (start + first, start + end)
        for (start, stop), take in zip(places, given, strict=True)
        for first, end in [heard(samples[start:stop], take.pcm)]
    ]
    off = [
        (after[0] - before[1] - Pauses().after(take.boundary)) / MILLISECOND
        for before, after, take in zip(sounds, sounds[1:], given, strict=False)
    ]
    whole = [each for number, each in enumerate(off) if number % 3 == 1]
    print(f"gaps are {min(off):.1f} to {max(off):.1f} ms from what was asked for")
    print(f"between takes that were not cut off: {min(whole):.1f} to {max(whole):.1f} ms")


if __name__ == "__main__":
    main()
