"""What the quality gate finds of defects seeded into good takes, and what it doubts of good ones.

    python benchmarks/gate.py [--engine espeak|tone] [--voice aura-2-orion-en] [--speed 1.0]
                              [--takes 1200] [--skip 0] [--listen N] [BOOK]

Chunks of the book (the sample book) are spoken in order by the Speak server's offline voice, each
take is judged and, if it is good, learned from, as a fleet does: the first forty by the usual band.
Then every take gets each defect in turn, by a fixed seed, and is judged by what was learned. Prints
false alarms, recall and CPU seconds. With `--listen` so many takes are compared with their words
too: as they are, with words doubled, and with another chunk's take.
"""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent.parent))

from narrator.audio import gate
from narrator.domain.gate import Verdict, judge
from narrator.domain.pace import band, bin_of
from narrator.domain.plan import Chunk
from narrator.domain.voices import Voice
from narrator.ingest.read import read
from narrator.speakserver.espeak import EspeakEngine
from narrator.speakserver.handshake import Options
from narrator.speakserver.voices import Engine, ToneEngine
from narrator.text.plan import make_plan

BOOK = Path("narrator/samples/the-adventures-of-sherlock-holmes.epub")
RATE = 24_000

Samples = NDArray[np.int16]
Dice = random.Random


def tail_cut(take: Samples, dice: Dice) -> Samples:
    """A fifth to a half of it is missing at its end."""
    return take[: int(len(take) * (1 - dice.uniform(0.2, 0.5)))]


def tail_cut_by_a_fifth(take: Samples, _: Dice) -> Samples:
    """Exactly a fifth is missing."""
    return take[: int(len(take) * 0.8)]


def tail_cut_and_silence(take: Samples, dice: Dice) -> Samples:
    """Exactly a fifth is missing, and a silence of up to 0.5 s is there instead."""
    silence = np.zeros(int(RATE * dice.uniform(0.05, 0.5)), take.dtype)
    return np.concatenate((tail_cut_by_a_fifth(take, dice), silence))


def gap(take: Samples, dice: Dice) -> Samples:
    """A silence of 1.5 to 4 s in its middle half."""
    at = int(len(take) * dice.uniform(0.25, 0.75))
    silence = np.zeros(int(RATE * dice.uniform(1.5, 4.0)), take.dtype)
    return np.concatenate((take[:at], silence, take[at:]))


def shortest_gap(take: Samples, dice: Dice) -> Samples:
    """Exactly 1.5 s there, of nothing or of next to nothing."""
    at = int(len(take) * dice.uniform(0.25, 0.75))
    return np.concatenate((take[:at], silent(take[:1].repeat(RATE * 3 // 2), dice), take[at:]))


def clipped(take: Samples, dice: Dice) -> Samples:
    """6 to 18 dB too loud for 16 bit."""
    wide = take * (32_767 / np.abs(take.astype(int)).max()) * 10 ** (dice.uniform(6, 18) / 20)
    return np.clip(wide, -32_768, 32_767).astype(np.int16)


def clipped_lightly(take: Samples, dice: Dice) -> Samples:
    """1 to 3 dB too loud: a few of its peaks are flat."""
    wide = take * (32_767 / np.abs(take.astype(int)).max()) * 10 ** (dice.uniform(1, 3) / 20)
    return np.clip(wide, -32_768, 32_767).astype(np.int16)


def clipped_and_lowered(take: Samples, dice: Dice) -> Samples:
    """The same, and then 3 to 12 dB quieter."""
    return (clipped(take, dice) * 10 ** (-dice.uniform(3, 12) / 20)).astype(np.int16)


def silent(take: Samples, dice: Dice) -> Samples:
    """Nothing, or next to nothing."""
    noise = np.random.default_rng(dice.getrandbits(32)).normal(size=len(take))
    return (noise * dice.choice((0, 2, 6))).astype(np.int16)


def offset(take: Samples, dice: Dice) -> Samples:
    """3 to 10 % of full scale too high."""
    moved = take.astype(np.int32) + int(32_768 * dice.uniform(0.03, 0.1))
    return np.clip(moved, -32_768, 32_767).astype(np.int16)


DEFECTS: tuple[Callable[[Samples, Dice], Samples], ...] = (
    tail_cut,
    tail_cut_by_a_fifth,
    tail_cut_and_silence,
    gap,
    shortest_gap,
    clipped,
    clipped_lightly,
    clipped_and_lowered,
    silent,
    offset,
)


def engine_of(name: str) -> Engine:
    """The offline voice of that name."""
    return ToneEngine(10.0) if name == "tone" else EspeakEngine()


def spoken(book: Path, engine: Engine, voice: Voice) -> Iterator[tuple[str, Samples]]:
    """The book's chunks and their takes."""
    made = make_plan(read(book.read_bytes(), book.name))
    chunks: Iterator[Chunk] = (chunk for each in made.chapters for chunk in each.chunks)
    for chunk in chunks:
        take = engine.speak(chunk.text, Options(model=voice.name, speed=voice.speed))
        yield chunk.text, np.asarray(take).astype("<i2")


class Judge:
    """Judges takes of one voice, and learns from the good ones."""

    def __init__(self, *, has_pace: bool, speed: float) -> None:
        self.learned: Counter[int] = Counter()
        self.seconds = 0.0
        self.heard_seconds = 0.0
        self._has_pace = has_pace
        self._speed = speed

    def __call__(self, text: str, take: Samples) -> Verdict:
        """The verdict on a take."""
        pcm = take.tobytes()
        begun = time.process_time()
        sound = gate.sound(pcm)
        pace = band(text, self.learned, speed=self._speed) if self._has_pace else None
        verdict = judge(sound, text, pace)
        self.seconds += time.process_time() - begun
        self.heard_seconds += len(take) / RATE
        return verdict

    def learn(self, text: str, verdict: Verdict) -> None:
        """Count a good take."""
        found = bin_of(text, verdict.sound.sounding_seconds)
        if not verdict.doubts and found is not None:
            self.learned[found] += 1


def main() -> None:
    """Speak, judge, spoil and judge again; print the figures."""
    asked = _asked()
    engine = engine_of(asked.engine)
    engine.start()
    voice = Voice(name=asked.voice, speed=asked.speed)
    chunks = spoken(asked.book, engine, voice)
    takes = list(islice(chunks, asked.skip, asked.skip + asked.takes))
    judged = Judge(has_pace=asked.engine != "tone", speed=asked.speed)
    print_good(judged, takes, show=asked.show)
    print_defects(judged, takes, show=asked.show)
    per_ten_seconds = judged.seconds / judged.heard_seconds * 10_000
    print(f"CPU for 10 s of audio: {per_ten_seconds:.2f} ms")
    if asked.listen:
        print_listening(takes[:: max(1, len(takes) // asked.listen)], voice)
    engine.stop()


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--engine", default="espeak", choices=("espeak", "tone"))
    parser.add_argument("--voice", default="aura-2-orion-en")
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--takes", type=int, default=1_200)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--listen", type=int, default=0)
    parser.add_argument("--show", action="store_true", help="name what is judged wrongly")
    parser.add_argument("book", nargs="?", type=Path, default=BOOK)
    return parser.parse_args()


def print_good(judged: Judge, takes: list[tuple[str, Samples]], *, show: bool) -> None:
    """False alarms, while learning."""
    alarms: Counter[str] = Counter()
    for text, take in takes:
        verdict = judged(text, take)
        judged.learn(text, verdict)
        alarms.update(verdict.doubts)
        alarms["any"] += bool(verdict.doubts)
        if show and verdict.doubts:
            print(f"  {verdict.doubts} {verdict.sound.sounding_seconds:.2f} s: {text[:70]!r}")
    share = alarms.pop("any") / len(takes)
    print(f"{len(takes)} good takes: false alarms {share:.2%} {dict(alarms) or ''}")


def print_defects(judged: Judge, takes: list[tuple[str, Samples]], *, show: bool) -> None:
    """Recall, defect by defect."""
    for defect in DEFECTS:
        dice = random.Random(6)  # noqa: S311 — the same defects each time
        missed = [text for text, take in takes if not judged(text, defect(take, dice)).doubts]
        name = defect.__name__.replace("_", " ")
        print(f"{name:22}recall {1 - len(missed) / len(takes):.2%}")
        if show:
            print(*(f"  {len(text)} {text[:70]!r}" for text in missed[:6]), sep="\n")


def print_listening(takes: list[tuple[str, Samples]], voice: Voice) -> None:
    """What listening finds: alarms on good takes, doubled words, other chunks' takes."""
    from narrator.audio.listening import listen  # noqa: PLC0415 — needs the extra

    dice = random.Random(6)  # noqa: S311 — the same each time
    begun, heard = time.process_time(), 0.0
    found: Counter[str] = Counter()
    for (text, take), (_, other) in zip(takes, takes[7:] + takes[:7], strict=True):
        for name, spoilt in ("good", take), ("doubled", doubled(take, dice)), ("other", other):
            heard += len(spoilt) / RATE
            found[name] += bool(listen(spoilt.tobytes(), text, voice=voice))
    print(f"listening to {len(takes)} takes: false alarms {found['good'] / len(takes):.1%}")
    print(f"  0.6 to 1.2 s of words doubled: found {found['doubled'] / len(takes):.1%}")
    print(f"  another chunk's take: found {found['other'] / len(takes):.1%}")
    print(f"  {heard / (time.process_time() - begun):.0f} times as fast as it plays")


def doubled(take: Samples, dice: Dice) -> Samples:
    """0.6 to 1.2 s of it come twice."""
    at = int(len(take) * dice.uniform(0.3, 0.6))
    end = at + int(RATE * dice.uniform(0.6, 1.2))
    return np.concatenate((take[:end], take[at:]))


if __name__ == "__main__":
    main()
