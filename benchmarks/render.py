"""What rendering and publishing cost beside ffmpeg alone, encoding the same samples the same way.

    python benchmarks/render.py [--minutes 30] [--chapters 6] [--formats m4b,mp3,opus,flac]

Prints, for each format, CPU seconds (this process and its children, user and system): of ffmpeg
alone, of `render`, of `publish`, of `listen` (verification), and the ratio of render and publish to
ffmpeg alone. The words are spoken by the Speak server's offline voice, each take anew in its place.
"""

import argparse
import resource
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from itertools import cycle, islice, pairwise
from pathlib import Path

import numpy as np

from narrator.audio.encoder import BIT_EXACT, Ffmpeg, find_ffmpeg
from narrator.audio.studio import RENDERED, FfmpegStudio
from narrator.domain.artifacts import AudioFormat
from narrator.domain.documents import Metadata
from narrator.domain.plan import Boundary
from narrator.services.ports import ChapterFile, TakeAudio
from narrator.speakserver.espeak import EspeakEngine
from narrator.speakserver.handshake import Options

BYTES_A_MINUTE = 60 * 48_000
STUDIO = FfmpegStudio()
SENTENCES = [
    f"Letter {number}. {text}"
    for number, text in enumerate(
        3
        * [
            "The quick brown fox jumps over the lazy dog, and nobody seems to mind at all.",
            "He had been sitting for some hours in silence, with his long, thin back curved.",
            "Sphinx of black quartz, judge my vow; then tell me what it was that you have heard!",
            "It was late in the evening, the rain beat on the windows, and the fire was low.",
            "Why should a sensible woman travel two hundred miles for so small a thing as this?",
            "Pack my box with five dozen liquor jugs, said the old man, and be quick about it.",
        ]
    )
]


def spoken() -> list[bytes]:
    """A few dozen takes of about ten seconds."""
    engine = EspeakEngine()
    engine.start()
    pairs = pairwise(SENTENCES)
    takes = [np.asarray(engine.speak(" ".join(pair), Options())) for pair in pairs]
    engine.stop()
    return [take.astype("<i2").tobytes() for take in takes]


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU seconds that this process and the children it waited for spend on some work."""
    before = _spent()
    work()
    return _spent() - before


def _spent() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def chapter_of(takes: Iterator[bytes], minutes: float) -> list[TakeAudio]:
    """Takes for a chapter of so many minutes."""
    chapter: list[TakeAudio] = []
    total = 0
    while total < minutes * BYTES_A_MINUTE:
        pcm = next(takes)
        chapter.append(TakeAudio(pcm=pcm, boundary=Boundary.PARAGRAPH))
        total += len(pcm)
    return chapter


def measure(kind: AudioFormat, chapters: list[list[TakeAudio]], folder: Path) -> list[float]:
    """CPU seconds of ffmpeg alone, of render, of publish and of listening."""
    files: list[ChapterFile] = []

    def render() -> None:
        for number, takes in enumerate(chapters):
            room = folder / str(number)
            room.mkdir()
            made = STUDIO.render(takes, format=kind, folder=room)
            files.append(ChapterFile(path=made.path, samples=made.samples, title=f"{number}"))

    book = folder / f"book.{kind}"

    def publish() -> None:
        STUDIO.publish(
            files, format=kind, metadata=Metadata(title="B"), narrator="N", cover=None, path=book
        )

    rendering = cpu_seconds(render)
    publishing = cpu_seconds(publish)
    listening = cpu_seconds(lambda: STUDIO.listen(book, []))
    pcm = folder / "book.pcm"
    with pcm.open("wb") as file:
        file.writelines(Ffmpeg(find_ffmpeg()).decoded(book))
    return [cpu_seconds(lambda: alone(kind, pcm, folder)), rendering, publishing, listening]


def alone(kind: AudioFormat, pcm: Path, folder: Path) -> None:
    """Encode the book's samples by ffmpeg in one go, at the same settings."""
    encoding = RENDERED[kind].encoding or ("-c:a", "flac", "-f", "flac")
    command = [str(find_ffmpeg()), "-nostdin", "-loglevel", "error", "-y", "-f", "s16le"]
    command += ["-ar", "24000", "-ac", "1", "-i", str(pcm), *encoding, *BIT_EXACT]
    subprocess.run([*command, str(folder / "alone")], check=True)


def main() -> None:
    """Measure each format and print a row for it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--chapters", type=int, default=6)
    parser.add_argument("--formats", default="m4b,mp3,opus,flac")
    asked = parser.parse_args()
    takes = cycle(spoken())
    share = asked.minutes / asked.chapters
    chapters = [chapter_of(takes, share) for _ in islice(takes, asked.chapters)]
    print(f"{asked.minutes:g} minutes of speech in {asked.chapters} chapters; CPU seconds")
    print(f"{'':6}{'ffmpeg alone':>14}{'render':>9}{'publish':>9}{'listen':>9}{'ratio':>8}")
    for kind in map(AudioFormat, asked.formats.split(",")):
        with tempfile.TemporaryDirectory(prefix="narrator-benchmark-") as folder:
            bare, render, publish, listen = measure(kind, chapters, Path(folder))
        ratio = (render + publish) / bare
        print(f"{kind:6}{bare:14.2f}{render:9.2f}{publish:9.2f}{listen:9.2f}{ratio:8.2f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"peak memory: {peak:.0f} MB here (takes included), {children:.0f} MB in a child")


if __name__ == "__main__":
    main()
