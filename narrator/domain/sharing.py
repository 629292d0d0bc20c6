"""Who gets which slot: the governor's rules for sharing the ceiling out, among voices and owners.

By max-min fairness: nobody gets more than it wants, and nobody gets less than another but by its
own wish or by one.
"""

import math
from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from narrator.domain.voices import Voice

TURN_SECONDS = 600.0
"""Where voices are more than slots, each turn of so long belongs to other voices."""

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Who holds how many slots for which voice, and what waits.

    `total` is the whole part of the ceiling less the slots of owners that live no more. `held` and
    `capacity` are those of living owners, `queued` counts the queued slices by voice. `at` is the
    instant, for the turns of voices.
    """

    total: int
    held: Mapping[tuple[str, Voice], int]
    queued: Mapping[Voice, int]
    capacity: Mapping[str, int]
    at: float = 0.0

    @property
    def seats(self) -> int:
        """How many slots the fleet could use: those there are, or what its owners have room for."""
        return max(0, min(self.total, sum(self.capacity.values())))

    @property
    def usable(self) -> int:
        """How many slots voices and owners compete for: those that can ever be held at once.

        A fleet may have room for fewer than there are. One that drains uses what it still holds;
        where nobody has said what room it has, all are usable.
        """
        used = self.by_owner
        owners = {*used, *self.capacity}
        room = sum(max(used[name], self.capacity.get(name, 0)) for name in owners)
        return min(self.total, room) if owners else self.total

    @property
    def free(self) -> int:
        """How many slots could be acquired now, if the account lets any session be opened."""
        used = self.by_owner
        room = sum(max(0, most - used[owner]) for owner, most in self.capacity.items())
        return max(0, min(self.total - used.total(), room))

    @property
    def by_owner(self) -> Counter[str]:
        """Slots held by each owner."""
        counts: Counter[str] = Counter()
        for (owner, _), count in self.held.items():
            counts[owner] += count
        return counts

    @property
    def by_voice(self) -> Counter[Voice]:
        """Slots held for each voice."""
        counts: Counter[Voice] = Counter()
        for (_, voice), count in self.held.items():
            counts[voice] += count
        return counts

    @property
    def wanted(self) -> Counter[Voice]:
        """Slots that each voice could use: those it has, and one for each queued slice."""
        return self.by_voice + Counter(self.queued)


def shares(
    wants: Mapping[Key, int], total: int, *, held: Mapping[Key, int] | None = None
) -> dict[Key, int]:
    """Share `total` out by max-min fairness, in whole numbers.

    What is left over goes, one each, to those who hold it already, so that nothing changes hands
    for nothing; then by name.
    """
    level = _level(wants, total)
    result = {key: min(want, level) for key, want in wants.items()}
    unsatisfied = [key for key, want in wants.items() if want > level]
    unsatisfied.sort(key=lambda key: ((held or {}).get(key, 0) <= level, str(key)))
    for key in unsatisfied[: max(0, total) - sum(result.values())]:
        result[key] += 1
    return result


def voice_shares(fleet: Fleet) -> dict[Voice, int]:
    """How many slots each voice is to have.

    Where there are fewer slots than voices that want one, voices take turns.
    """
    wanted, usable = fleet.wanted, fleet.usable
    names = sorted(wanted, key=str)
    if not 0 < usable < len(names):
        return shares(wanted, usable, held=fleet.by_voice)
    first = math.floor(fleet.at / TURN_SECONDS) * usable
    turn = {(first + place) % len(names) for place in range(usable)}
    return {name: int(place in turn) for place, name in enumerate(names)}


def owner_shares(fleet: Fleet) -> dict[str, int]:
    """How many slots each owner may have while slots are scarce.

    One whose capacity is not known yet has room for what it holds.
    """
    held = fleet.by_owner
    return shares({**held, **fleet.capacity}, fleet.total, held=held)


def scarce(fleet: Fleet) -> bool:
    """Whether more slots are wanted than can be held; only then anybody has to wait or to give."""
    return fleet.wanted.total() > fleet.usable


def chosen_voice(fleet: Fleet, owner: str) -> Voice | None:
    """For which voice an owner gets the next slot: the one most below its share.

    None where nothing waits or no slot is free; and while slots are scarce, where the owner has its
    share: what is free is the others'.
    """
    sated = scarce(fleet) and fleet.by_owner[owner] >= owner_shares(fleet).get(owner, 0)
    if sated or sum(fleet.held.values()) >= fleet.total:
        return None
    share, held = voice_shares(fleet), fleet.by_voice
    below = [voice for voice, count in fleet.queued.items() if count and held[voice] < share[voice]]
    return min(below, key=lambda voice: (held[voice] - share[voice], str(voice)), default=None)


def surplus(fleet: Fleet) -> dict[str, dict[Voice, int]]:
    """What each owner is to give back, by voice, while slots are scarce.

    First what voices hold above their shares, from the owners that are furthest above theirs; then
    what owners hold above theirs, from the voices of which they hold most. Once it is given back
    and granted anew nothing is left to give back.
    """
    if not scarce(fleet):
        return {}
    giving = _Giving(fleet)
    for voice, share in sorted(voice_shares(fleet).items(), key=str):
        giving.by_voice(voice, share)
    for owner in sorted(fleet.by_owner):
        giving.by_owner(owner)
    return giving.given


class _Giving:
    """Holdings while they are given back one by one."""

    def __init__(self, fleet: Fleet) -> None:
        self.given: dict[str, dict[Voice, int]] = {}
        self._held = Counter(fleet.held)
        self._above = Counter(fleet.by_owner)
        self._above.subtract(owner_shares(fleet))

    def by_voice(self, voice: Voice, share: int) -> None:
        """Give back what the voice holds above its share."""
        owners = sorted(owner for owner, held in self._held if held == voice)
        for _ in range(sum(self._held[owner, voice] for owner in owners) - share):
            self._give(max(owners, key=lambda owner: self._rank(owner, voice)), voice)

    def by_owner(self, owner: str) -> None:
        """Give back what the owner holds above its share."""
        voices = sorted((voice for holder, voice in self._held if holder == owner), key=str)
        while self._above[owner] > 0:
            self._give(owner, max(voices, key=lambda voice: self._held[owner, voice]))

    def _rank(self, owner: str, voice: Voice) -> tuple[bool, int, int]:
        held = self._held[owner, voice]
        return held > 0, self._above[owner], held

    def _give(self, owner: str, voice: Voice) -> None:
        self._held[owner, voice] -= 1
        self._above[owner] -= 1
        given = self.given.setdefault(owner, {})
        given[voice] = given.get(voice, 0) + 1


def _level(wants: Mapping[Key, int], total: int) -> int:
    """The highest level up to which every want can be filled."""
    left, level = max(0, total), 0
    ordered = sorted(wants.values())
    for place, want in enumerate(ordered):
        each = left // (len(ordered) - place)
        if want > each:
            return each
        level = want
        left -= want
    return level
