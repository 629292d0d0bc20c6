"""What a book of many hours takes: memory, scratch, bytes written, and the wait at its end.

    python benchmarks/scale.py [--hours 10] [--chapters 60] [--formats m4b] [--folder DIR]
                               [--read-along vtt,json] [--alike] [--remember]

A book of tones goes through the real services (`rig.pipeline`), audio steps in two processes. All
of it but its last chunk is spoken, and what can be rendered is; then the last chunk is spoken, and
the time until the job has `succeeded` is taken, that chapter's rendering and every check included.
Beside it: `ffmpeg -c copy` of the same file, in the same run. Then every recording is decoded by
the system's `ffmpeg -v error -f null -`. Needs up to 0.2 GB of disk for each hour.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.rig.pipeline import Pipeline, Used, book
from narrator.domain.artifacts import AudioFormat
from narrator.domain.jobs import JobOptions, JobState
from narrator.domain.production import Asked, parse_production

LOOK_SECONDS = 0.05


def main() -> None:
    """Make the book, print what it took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--hours", type=float, default=10)
    parser.add_argument("--chapters", type=int, default=60)
    parser.add_argument("--formats", default="m4b")
    parser.add_argument("--loudness", default="podcast")
    parser.add_argument("--read-along", default="", help="what goes along, such as vtt,json")
    parser.add_argument("--alike", action="store_true", help="all chapters but the last are alike")
    parser.add_argument("--remember", action="store_true", help="and are rendered only once")
    parser.add_argument("--folder", type=Path, default=None, help="where there is room for it")
    asked = parser.parse_args()
    kinds = asked.formats.split(",")
    along = asked.read_along.split(",") if asked.read_along else ()
    production = parse_production(Asked(also=kinds[1:], loudness=asked.loudness, companions=along))
    options = JobOptions(format=AudioFormat(kinds[0]), production=production)
    with tempfile.TemporaryDirectory(prefix="narrator-benchmark-", dir=asked.folder) as folder:
        pipeline = Pipeline(Path(folder), remembers=asked.remember)
        source = Path(folder, "tones.md")
        seconds = 3_600 * asked.hours / asked.chapters
        book(source, chapters=asked.chapters, seconds=seconds, alike=asked.alike)
        measure(pipeline, source, options)


def measure(pipeline: Pipeline, source: Path, options: JobOptions) -> None:
    """Speak and render all but the end, then the end; then look at the files."""
    pipeline.submit(source, options)
    chunks = pipeline.chunks()
    with watched(pipeline.scratch) as early:
        began = time.monotonic()
        said = pipeline.speak(chunks - 1)
        print(f"{said} of {chunks} chunks spoken in {time.monotonic() - began:.0f} s", flush=True)
        began = time.monotonic()
        show("rendering all chapters but the last", pipeline.audio(2), time.monotonic() - began)
    print(f"  scratch: {early[0] / 1e6:.0f} MB at the most", flush=True)
    pipeline.speak(1)
    with watched(pipeline.scratch) as late:
        end = pipeline.audio(2)
        # Workers are there already: what it takes to start these is not counted.
        show("from the last chunk to the end", end, max(each.seconds for each in end))
    print(f"  scratch: {late[0] / 1e6:.0f} MB at the most")
    job = pipeline.job()
    if job.state is not JobState.SUCCEEDED:
        sys.exit(f"the job is {job.state}: {job.failure}")
    for artifact in job.artifacts:
        path = pipeline.home / artifact.name
        pipeline.services.objects.get_file(artifact.object_key, path)
        print(f"{artifact.name}: {artifact.bytes / 1e6:.1f} MB")
        if artifact.media_type.startswith("audio/"):
            look(path)
        path.unlink()


def show(what: str, all_used: list[Used], seconds: float) -> None:
    """A row for each process."""
    print(f"{what}: {seconds:.1f} s by the clock")
    for used in all_used:
        print(
            f"  a process: {used.seconds:.1f} s, {used.cpu_seconds:.1f} s of a processor,"
            f" memory {used.megabytes:.0f} MB, of a child {used.child_megabytes:.0f} MB,"
            f" written {used.written_megabytes:.0f} MB"
        )


def look(path: Path) -> None:
    """Copy its packets, and decode it, with programs that are not ours."""
    copy = path.with_name(f"copy{path.suffix}")
    began = time.monotonic()
    faststart = ["-movflags", "+faststart", "-f", "mp4"] if path.suffix == ".m4b" else []
    command = ["ffmpeg", "-v", "error", "-y", "-i", str(path), "-map", "0:a", "-c", "copy"]
    subprocess.run([*command, *faststart, str(copy)], check=True)
    print(f"  ffmpeg -c copy of it: {time.monotonic() - began:.1f} s")
    copy.unlink()
    command = ["ffmpeg", "-v", "error", "-progress", "pipe:1", "-i", str(path), "-f", "null", "-"]
    done = subprocess.run(command, check=False, capture_output=True)
    said = done.stderr.decode().strip()
    print(f"  ffmpeg -v error -f null -: {done.returncode}, {said[:200] or 'nothing to say'}")
    times = re.findall(r"out_time=(\S+)", done.stdout.decode())
    print(f"  decoded to its end at {times[-1]}; it begins with {path.open('rb').read(12)!r}")


@contextmanager
def watched(folder: Path) -> Iterator[list[int]]:
    """The most bytes that lie in a folder while the block runs, as a list of one."""
    most, over = [0], Event()

    def look_often() -> None:
        while not over.wait(LOOK_SECONDS):
            most[0] = max(most[0], filled(folder))

    watcher = Thread(target=look_often, daemon=True)
    watcher.start()
    try:
        yield most
    finally:
        over.set()
        watcher.join()


def filled(folder: Path) -> int:
    """The bytes of all files in a folder; what vanishes meanwhile counts nothing."""
    total = 0
    for root, _, names in os.walk(folder):  # which passes over folders that are gone
        for name in names:
            with suppress(FileNotFoundError):
                total += Path(root, name).lstat().st_blocks * 512
    return total


if __name__ == "__main__":
    main()
