"""What a lexicon costs: a plan of a long book with and without 1,000 entries, and with patterns.

    python benchmarks/lexicon_speed.py [--chars 7000000] [--entries 1000] [--patterns 10]

Prints seconds of pronouncing alone, in passages of about 500 characters as a novel has them. The
entries are words of the book itself, every third with one that is inside of words. Then, of hostile
patterns: the seconds until their effort is used up (`text.effort`), whatever the book's length.
"""

import argparse
import re
import time
from pathlib import Path

from narrator.domain.errors import OptionRefused
from narrator.domain.lexicon import Entry, EntryKind, Lexicon
from narrator.ingest.read import read
from narrator.text.lexicon import Pronouncer

SAMPLE = Path(__file__).parent.parent / "narrator/samples/the-adventures-of-sherlock-holmes.epub"
HOSTILE = (r".{1,500}a.{1,490}zz", r"(?:a|e)((.{0,22}){1,22}[^a]{1,400}Z)?", r"(x+x+)+y")
PASSAGE_CHARS = 500


def main() -> None:
    """Measure, and print one line for each lexicon."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--chars", type=int, default=7_000_000)
    asked.add_argument("--entries", type=int, default=1_000)
    asked.add_argument("--patterns", type=int, default=10)
    given = asked.parse_args()
    source = read(SAMPLE.read_bytes(), SAMPLE.name).source
    text = (source * (given.chars // len(source) + 1))[: given.chars]
    passages = [text[at : at + PASSAGE_CHARS] for at in range(0, len(text), PASSAGE_CHARS)]
    words = sorted(set(re.findall(r"[a-z]{5,}", source)))[::3][: given.entries]
    whole = tuple(Entry(written=word, said=f"{word} so") for word in words)
    inside = tuple(Entry(written=word, said="so", whole_words=False) for word in words)
    patterns = tuple(
        Entry(kind=EntryKind.REGEX, written=rf"{word[:3]}\w+(ly|ed)", said=r"\1")
        for word in words[: given.patterns]
    )
    for name, entries in (("whole words", whole), ("inside", inside), ("patterns", patterns)):
        pronouncer = Pronouncer(Lexicon(entries=entries))
        started_at = time.perf_counter()
        hits = sum(len(pronouncer.changes(passage)) for passage in passages)
        seconds = time.perf_counter() - started_at
        print(f"{name}: {len(entries)} entries, {hits:,} hits, {seconds:.1f} s of {len(text):,}")
    for written in HOSTILE:
        started_at = time.perf_counter()
        print(f"{written}: {hostile(written, passages)}, {time.perf_counter() - started_at:.1f} s")


def hostile(written: str, passages: list[str]) -> str:
    """What becomes of the text under such a pattern."""
    entry = Entry(kind=EntryKind.REGEX, written=written, said="so")
    pronouncer = Pronouncer(Lexicon(entries=(entry,)))
    done = 0
    try:
        for passage in passages:
            pronouncer.changes(passage)
            done += len(passage)
    except OptionRefused:
        return f"refused after {done:,} characters"
    return f"{done:,} characters"


if __name__ == "__main__":
    main()
