"""A whole book through the embedded fleet: peak memory of each process, processor time of all.

    python benchmarks/book.py [--voice-engine espeak|tone] [--format m4b] [--chapters 1]

The reference, taken in the same run: ffmpeg encoding the finished recording's samples to the same
format. Memory is the highest resident size seen in samples 50 ms apart, processor seconds are the
last seen of each process in the same samples. Those of the Speak server, which stands in for the
provider, are shown apart.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from threading import Event
from time import monotonic

import imageio_ffmpeg
import psutil

from narrator.settings import inherited

BOOK = Path(__file__).parent.parent / "narrator/samples/the-adventures-of-sherlock-holmes.epub"
SAMPLE_SECONDS = 0.05
ENCODERS = {
    "m4b": ("-c:a", "aac", "-aac_coder", "fast", "-b:a", "64k", "-f", "adts"),
    "mp3": ("-c:a", "libmp3lame", "-b:a", "64k", "-f", "mp3"),
    "opus": ("-c:a", "libopus", "-b:a", "32k", "-f", "ogg"),
    "flac": ("-c:a", "flac", "-f", "flac"),
    "wav": ("-c:a", "pcm_s16le", "-f", "wav"),
}
ROLES = ("speak-server", "valkey", "redis", "-Q speech", "-Q audio", "ffmpeg", "sandbox", "narrate")


def main() -> None:
    """Narrate, watch, encode the same samples, print."""
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="narrator-bench-") as folder:
        report = narrate(options, Path(folder))
        report |= reference(options, Path(folder), report)
    print(json.dumps(report, indent=2))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voice-engine", default="espeak")
    parser.add_argument("--format", default="m4b", choices=ENCODERS)
    parser.add_argument("--chapters", default="")
    parser.add_argument("--time-scale", default="1000")
    return parser.parse_args()


def narrate(options: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Run the command to its end, sampling its processes."""
    out = folder / f"book.{options.format}"
    command = [sys.executable, "-m", "narrator", "narrate", BOOK, "-o", out, "--json"]
    if options.chapters:
        command += ["--chapters", options.chapters]
    began = monotonic()
    environment = inherited() | {
        "NARRATOR_HOME": str(folder / "home"),
        "NARRATOR_VOICE_ENGINE": options.voice_engine,
        "NARRATOR_TRIAL_TIME_SCALE": options.time_scale,
    }
    child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
    peaks, seconds = watch(child)
    printed, _ = child.communicate()
    assert child.returncode == 0, f"narrate ended with {child.returncode}"
    provider = sum(used for role, used in seconds.items() if role == "speak-server")
    fleet = sum(seconds.values()) - provider
    return {
        "result": json.loads(printed),
        "wall_seconds": round(monotonic() - began, 1),
        "peak_megabytes": {role: round(peak / 1e6) for role, peak in sorted(peaks.items())},
        "cpu_seconds_seen": {role: round(used, 1) for role, used in sorted(seconds.items())},
        "speak_server_cpu_seconds": round(provider, 1),
        "fleet_cpu_seconds": round(fleet, 1),
    }


def watch(child: subprocess.Popen[bytes]) -> tuple[dict[str, int], dict[str, float]]:
    """Highest memory in bytes, and last seen processor seconds summed, by what a process does."""
    peaks: dict[str, int] = defaultdict(int)
    used: dict[int, tuple[str, float]] = {}
    pause = Event()
    while child.poll() is None:
        for process in family(child.pid):
            try:
                with process.oneshot():
                    role = role_of(process)
                    peaks[role] = max(peaks[role], process.memory_info().rss)
                    times = process.cpu_times()
                    used[process.pid] = (role, times.user + times.system)
            except psutil.Error:
                continue
        pause.wait(SAMPLE_SECONDS)
    seconds: dict[str, float] = defaultdict(float)
    for role, spent in used.values():
        seconds[role] += spent
    return peaks, seconds


def family(pid: int) -> list[psutil.Process]:
    """A process and all that descend from it."""
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.Error:
        return []


def role_of(process: psutil.Process) -> str:
    """What a process does, told by its command line."""
    line = " ".join(process.cmdline())
    return next((role for role in ROLES if role in line), process.name())


def reference(
    options: argparse.Namespace, folder: Path, report: dict[str, object]
) -> dict[str, object]:
    """Bare ffmpeg on the finished recording's own samples."""
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    book, pcm, again = folder / f"book.{options.format}", folder / "book.pcm", folder / "again"
    raw = ("-f", "s16le", "-ar", "24000", "-ac", "1")
    subprocess.run([ffmpeg, "-v", "error", "-i", book, *raw, pcm], check=True)
    before = children_seconds()
    encode = [ffmpeg, "-v", "error", *raw, "-i", pcm, *ENCODERS[options.format], again]
    subprocess.run(encode, check=True)
    alone = children_seconds() - before
    fleet = report["fleet_cpu_seconds"]
    assert isinstance(fleet, float)
    return {
        "audio_hours": round(pcm.stat().st_size / 48_000 / 3600, 2),
        "ffmpeg_alone_cpu_seconds": round(alone, 1),
        "fleet_to_ffmpeg_ratio": round(fleet / alone, 2),
    }


def children_seconds() -> float:
    """Processor seconds of every child that has ended and was waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
