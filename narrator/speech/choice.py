"""Which of the utterances that are ready to send: the set that leaves least of the window unused.

What one choice leaves of a window is lost until the window moves on, most of a minute later. First
come, first sent uses 0.93 of it, the largest that fits 0.97, the best set 0.98, and 0.99 where it
may wait a second for room that comes back (measured in `benchmarks/pacing.py` on a real book).
"""

from collections.abc import Sequence


def best_set(sizes: Sequence[int], room: int, most: int, *, first: bool = False) -> tuple[int, ...]:
    """Positions of those that together fill `room` best, at most `most` of them, largest first.

    Of sets that fill it equally the one with fewer members is taken, of those the earlier. `first`
    asks for the first to be among them, and before them, wherever it fits. Eight sizes have 256
    sets.
    """
    sets: list[tuple[int, tuple[int, ...]]] = [(0, ())]
    for position, size in enumerate(sizes):
        sets += [
            (total + size, (*members, position))
            for total, members in sets
            if total + size <= room and len(members) < most
        ]
    if first:
        sets = [each for each in sets if each[1][:1] == (0,)] or sets
    best = min(sets, key=lambda each: (-each[0], len(each[1]), each[1]))
    due = 0 if first else None
    return tuple(sorted(best[1], key=lambda place: (place != due, -sizes[place], place)))
