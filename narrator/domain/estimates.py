"""Where, inside of a chunk, a sentence probably gives way to the next one.

Two things are known: how long each sentence is, and the level of the sound every 100 ms. Voices
pause between sentences, and elsewhere too. So each joint is looked for in the pauses near to where
the lengths alone would put it, the longer pause counting for more, all joints of a chunk at once.
`docs/read-along.md` says how far such estimates are off.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from narrator.domain.levels import AUDIBLE
from narrator.domain.timeline import ENVELOPE_HOP

_BELOW_LOUD = 40  # steps of half a decibel: so much quieter than speech is no speech
_WORTH_HOPS = 4.0  # how far off a pause may be for each 100 ms that it lasts
_LONGEST_HOPS = 6  # a pause that lasts longer counts for no more


@dataclass(frozen=True, slots=True)
class _Pause:
    """Quiet from one hop of the envelope to another (excluded)."""

    start: int
    end: int

    @property
    def worth(self) -> float:
        return _WORTH_HOPS * min(self.end - self.start, _LONGEST_HOPS)

    @property
    def resumes(self) -> int:
        """The sample at which a sentence after it is to begin: a little before its first sound."""
        return self.end * ENVELOPE_HOP - ENVELOPE_HOP // 2


def joints(envelope: bytes, samples: int, weights: Sequence[int]) -> list[int]:
    """Samples, from a chunk's start, at which its second sentence begins, its third and so on.

    `weights` are the sentences' lengths. The answer rises strictly, within the chunk, as long as
    the chunk has more samples than sentences.
    """
    if len(weights) <= 1:
        return []
    quiet = _quiet(envelope)
    pauses = list(_pauses(quiet))
    expected = _expected(quiet, weights)
    chosen = _chosen(expected, pauses)
    wanted = [
        round(hop * ENVELOPE_HOP) if pause is None else pause.resumes
        for hop, pause in zip(expected, chosen, strict=True)
    ]
    return _rising(wanted, samples)


def _quiet(envelope: bytes) -> list[bool]:
    loud = sorted(envelope)[len(envelope) * 4 // 5] if envelope else 0
    return [level <= max(AUDIBLE, loud - _BELOW_LOUD) for level in envelope]


def _pauses(quiet: Sequence[bool]) -> Iterator[_Pause]:
    start = None
    for hop, is_quiet in enumerate(quiet):
        if is_quiet and start is None:
            start = hop
        elif not is_quiet and start is not None:
            if start:  # what a chunk begins with is none of its pauses
                yield _Pause(start, hop)
            start = None


def _expected(quiet: Sequence[bool], weights: Sequence[int]) -> list[float]:
    """The hops at which so much has been spoken as the lengths before each joint ask for."""
    spoken = list(accumulate(0 if each else 1 for each in quiet))
    total, whole = sum(weights), spoken[-1] if spoken else 0
    hops = []
    for before in list(accumulate(weights))[:-1]:
        share = before / total
        if whole:
            hops.append(float(next(n for n, done in enumerate(spoken) if done >= share * whole)))
        else:
            hops.append(share * len(quiet))
    return hops


def _chosen(expected: Sequence[float], pauses: Sequence[_Pause]) -> list[_Pause | None]:
    """For each joint a pause or none, in order, so that together they are worth the most.

    A pause is worth its length, less the way from where the joint is expected to be.
    """
    best: list[tuple[float, list[_Pause | None]]] = [(0.0, [])] * (len(pauses) + 1)
    for hop in expected:
        # best[n]: the joints so far, with the first n pauses alone
        row: list[tuple[float, list[_Pause | None]]] = []
        for n in range(len(pauses) + 1):
            value, taken = best[n]
            option = (value, [*taken, None])
            if n:
                pause = pauses[n - 1]
                value, taken = best[n - 1]
                gain = pause.worth - abs((pause.start + pause.end) / 2 - hop)
                option = max(option, (value + gain, [*taken, pause]), key=lambda each: each[0])
                option = max(row[-1], option, key=lambda each: each[0])
            row.append(option)
        best = row
    return best[-1][1]


def _rising(wanted: Sequence[int], samples: int) -> list[int]:
    """Those samples, moved as far as it takes for each to be behind the one before."""
    placed: list[int] = []
    for number, sample in enumerate(wanted):
        most = samples - (len(wanted) - number)
        placed.append(max(placed[-1] + 1 if placed else 1, min(sample, most)))
    return placed
