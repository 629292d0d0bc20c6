"""How much of what the pacing allows a speech session uses, by the rule that chooses what to send.

    python benchmarks/pacing.py [--hours 12] [--book BOOK] [--seed 1]

Virtual time, no socket: the real `SpeechSession` speaks a book's real chunks (the sample book's),
slice after slice in random order, to a provider that takes 150 ms and 40 ms for each 100 characters
(engine: none; store: none). Permission takes 20 ms, storing 60 ms. Prints, for each rule, the share
of the allowed characters (2,352 in any 60.5 s, the first window left out) and for how long the most
passed over chunk was ready before it was sent. The last row is of sessions that retire at their
age, each replaced within half a second; in the others one lasts for ever.
"""

import argparse
import heapq
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from narrator.domain.ids import TakeKey
from narrator.domain.pacing import Pacing, PacingLimits
from narrator.ingest.read import read
from narrator.services.ports import Spoken, Utterance
from narrator.speech.choice import best_set
from narrator.speech.rules import SessionRules
from narrator.speech.session import SpeechSession
from narrator.text.plan import make_plan

BOOK = Path("narrator/samples/the-adventures-of-sherlock-holmes.epub")
FIRST_SECONDS, SECONDS_A_CHAR = 0.150, 0.0004
PERMIT_SECONDS, STORE_SECONDS = 0.020, 0.060
OPEN_SECONDS = 0.5  # a polite close and a handshake
SLICE_CHARS = 2_000
LONG = 1e9  # seconds: nothing in the simulation is overdue, or old
SECOND = bytes(48_000)
AGE_SECONDS = SessionRules().session_seconds
USUAL = SessionRules(silence_seconds=LONG, session_seconds=LONG)


class FirstCome(SpeechSession):
    """Sends what came first, once it fits."""

    def _choice(self, now: float) -> list[Any]:
        room, most = self._pacing.room(now)
        first = self._ready[:1]
        return first if most and first and first[0].chars <= room else []


class Largest(SpeechSession):
    """Sends the largest that fits."""

    def _choice(self, now: float) -> list[Any]:
        room, most = self._pacing.room(now)
        fitting = [each for each in self._ready if most and each.chars <= room]
        return sorted(fitting, key=lambda each: -each.chars)[:1]


class BestNow(SpeechSession):
    """Sends what fills best the room that is there now."""

    def _choice(self, now: float) -> list[Any]:
        sizes = [each.chars for each in self._ready]
        return [self._ready[at] for at in best_set(sizes, *self._pacing.room(now))]


def slices(book: Path) -> list[list[str]]:
    """A book's chunks, cut into slices as the planner cuts them."""
    made: list[list[str]] = []
    for chapter in make_plan(read(book.read_bytes(), name=book.name), chapters=()).chapters:
        chars = SLICE_CHARS
        for chunk in chapter.chunks:
            chars += chunk.chars
            if chars > SLICE_CHARS:
                made.append([])
                chars = chunk.chars
            made[-1].append(chunk.text)
    return made


def endless(parts: list[list[str]], seed: int) -> Iterator[Utterance]:
    """The slices in ever new random orders."""
    dice, numbers = random.Random(seed), count()  # noqa: S311 - not a secret
    while True:
        for part in dice.sample(parts, len(parts)):
            for text in part:
                yield Utterance(key=TakeKey(str(next(numbers))), text=text)


@dataclass
class Run:
    """A slot in virtual time. `sent` are instants and characters, `waited` how long each was."""

    session: SpeechSession
    source: Iterator[Utterance]
    sent: list[tuple[float, int]] = field(default_factory=list)
    waited: float = 0.0
    retired: int = 0
    _events: list[tuple[float, int, str, object]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)
    _offered: dict[TakeKey, tuple[float, int]] = field(default_factory=dict)
    _provider_free_at: float = 0.0
    _answered: Iterator[int] = field(default_factory=count)

    def until(self, end: float) -> None:
        """Let time pass."""
        now = 0.0
        while now < end:
            self._feed(now)
            if self.session.may_retire(now):
                now = self._replace(now)
            if keys := self.session.choose(now):
                self._later(now + PERMIT_SECONDS, "permit", keys)
            look_at = self._look_at(now)
            if look_at is not None and (not self._events or look_at < self._events[0][0]):
                now = look_at
                continue
            now, _, kind, what = heapq.heappop(self._events)
            getattr(self, f"_{kind}")(now, what)

    def _look_at(self, now: float) -> float | None:
        """When there may be more to do though nothing happens."""
        age = (at for at in (self.session.lull_from, self.session.retire_at) if at > now)
        instants = (self.session.look_at(now), *age)
        return min((at for at in instants if at is not None), default=None)

    def _replace(self, now: float) -> float:
        """Go on with a new session on the same window; returns when it is open."""
        old, opened_at = self.session, now + OPEN_SECONDS
        self.session = type(old)(old._rules, old._pacing, opened_at=opened_at)  # noqa: SLF001
        for utterance in old.withdraw():
            self.session.offer(utterance)
        self._answered = count()
        self.retired += 1
        return opened_at

    def _feed(self, now: float) -> None:
        while self.session.room:
            utterance = next(self.source)
            self._offered[utterance.key] = now, len(utterance.text)
            self.session.offer(utterance)

    def _later(self, at: float, kind: str, what: object = None) -> None:
        heapq.heappush(self._events, (at, next(self._numbers), kind, what))

    def _permit(self, now: float, keys: list[TakeKey]) -> None:
        assert self.session.permit(keys, now)
        for key in keys:
            offered_at, chars = self._offered.pop(key)
            self.sent.append((now, chars))
            self.waited = max(self.waited, now - offered_at)
            begun_at = max(now, self._provider_free_at)
            self._provider_free_at = begun_at + FIRST_SECONDS + SECONDS_A_CHAR * chars
            self._later(self._provider_free_at, "answer", chars)

    def _answer(self, now: float, chars: int) -> None:
        for _ in range(1 + chars // 100):
            self.session.receive(SECOND, now)
        self.session.receive(f'{{"type":"Flushed","sequence_id":{next(self._answered)}}}', now)
        (report,) = self.session.reports()
        assert isinstance(report, Spoken)
        self._later(now + STORE_SECONDS, "store")

    def _store(self, _now: float, _: object) -> None:
        self.session.stored()


def best(seconds: float, ready: int = 8) -> SessionRules:
    """The session's own rule, with other figures."""
    return replace(USUAL, ahead_seconds=seconds, ready=ready)


def share(run: Run, limits: PacingLimits, end: float) -> float:
    """What was sent of what was allowed, from the second window on."""
    window = limits.window_seconds
    sent = sum(chars for at, chars in run.sent if window <= at < end)
    return sent / (limits.chars * (end - window) / window)


def main() -> None:
    """Print a row for each rule."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--hours", type=float, default=12.0)
    parser.add_argument("--book", type=Path, default=BOOK)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    parts = slices(given.book)
    sizes = sorted(len(text) for part in parts for text in part)
    print(f"{len(sizes)} chunks, mean {sum(sizes) / len(sizes):.0f} characters,")
    print(f"from {sizes[len(sizes) // 10]} (a tenth is shorter) to {sizes[-len(sizes) // 10]}")
    rules = [
        ("first come, first sent", FirstCome, USUAL),
        ("the largest that fits, of 8", Largest, USUAL),
        ("the best set now, of 8", BestNow, USUAL),
        *((f"the best set in {s:g} s, of 8", SpeechSession, best(s)) for s in (0.5, 1.0, 2.0)),
        *((f"the best set in 1 s, of {n}", SpeechSession, best(1.0, n)) for n in (4, 6, 10)),
        ("the same, of 8, retiring", SpeechSession, replace(USUAL, session_seconds=AGE_SECONDS)),
    ]
    for name, kind, rule in rules:
        limits = PacingLimits()
        run = Run(kind(rule, Pacing(limits), opened_at=0.0), endless(parts, given.seed))
        end = given.hours * 3_600
        run.until(end)
        print(f"{name:<30} {share(run, limits, end):.4f}   waited {run.waited:>5.0f} s at most")


if __name__ == "__main__":
    main()
