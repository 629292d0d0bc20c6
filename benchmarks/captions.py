"""How far estimated starts of sentences are off.

Of chunks of the sample book with several sentences, spoken by the offline voice. Where a sentence
truly begins is told by speaking what is before it alone, which the voice says in the same way: its
first sound is the next one from there on.
"""

import statistics
import time
from itertools import accumulate
from pathlib import Path

import numpy as np

from narrator.audio.pcm import envelope
from narrator.domain.estimates import joints
from narrator.ingest.read import read
from narrator.speakserver.espeak import EspeakEngine
from narrator.speakserver.handshake import Options
from narrator.speakserver.sound import Samples
from narrator.text.plan import make_plan
from narrator.text.sentences import sentence_spans

BOOK = Path(__file__).parents[1] / "narrator/samples/the-adventures-of-sherlock-holmes.epub"
CHUNKS = 30
OPTIONS = Options(model="aura-2-thalia-en", sample_rate=24_000, speed=1.0)
QUIET = 300  # of 32,768; the voice's pauses are nearly digital silence


def main() -> None:
    """Print the errors in milliseconds: by pauses and lengths, and by lengths alone."""
    document = read(BOOK.read_bytes(), BOOK.name)
    plan = make_plan(document, chapters=(1,))
    engine = EspeakEngine()
    engine.start()
    by_pauses: list[float] = []
    by_lengths: list[float] = []
    several = [c for c in plan.chapters[0].chunks if len(sentence_spans(c.text, "en")) > 1]
    started = time.perf_counter()
    for chunk in several[:CHUNKS]:
        spans = sentence_spans(chunk.text, "en")
        sound = engine.speak(chunk.text, OPTIONS)
        weights = [end - start for start, end in spans]
        truth = [_begins(engine, chunk.text[:start], sound) for start, _ in spans[1:]]
        found = joints(envelope(sound), len(sound), weights)
        plain = [len(sound) * w // sum(weights) for w in list(accumulate(weights))[:-1]]
        by_pauses += [abs(a - b) / 24 for a, b in zip(found, truth, strict=True)]
        by_lengths += [abs(a - b) / 24 for a, b in zip(plain, truth, strict=True)]
    engine.stop()
    for name, errors in (("pauses and lengths", by_pauses), ("lengths alone", by_lengths)):
        ordered = sorted(errors)
        print(
            f"{name}: {len(errors)} joints, median {statistics.median(errors):.0f} ms,"
            f" 95 % within {ordered[len(ordered) * 95 // 100]:.0f} ms,"
            f" worst {ordered[-1]:.0f} ms ({time.perf_counter() - started:.0f} s)"
        )


def _begins(engine: EspeakEngine, before: str, sound: Samples) -> int:
    """The first sample of a sentence in the sound of its chunk, given the text before it."""
    spoken = len(engine.speak(before, OPTIONS))
    return spoken + int(np.argmax(np.abs(sound[spoken:]) > QUIET))


if __name__ == "__main__":
    main()
