"""The governor's rules: how an account's standing changes, and who gets which slot.

Pure: instants are seconds of the database's clock, `dice` lies between 0 and 1. Whoever keeps the
account holds its row while a rule is applied. An instant that lies further ahead than a rule could
have put it was written before that clock was set back: it counts as past.

The ceiling is shared out by max-min fairness: nobody gets more than it wants, and nobody gets less
than another but by its own wish or by one. It follows the provider by additive increase and
multiplicative decrease (Chiu and Jain, 1989), as TCP's window does; far from a refusal that did
not come again it grows faster.
"""

import math
from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from narrator.domain.jobs import Failure
from narrator.domain.slots import Account, Sent, SlotTerms
from narrator.domain.voices import Voice

SHRINK = 0.8
"""What is left of the sockets in use after a 429."""

THROTTLE_SECONDS = 2.0
"""Nobody opens a session for so long after a 429 that shrank the ceiling."""

TRIP_FAILURES = 3
"""After so many failures in a row the circuit is open: one session at a time is tried."""

FIRST_SHUT_SECONDS, LONGEST_SHUT_SECONDS = 1.0, 60.0
LONGEST_REST_SECONDS = 1.5 * LONGEST_SHUT_SECONDS
"""The longest rest that any rule writes: the dice may make half as much again of it."""

TRIAL_SECONDS = 15.0
"""For how long the one who tries an open circuit is waited for: longer than a handshake takes."""

TURN_SECONDS = 600.0
"""Where voices are more than slots, each turn of so long belongs to other voices."""

Key = TypeVar("Key", bound=Hashable)


# -------------------------------------------------------------------------- how the account stands


def fresh(terms: SlotTerms) -> Account:
    """An account of which nothing is known yet."""
    return Account(ceiling=float(terms.most))


def may_open(account: Account, at: float) -> bool:
    """Whether a session may be opened at all: the account is not paused and does not rest."""
    rest = rest_until(account, at)
    return account.fault is None and (rest is None or at >= rest)


def rest_until(account: Account, at: float) -> float | None:
    """Until when nobody opens a session, be it past; None where the account does not rest."""
    until = account.shut_until
    return None if until is None or until > at + LONGEST_REST_SECONDS else until


def may_acquire(account: Account, at: float) -> bool:
    """Whether one more slot may be taken: a session may be opened, and a slot is free."""
    return may_open(account, at) and account.used < math.floor(account.ceiling)


def granted(account: Account, at: float) -> Account:
    """A slot was granted; where the circuit is open, the others wait for what comes of it."""
    if account.failures < TRIP_FAILURES:
        return account
    return replace(account, shut_until=at + TRIAL_SECONDS, probe_at=at)


def opened(account: Account, *, at: float, handshake_seconds: float) -> Account:
    """A session was opened: failures and the pause are over.

    One whose handshake began before the pause proves nothing about it.
    """
    if _began_before(account.paused_at, at=at, handshake_seconds=handshake_seconds):
        return account
    shut_until = None if account.failures else account.shut_until  # a throttle's rest runs out
    return replace(
        account,
        failures=0,
        shut_until=shut_until,
        fault=None,
        paused_at=None,
        probe_at=None,
        probe_voice=None,
    )


def throttled(account: Account, *, at: float, handshake_seconds: float) -> Account:
    """Too many sockets (429): `SHRINK` of those in use may be open, one at least.

    Handshakes that began before the rest after the last shrink was over say nothing new: those who
    asked at the same time shrink the ceiling once, whoever is told last, and so do those who tried
    the slots that they had. A paused account keeps its ceiling.
    """
    seconds = handshake_seconds + THROTTLE_SECONDS
    stale = _began_before(account.shrunk_at, at=at, handshake_seconds=seconds)
    if stale or account.fault is not None:
        return account
    return replace(
        account,
        ceiling=max(1.0, SHRINK * min(account.ceiling, account.used)),
        shrunk_at=at,
        grown_at=at,
        shut_until=max(rest_until(account, at) or at, at + THROTTLE_SECONDS),
    )


def failed(account: Account, *, at: float, handshake_seconds: float, dice: float) -> Account:
    """No session could be had: rest, twice as long each time.

    Those who asked at the same time count as one failure: a handshake counts that began after the
    last rest; once the circuit is open, after the trial that was granted.
    """
    if account.failures < TRIP_FAILURES:
        rest = rest_until(account, at)
        stale = rest is not None and at - handshake_seconds < rest
    else:
        stale = account.probe_at is None or _began_before(
            account.probe_at, at=at, handshake_seconds=handshake_seconds
        )
    if stale or account.fault is not None:
        return account
    failures = account.failures + 1
    shut_until = at + shut_seconds(failures, dice)
    return replace(account, failures=failures, shut_until=shut_until, probe_at=None)


def _began_before(instant: float | None, *, at: float, handshake_seconds: float) -> bool:
    """Whether a handshake that is over now began before that instant, which is not ahead."""
    return instant is not None and at - handshake_seconds < instant <= at


def shut_seconds(failures: int, dice: float) -> float:
    """How long the account rests after so many failures in a row (from 1)."""
    base = min(LONGEST_SHUT_SECONDS, FIRST_SHUT_SECONDS * 2.0 ** min(failures - 1, 30))
    return base * (0.5 + dice)


def paused(account: Account, fault: Failure, voice: Voice, *, at: float) -> Account:
    """The provider refuses the account: nobody opens a session; it is tried with this voice."""
    return replace(
        account,
        failures=0,
        shut_until=None,
        fault=fault,
        paused_at=at if account.paused_at is None else account.paused_at,
        probe_at=at,
        probe_voice=voice,
    )


def probe_due(account: Account, terms: SlotTerms, at: float) -> bool:
    """Whether somebody is to try if a paused account works again."""
    if account.fault is None:
        return False
    return account.probe_at is None or not 0 <= at - account.probe_at < terms.probe_seconds


def probed(account: Account, at: float) -> Account:
    """Somebody was told to try a paused account."""
    return replace(account, probe_at=at)


def grown(account: Account, terms: SlotTerms, at: float) -> Account:
    """One more socket for each `grow_seconds` since the last shrink, up to the most.

    After as many steps as it takes to regain what was in use at the shrink, however much that was,
    and one more, it doubles: the provider's limit, if that was it, would have been met again. A
    ceiling that never shrank follows the settings at once.
    """
    if account.grown_at is None:
        return replace(account, ceiling=float(terms.most))
    since = min(account.grown_at, at)
    steps = math.floor((at - since) / terms.grow_seconds)
    slow = min(steps, _slow_steps(account, terms, since))
    ceiling = (account.ceiling + slow) * 2.0 ** min(steps - slow, 30)
    return replace(
        account,
        ceiling=min(float(terms.most), ceiling),
        grown_at=since + steps * terms.grow_seconds,
    )


def _slow_steps(account: Account, terms: SlotTerms, since: float) -> int:
    """How many steps of one socket are left, at the instant of the last."""
    shrunk_at = since if account.shrunk_at is None else account.shrunk_at
    taken = max(0, round((since - shrunk_at) / terms.grow_seconds))
    return max(0, math.ceil((1 - SHRINK) * terms.most) + 1 - taken)


def current(account: Account, terms: SlotTerms, at: float) -> Account:
    """The account as it stands now: grown since, and without a rest that nobody could have set."""
    return replace(grown(account, terms, at), shut_until=rest_until(account, at))


def living(terms: SlotTerms, *, seen_at: float, at: float) -> bool:
    """Whether an owner that was last seen at an instant shares, and asks for slots."""
    return abs(at - seen_at) < terms.hold_seconds


def unknown_window(terms: SlotTerms, *, lease_until: float, at: float) -> tuple[Sent, ...]:
    """What to take a dead holder's slot to have sent: a full window, up to when it had to stop."""
    seconds_ago = at - (lease_until - terms.grace_seconds)
    if seconds_ago >= terms.window_seconds:
        return ()
    return (Sent(seconds_ago=max(0.0, seconds_ago), chars=terms.window_chars),)


# -------------------------------------------------------------------------- who gets which slot


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
