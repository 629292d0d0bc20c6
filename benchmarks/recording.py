"""Whether finished recordings hold what their manifests say, found out from the files alone.

    python benchmarks/recording.py [--chapters 60] [--seconds 30] [--formats m4b,mp3,opus,flac,wav]
                                   [--split whole] [--loudness podcast] [--together]

A book of tones is planned, spoken, rendered and published by the real services (`rig.pipeline`).
The system's `ffmpeg` then decodes each file, the tone reader finds the texts in it, and each is
matched to the sample with what was spoken. Printed, for each file: how far chunks are from where
the manifest has their first sound (median, and the furthest), texts that are not as they
should be, `ffprobe`'s chapter marks against the manifest's, and how much longer the file is than
it should be. `--together`: one job for all formats.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.rig.pipeline import BYTE_MS, Pipeline, book
from narrator.domain.artifacts import MANIFEST_NAME, AudioFormat
from narrator.domain.ids import JobId
from narrator.domain.jobs import Job, JobOptions, JobState
from narrator.domain.manifest import Manifest, ManifestChunk, Recording
from narrator.domain.manifest_json import from_json
from narrator.domain.production import Asked, parse_production
from narrator.speakserver import tone

RATE = 24_000
REACH = 600  # samples either side in which a chunk is looked for
PATTERN = 4_800  # samples of it that are


@dataclass(frozen=True)
class Found:
    """What a file was found to hold, against its manifest. Distances are in samples."""

    name: str
    chunks: int
    wrong: int
    middle: float
    furthest: int
    marks_ms: float
    marks: int
    missing_samples: int
    complaints: str

    def __str__(self) -> str:
        return (
            f"{self.name:34}{self.chunks:7}{self.wrong:7}{self.middle:9.0f}{self.furthest:9}"
            f"{self.marks:7}{self.marks_ms:9.3f}{self.missing_samples:8}  {self.complaints}"
        )


HEAD = (
    f"{'file':34}{'chunks':>7}{'wrong':>7}{'median':>9}{'furthest':>9}"
    f"{'marks':>7}{'ms off':>9}{'length':>8}  ffmpeg says"
)


def main() -> None:
    """Make the book in every format, look into the files, print a row for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--chapters", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--formats", default="m4b,mp3,opus,flac,wav")
    parser.add_argument("--split", default="whole")
    parser.add_argument("--loudness", default="podcast")
    parser.add_argument("--together", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="narrator-benchmark-") as folder:
        pipeline = Pipeline(Path(folder))
        source = Path(folder, "tones.md")
        book(source, chapters=asked.chapters, seconds=asked.seconds)
        kinds = [AudioFormat(name) for name in asked.formats.split(",")]
        print(HEAD)
        for number, group in enumerate([kinds] if asked.together else [[kind] for kind in kinds]):
            production = parse_production(
                Asked(also=group[1:], split=asked.split, loudness=asked.loudness)
            )
            options = JobOptions(format=group[0], production=production)
            job = narrated(pipeline, source, options, JobId(f"{number + 1:032x}"))
            for found in looked_at(pipeline, job, Path(folder)):
                print(found, flush=True)


def narrated(pipeline: Pipeline, source: Path, options: JobOptions, job_id: JobId) -> Job:
    """The finished job."""
    pipeline.submit(source, options, job_id)
    pipeline.speak(pipeline.chunks(job_id))
    pipeline.audio(2)
    job = pipeline.job(job_id)
    if job.state is not JobState.SUCCEEDED:
        sys.exit(f"the job is {job.state}: {job.failure}")
    return job


def looked_at(pipeline: Pipeline, job: Job, folder: Path) -> Iterator[Found]:
    """What each recording of a job holds."""
    keys = {artifact.name: artifact.object_key for artifact in job.artifacts}
    manifest = from_json(pipeline.services.objects.get_bytes(keys[MANIFEST_NAME]))
    for recording in manifest.files:
        path = folder / recording.name
        pipeline.services.objects.get_file(keys[recording.name], path)
        yield found_in(path, manifest, recording)
        path.unlink()


def found_in(path: Path, manifest: Manifest, recording: Recording) -> Found:
    """Decode, search, compare."""
    samples, complaints = decoded(path)
    chapters = manifest.chapters_in(recording)
    chunks = [each for chapter in chapters for each in chapter.chunks]
    bursts = tone.read(samples, RATE, BYTE_MS)
    texts = [each.chunk.text for each in chunks]
    heard = [burst.text if burst.intact else None for burst in bursts]
    wrong = sum(a != b for a, b in zip(texts, heard, strict=False)) + abs(len(texts) - len(heard))
    offsets = [offset(samples, each, recording.start_samples) for each in chunks]
    middle = median(offsets)
    told = marks(path)
    meant = [(chapter.start_samples - recording.start_samples) / RATE for chapter in chapters]
    return Found(
        name=path.name,
        chunks=len(chunks),
        wrong=wrong,
        middle=middle,
        furthest=max(map(abs, offsets)),
        marks=len(told),
        marks_ms=max((abs(a - b) * 1000 for a, b in zip(told, meant, strict=False)), default=-1.0),
        missing_samples=len(samples) - recording.samples,
        complaints=complaints or "nothing",
    )


def offset(samples: NDArray[np.int16], each: ManifestChunk, start: int) -> int:
    """How many samples from where the manifest has a chunk's first sound it is heard."""
    said = tone.speak(each.chunk.text, RATE, BYTE_MS)
    first = int(np.flatnonzero(said)[0])
    pattern = said[first : first + PATTERN].astype(np.float64)
    at = each.placement.start_samples + each.placement.lead_samples - start - REACH
    stretch = samples[at : at + 2 * REACH + PATTERN].astype(np.float64)
    return int(np.argmax(np.correlate(stretch, pattern, "valid"))) - REACH


def decoded(path: Path) -> tuple[NDArray[np.int16], str]:
    """A file's samples at 24 kHz as another program decodes them, and what it complains of."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:a:0", "-f", "s16le"]
    done = subprocess.run(
        [*command, "-ac", "1", "-ar", str(RATE), "-"], check=True, capture_output=True
    )
    return np.frombuffer(done.stdout, np.int16), done.stderr.decode().strip()


def marks(path: Path) -> list[float]:
    """Where ffprobe reads that chapters begin, in seconds of sound.

    Its clock begins where the file says that sound begins; an MP3's begins with the first packet.
    """
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_chapters", str(path)]
    told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return [float(each["start_time"]) for each in told["chapters"]]


if __name__ == "__main__":
    main()
