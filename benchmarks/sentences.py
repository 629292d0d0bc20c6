"""Sentence ends: errors on the labelled sample, and speed, beside two published libraries.

One run, one machine, the same paragraphs. The sample and the rules of its labels are in
`benchmarks/sentences/`. An error is a boundary that was missed or one that is none; offsets are
compared at the first character of a sentence, so that it does not matter who owns the blank.

    python benchmarks/sentences.py [--errors]
"""

import sys
import time
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path

import sentencex
import syntok.segmenter

from narrator.text.sentences import sentence_ends

SAMPLE = Path(__file__).parent / "sentences"
Segmenter = Callable[[str], Iterable[int]]


def by_narrator(text: str) -> Iterable[int]:
    """Ends are the starts of what follows."""
    return sentence_ends(text, "en")


def by_sentencex(text: str) -> Iterable[int]:
    """As it comes."""
    return [piece["start_index"] for piece in sentencex.get_sentence_boundaries("en", text)]


def by_syntok(text: str) -> Iterable[int]:
    """As it comes; its tokens know where they stand."""
    for paragraph in syntok.segmenter.process(text):
        for sentence in paragraph:
            yield sentence[0].offset


SEGMENTERS: dict[str, Segmenter] = {
    "Narrator": by_narrator,
    f"sentencex {version('sentencex')}": by_sentencex,
    f"syntok {version('syntok')}": by_syntok,
}


def labelled() -> Iterable[tuple[str, list[str]]]:
    """The paragraphs of the sample: the file each is of, and its sentences."""
    for path in sorted(SAMPLE.glob("*.txt")):
        for block in path.read_text("utf-8").split("\n\n"):
            if not block.startswith("# "):
                yield path.stem, block.strip("\n").split("\n")


def starts(text: str, offsets: Iterable[int]) -> set[int]:
    """The first character at or after each offset that is no blank; not that of the text."""
    ahead = {at + len(text[at:]) - len(text[at:].lstrip()) for at in offsets}
    return {at for at in ahead if 0 < at < len(text)}


def expected(sentences: list[str]) -> set[int]:
    """Where the labels begin a sentence."""
    at, found = 0, set()
    for sentence in sentences[:-1]:
        at += len(sentence) + 1
        found.add(at)
    return found


def score(segmenter: Segmenter, *, shown: bool) -> dict[str, tuple[int, int]]:
    """Boundaries missed and false, by file."""
    errors: dict[str, tuple[int, int]] = {}
    for name, sentences in labelled():
        text = " ".join(sentences)
        right, found = expected(sentences), starts(text, segmenter(text))
        missed, false = errors.get(name, (0, 0))
        errors[name] = (missed + len(right - found), false + len(found - right))
        for at in sorted(right ^ found) if shown else ():
            print(
                "  missed" if at in right else "  false ",
                text[max(0, at - 40) : at],
                "|",
                text[at : at + 30],
            )
    return errors


def speed(segmenter: Segmenter, paragraphs: list[str]) -> float:
    """Characters a second of this process's time, the best of three."""
    best = 0.0
    for _ in range(3):
        began = time.process_time()
        for text in paragraphs:
            list(segmenter(text))
        best = max(best, sum(map(len, paragraphs)) / (time.process_time() - began))
    return best


def main() -> None:
    """Print one line a segmenter."""
    sample = [sentences for _, sentences in labelled()]
    boundaries = sum(len(sentences) - 1 for sentences in sample)
    long = [" ".join(sentences) for sentences in sample] * 10
    print(f"{boundaries} boundaries, {sum(map(len, long)) // 10} characters")
    print("missed + false = errors")
    for name, segmenter in SEGMENTERS.items():
        errors = score(segmenter, shown="--errors" in sys.argv and name == "Narrator")
        by_file = ", ".join(f"{file} {a} + {b}" for file, (a, b) in errors.items())
        missed, false = (sum(column) for column in zip(*errors.values(), strict=True))
        rate = speed(segmenter, long) / 1e6
        total = f"{missed:3} + {false:3} = {missed + false:3}"
        print(f"{name:18} {total}   {rate:6.2f} M chars/s   ({by_file})")


if __name__ == "__main__":
    main()
