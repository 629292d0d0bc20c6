"""Who holds which slot at one instant, and what follows from it by the governor's rules."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from narrator.domain import governor, sharing
from narrator.domain.errors import NarratorError
from narrator.domain.faults import Fault
from narrator.domain.retry import Action, failure_of, rule_of
from narrator.domain.sharing import Fleet
from narrator.domain.slots import Account, Sent, Slot, SlotTerms, Standing
from narrator.domain.voices import Voice


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A slot as it is kept. It is free without an owner, and from `until` on, grace included.

    `sent` holds the instants and characters that its last holder gave back with it.
    """

    number: int
    fence: int = 0
    owner: str | None = None
    voice: Voice | None = None
    until: float = 0.0
    sent: tuple[tuple[float, int], ...] = ()

    def lives(self, at: float) -> bool:
        """Whether it is somebody's, its grace included."""
        return self.owner is not None and at < self.until

    def within(self, terms: SlotTerms, at: float) -> "Lease":
        """As it is; one far longer than any can be lasts as long as one that is renewed now.

        It was written before the clock was set back: who lives renews it, who is dead loses it.
        """
        longest = terms.lease_seconds
        return self if self.until <= at + 2 * longest else replace(self, until=at + longest)

    def inherited(self, terms: SlotTerms, at: float) -> tuple[Sent, ...]:
        """What whoever gets it now has to count as sent."""
        if self.owner is not None:
            return governor.unknown_window(terms, lease_until=self.until, at=at)
        entries = (Sent(seconds_ago=max(0.0, at - sent), chars=chars) for sent, chars in self.sent)
        return tuple(entry for entry in entries if entry.seconds_ago < terms.window_seconds)

    def unheard(self, terms: SlotTerms, at: float) -> tuple[tuple[float, int], ...]:
        """What to keep as sent where its holder is known to be dead by now: a full window."""
        return ((min(at, self.until - terms.grace_seconds), terms.window_chars),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """A handshake that is over at an instant, having taken so long."""

    at: float
    seconds: float
    voice: Voice


def refused(
    account: Account, error: NarratorError, handshake: Handshake, *, dice: float
) -> Account:
    """How the account stands after a session was refused, by the table of `retry`.

    A fault of the job, or of our own side, says nothing about the account.
    """
    at, seconds = handshake.at, handshake.seconds
    if error.fault is Fault.HANDSHAKE_429:
        return governor.throttled(account, at=at, handshake_seconds=seconds)
    match rule_of(error).action:
        case Action.PAUSE:
            return governor.paused(account, failure_of(error), handshake.voice, at=at)
        case Action.WAIT | Action.REPLACE:
            return governor.failed(account, at=at, handshake_seconds=seconds, dice=dice)
        case _:
            return account


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """All that the governor looks at. Instants are seconds on the database's clock.

    `leases` has every slot that ever was somebody's, by number; `capacity` the owners that were
    that live (`governor.living`); `queued` counts the queued slices by voice.
    """

    at: float
    terms: SlotTerms
    account: Account
    leases: Mapping[int, Lease] = field(default_factory=dict)
    capacity: Mapping[str, int] = field(default_factory=dict)
    queued: Mapping[Voice, int] = field(default_factory=dict)

    @property
    def living(self) -> list[Lease]:
        """The slots that are somebody's."""
        return [lease for lease in self.leases.values() if lease.lives(self.at)]

    @property
    def counted(self) -> Account:
        """The account as it stands now, with the slots that are used."""
        account = governor.current(self.account, self.terms, self.at)
        return replace(account, used=len(self.living))

    @property
    def fleet(self) -> Fleet:
        """What is shared, and among whom."""
        held = Counter((lease.owner or "", lease.voice or Voice()) for lease in self.living)
        mine = {key: count for key, count in held.items() if key[0] in self.capacity}
        gone = held.total() - sum(mine.values())
        return Fleet(
            total=max(0, math.floor(self.counted.ceiling) - gone),
            held=mine,
            queued=self.queued,
            capacity=self.capacity,
            at=self.at,
        )

    def grant(self, owner: str) -> Lease | None:
        """The slot to give to this owner, with its voice; None where it gets none now."""
        if not governor.may_acquire(self.counted, self.at):
            return None
        voice = sharing.chosen_voice(self._asking(owner).fleet, owner)
        return None if voice is None else replace(self._idlest(), voice=voice)

    def _asking(self, owner: str) -> "Holdings":
        """Who asks for a slot has room for one more than it holds, if it did not say how many."""
        room = 1 + sum(lease.owner == owner for lease in self.living)
        return replace(self, capacity={owner: room, **self.capacity})

    def _idlest(self) -> Lease:
        """The free slot that sent least lately."""
        taken = {lease.number for lease in self.living}
        free = (number for number in range(self.terms.most) if number not in taken)
        return min((self.leases.get(n) or Lease(number=n) for n in free), key=self._load)

    def _load(self, lease: Lease) -> tuple[int, int]:
        chars = sum(sent.chars for sent in lease.inherited(self.terms, self.at))
        return chars, lease.number

    def renewable(self, owner: str, held: Iterable[Slot]) -> list[Lease]:
        """Which of these slots are the owner's still.

        One whose time has run out is too, if nobody has it and there is room: it was away for long.
        """
        mine = [
            lease
            for slot in held
            if (lease := self.leases.get(slot.number))
            and (lease.owner, lease.fence) == (owner, slot.fence)
        ]
        ended = [lease for lease in mine if not lease.lives(self.at)]
        account = self.counted
        room = max(0, math.floor(account.ceiling) - account.used)
        late = {lease.number for lease in ended[room:]}
        return [lease for lease in mine if lease.number not in late]

    def renewed(self, owner: str, capacity: int, numbers: Iterable[int]) -> "Holdings":
        """How things are once the owner has renewed these slots, and tries a paused account."""
        until = self.at + self.terms.lease_seconds
        leases = {number: replace(self.leases[number], until=until) for number in numbers}
        account = self.counted
        return replace(
            self,
            account=governor.probed(account, self.at) if self.probe_due else account,
            leases={**self.leases, **leases},
            capacity={**self.capacity, owner: capacity},
        )

    @property
    def probe_due(self) -> bool:
        """Whether somebody is to try if a paused account works again.

        That takes a socket without a slot: it has to fit beside those that slots still allow.
        """
        account = self.counted
        fits = account.used < math.floor(account.ceiling)
        return fits and governor.probe_due(account, self.terms, self.at)

    def standing(self, owner: str, held: Sequence[int], *, probes: bool) -> Standing:
        """What the owner learns; `held` are the numbers that it holds from now on."""
        account, fleet = self.counted, self.fleet
        return Standing(
            held=frozenset(held),
            give_back=sharing.surplus(fleet).get(owner, {}),
            seats=fleet.seats,
            free=self._free(account, fleet),
            queued=sum(self.queued.values()),
            probe=account.probe_voice if probes else None,
            account=account,
        )

    def _free(self, account: Account, fleet: Fleet) -> int:
        if not governor.may_acquire(account, self.at):
            return 0
        return min(fleet.free, 1) if account.failures >= governor.TRIP_FAILURES else fleet.free
