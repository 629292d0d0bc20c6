"""What rendering and publishing cost beside ffmpeg alone, encoding the same samples the same way.

    python benchmarks/render.py [--minutes 30] [--chapters 6] [--only twoloop,fast,mp3,opus,flac]
                                [--tries 1]

Prints, for each format, CPU seconds (this process and its children, user and system): of ffmpeg
alone, as it comes; of ffmpeg alone kept on one processor, as Narrator runs it; of `render`
(stitching, meter, limiter, encoder, decoding and measuring what was encoded); of `publish`; and the
ratio of both to either. M4B is made with ffmpeg's own AAC coder
(`twoloop`) and with ours (`fast`). The words are spoken by the Speak server's offline voice, each
take anew in its place. Levels are a podcast's, as by default.
Of several tries, each of which does all parts one after another, the least of each part counts:
what else goes on at the machine only ever adds to it.
"""

import argparse
import resource
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle, pairwise
from pathlib import Path

import numpy as np

from narrator.audio.encoder import BIT_EXACT, Ffmpeg, bound_child, find_ffmpeg
from narrator.audio.encoders import form_of
from narrator.audio.studio import FfmpegStudio
from narrator.domain.artifacts import AudioFormat
from narrator.domain.documents import Metadata
from narrator.domain.plan import Boundary
from narrator.domain.production import AacCoder, Production
from narrator.services.hearing import hear
from narrator.services.ports import Commission, Label, RenderedChapter, TakeAudio
from narrator.speakserver.espeak import EspeakEngine
from narrator.speakserver.handshake import Options

BYTES_A_MINUTE = 60 * 48_000
USUAL = Production()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A format, and for M4B a coder."""

    format: AudioFormat
    coder: AacCoder = AacCoder.FAST


CASES = {
    "twoloop": Case(format=AudioFormat.M4B, coder=AacCoder.TWOLOOP),
    "fast": Case(format=AudioFormat.M4B),
    "mp3": Case(format=AudioFormat.MP3),
    "opus": Case(format=AudioFormat.OPUS),
    "flac": Case(format=AudioFormat.FLAC),
}
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


def measure(case: Case, chapters: list[list[TakeAudio]], folder: Path) -> list[float]:
    """CPU seconds of ffmpeg alone, as it comes and on one processor, of render, and of publish."""
    studio = FfmpegStudio(aac_coder=case.coder)
    made: list[RenderedChapter] = []

    def render() -> None:
        for number, takes in enumerate(chapters):
            room = folder / str(number)
            room.mkdir()
            each = studio.render(
                takes, Commission(production=USUAL, formats=[case.format], folder=room)
            )
            hear(each)
            made.append(each)

    book = folder / f"book.{case.format}"
    rendering = cpu_seconds(render)
    label = Label(
        metadata=Metadata(title="B"),
        narrator="N",
        cover=None,
        chapters=tuple((str(number), each.samples) for number, each in enumerate(made)),
    )
    paths = [each.files[0].path for each in made]
    publishing = cpu_seconds(
        lambda: studio.publish(paths, format=case.format, label=label, path=book)
    )
    pcm = folder / "book.pcm"
    write_levelled(chapters, pcm)
    bare = cpu_seconds(lambda: alone(case, pcm, folder, None))
    bound = cpu_seconds(lambda: alone(case, pcm, folder, bound_child()))
    return [bare, bound, rendering, publishing]


def write_levelled(chapters: list[list[TakeAudio]], path: Path) -> None:
    """The samples that were encoded, but for what each encoder needs: rendered again as FLAC."""
    formats = [AudioFormat.FLAC]
    with path.open("wb") as file:
        for takes in chapters:
            with tempfile.TemporaryDirectory(dir=path.parent) as room:
                made = FfmpegStudio().render(
                    takes, Commission(production=USUAL, formats=formats, folder=Path(room))
                )
                file.writelines(Ffmpeg(find_ffmpeg()).decoded(made.files[-1].path))


def alone(case: Case, pcm: Path, folder: Path, bind: Callable[[], None] | None) -> None:
    """Encode the book's samples by ffmpeg in one go, at the same settings."""
    form = form_of(case.format, USUAL.profile, case.coder)
    encoding = form.encoding or ("-c:a", "flac", "-f", "flac")
    command = [str(find_ffmpeg()), "-nostdin", "-loglevel", "error", "-y", "-f", "s16le"]
    command += ["-ar", "24000", "-ac", "1", "-i", str(pcm), *encoding, *BIT_EXACT]
    subprocess.run([*command, str(folder / "alone")], check=True, preexec_fn=bind)


def tried(name: str, chapters: list[list[TakeAudio]]) -> list[float]:
    """One try of a case, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="narrator-benchmark-") as folder:
        return measure(CASES[name], chapters, Path(folder))


def main() -> None:
    """Measure each format and print a row for it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--chapters", type=int, default=6)
    parser.add_argument("--only", default=",".join(CASES))
    parser.add_argument("--tries", type=int, default=1)
    asked = parser.parse_args()
    takes = cycle(spoken())
    share = asked.minutes / asked.chapters
    chapters = [chapter_of(takes, share) for _ in range(asked.chapters)]
    print(f"{asked.minutes:g} minutes of speech in {asked.chapters} chapters; CPU seconds")
    print(f"{'':8}{'ffmpeg':>9}{'bound':>9}{'render':>9}{'publish':>9}{'ratio':>8}{'to bound':>10}")
    for name in asked.only.split(","):
        tries = [tried(name, chapters) for _ in range(asked.tries)]
        parts = [min(each) for each in zip(*tries, strict=True)]
        bare, bound, *ours = parts
        row = "".join(f"{part:9.2f}" for part in parts)
        print(f"{name:8}{row}{sum(ours) / bare:8.2f}{sum(ours) / bound:10.2f}", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"peak memory: {peak:.0f} MB here (takes included), {children:.0f} MB in a child")


if __name__ == "__main__":
    main()
