"""Plans of random documents: every character is accounted for, and every edit can be undone.

    python benchmarks/random_plans.py [--inputs 100000] [--seed 1] [--processes 1] [--out FILE]

For each input a document of random shape and text is made from the seed and the input's number,
planned under random choices, and checked: chunks and skips tile the source; the source's characters
under the edits give what each chunk says; undoing the edits in what the chunks say gives the
source; no chunk is above the limit. Blocks of 1,000 inputs that hold are written to `--out`, one a
line (seed and number), and not run again. Stops at the first counterexample and names it:
`--input N` runs that one alone.
"""

import argparse
import random
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from narrator.domain.choices import Casting, TextChoices, TextPass
from narrator.domain.documents import (
    Chapter,
    Document,
    Insertion,
    Metadata,
    Passage,
    PassageKind,
    Skip,
    SkipReason,
    Span,
    unaccounted,
)
from narrator.domain.plan import spoken
from narrator.text.chunking import MOST_CHARS, count
from narrator.text.plan import make_plan
from tests.unit.text.drawn import NASTY, STUMBLING, written_back

BLOCK = 1_000
VOICES = ("", "", "", "aura-2-orion-en")
WORDS = ("the ", "rain ", "fell, ", "and ", "Mr. ", "Holmes ", "said: “No!” ", "1,900.5 ", "A ")
REPEATS = (1,) * 150 + (20, 20, 150)


def main() -> int:
    """Run what is not done yet; 1 if there is a counterexample."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--input", type=int)
    args = parser.parse_args()
    if args.input is not None:
        print(fault_of(args.seed, args.input) or "holds")
        return 0
    done = set(args.out.read_text().split("\n")) if args.out and args.out.exists() else set()
    blocks = [
        block for block in range(-(-args.inputs // BLOCK)) if f"{args.seed} {block}" not in done
    ]
    return run(blocks, args)


def run(blocks: list[int], args: argparse.Namespace) -> int:
    """Each block in a process; how fast, once all are done."""
    started = time.perf_counter()
    with ProcessPoolExecutor(args.processes) as processes:
        check = partial(faults_of, args.seed)
        for block, (used, fault) in zip(blocks, processes.map(check, blocks), strict=True):
            if fault:
                print(f"counterexample: --seed {args.seed} --input {fault}", flush=True)
                processes.shutdown(cancel_futures=True)
                return 1
            if args.out:
                with args.out.open("a") as file:
                    file.write(f"{args.seed} {block}\n")
            if block % 10 == 0:
                print(f"block {block}: {BLOCK / used:.0f} inputs a processor second", flush=True)
    seconds = time.perf_counter() - started
    inputs = len(blocks) * BLOCK
    print(f"{inputs:,} inputs hold, {inputs / max(seconds, 1e-9):.0f} a second by the clock")
    return 0


def faults_of(seed: int, block: int) -> tuple[float, str]:
    """The processor seconds that a block took, and the first of its inputs that does not hold."""
    started = time.process_time()
    for number in range(block * BLOCK, (block + 1) * BLOCK):
        fault = fault_of(seed, number)
        if fault:
            return time.process_time() - started, f"{number}: {fault}"
    return time.process_time() - started, ""


def fault_of(seed: int, number: int) -> str:
    """What does not hold of one input; empty if everything does."""
    dice = random.Random(f"{seed} {number}")  # noqa: S311  they are to repeat, not to keep secrets
    document, choices = document_of(dice), choices_of(dice)
    try:
        return next(faults_in(document, choices), "")
    except Exception as error:  # noqa: BLE001  whatever it is, it is a counterexample
        return repr(error)


def faults_in(document: Document, choices: TextChoices) -> Iterator[str]:
    """What is wrong with the plan of a document."""
    plan = make_plan(document, choices=choices)
    if unaccounted(len(document.source), plan.spans()):
        yield "chunks and skips do not tile the source"
    for chapter in plan.chapters:
        for chunk in chapter.chunks:
            if spoken(document.source, chunk.spans, chunk.edits) != chunk.text:
                yield "the edits do not give what a chunk says"
            if count(chunk.text) > MOST_CHARS:
                yield "a chunk is above the limit"
    if written_back(document.source, plan) != document.source:
        yield "undoing the edits does not give the source"


# ------------------------------------------------------------------------------ random input


def choices_of(dice: random.Random) -> TextChoices:
    """Usually all passes and one voice."""
    without = [each for each in TextPass if chance(dice, 0.3)] if chance(dice, 0.3) else []
    casting = Casting(kinds=((PassageKind.HEADING, dice.choice(VOICES)),))
    return TextChoices(without=tuple(without), casting=casting)


def chance(dice: random.Random, share: float) -> bool:
    """Whether it falls within that share."""
    return dice.random() < share


def text_of(dice: random.Random) -> str:
    """A few words, or a few characters that stumble, or any characters."""
    size = dice.randrange(12)
    if chance(dice, 0.4):
        text = "".join(dice.choices(WORDS + STUMBLING, k=size))
    elif chance(dice, 0.7):
        text = "".join(dice.choices(NASTY, k=2 * size))
    else:
        text = "".join(
            chr(dice.randrange(dice.choice((0x250, 0x3000, 0x11_0000)))) for _ in range(size)
        )
    return text * dice.choice(REPEATS)


class Writer:
    """Writes a document down."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._length = 0
        self.parts: list[str] = []
        self.skips: list[Skip] = []

    def put(self, text: str) -> Span:
        """Append characters."""
        self.parts.append(text)
        self._length += len(text)
        return Span(self._length - len(text), self._length)

    def skip(self, text: str, reason: SkipReason) -> None:
        """Append characters that are left out."""
        if text:
            self.skips.append(Skip(span=self.put(text), reason=reason))

    def passage(self) -> Passage:
        """Append a passage and what follows it."""
        dice = self._dice
        spans: list[Span] = []
        for _ in range(dice.choice((1, 1, 1, 2, 3))):
            spans.append(self.put("" if chance(dice, 0.05) else text_of(dice)))
            self.skip(dice.choice(("", "[1]")), SkipReason.NOTE_REFERENCE)
        self.skip(dice.choice(("", " ", "\n\n")), SkipReason.WHITESPACE)
        self.skip(dice.choice(("", "", "figure")), SkipReason.FIGURE)
        return Passage(
            kind=dice.choice(tuple(PassageKind)),
            spans=tuple(spans),
            breaks=tuple(sorted(self._places(spans, 0.2))),
            scene_break_after=chance(dice, 0.1),
            voice=dice.choice(VOICES),
            insertions=tuple(
                Insertion(at=at, text=text_of(dice), rule="figure")
                for at in sorted(self._places(spans, 0.1))
            ),
        )

    def _places(self, spans: list[Span], share: float) -> list[int]:
        dice = self._dice
        if not chance(dice, share):
            return []
        chosen = [dice.choice(spans) for _ in range(dice.randrange(1, 4))]
        return [dice.randint(span.start, span.end) for span in chosen]


def document_of(dice: random.Random) -> Document:
    """A document of up to two chapters, now and then read in another order than it is written."""
    writer = Writer(dice)
    chapters = []
    for number in range(1, dice.choice((1, 1, 2)) + 1):
        passages = [writer.passage() for _ in range(dice.randrange(1, 5))]
        if chance(dice, 0.2):
            dice.shuffle(passages)
        chapters.append(Chapter(number=number, title="", passages=tuple(passages)))
    return Document(
        format=dice.choice(("epub", "text", "markdown")),
        source="".join(writer.parts),
        metadata=Metadata(language=dice.choice(("", "en-GB", "de", "zz-?"))),
        chapters=tuple(chapters),
        skips=tuple(writer.skips),
    )


if __name__ == "__main__":
    sys.exit(main())
