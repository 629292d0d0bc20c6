"""The twin of the slots, over the twin of the store."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from narrator.domain import governor
from narrator.domain.errors import NarratorError
from narrator.domain.holdings import Handshake, Holdings, Lease, refused
from narrator.domain.slots import Account, Sent, Slot, SlotTerms, Standing
from narrator.domain.voices import Voice
from tests.fakes.store import MemoryStore


@dataclass(slots=True)
class MemorySlots:
    """`Slots` in memory, under the store's lock; `clock` tells seconds that tests may turn."""

    store: MemoryStore
    account_name: str
    terms: SlotTerms
    clock: Callable[[], float]
    dice: Callable[[], float] = lambda: 0.5
    _account: Account = field(init=False)
    _leases: dict[int, Lease] = field(default_factory=dict)
    _owners: dict[str, tuple[int, float]] = field(default_factory=dict)  # capacity, seen at

    def __post_init__(self) -> None:
        self._account = governor.fresh(self.terms)

    def acquire(self, owner: str) -> Slot | None:
        with self.store.still():
            holdings = self._holdings()
            if (lease := holdings.grant(owner)) is None or lease.voice is None:
                return None
            self._account = governor.granted(holdings.counted, holdings.at)
            sent = lease.inherited(self.terms, holdings.at)
            until = holdings.at + self.terms.lease_seconds
            mine = replace(lease, fence=lease.fence + 1, owner=owner, until=until, sent=())
            self._leases[mine.number] = mine
            return Slot(number=mine.number, fence=mine.fence, voice=lease.voice, sent=sent)

    def renew(self, owner: str, held: Sequence[Slot], *, capacity: int) -> Standing:
        with self.store.still():
            before = self._holdings()
            self._owners[owner] = (capacity, before.at)
            renewed = [lease.number for lease in before.renewable(owner, held)]
            after = before.renewed(owner, capacity, renewed)
            self._account, self._leases = after.account, dict(after.leases)
            if after.account.fault is not None:
                self.store.pause_for_account(self.account_name)
            return after.standing(owner, renewed, probes=before.probe_due)

    def release(self, slot: Slot, sent: Sequence[Sent]) -> None:
        with self.store.still():
            lease = self._leases.get(slot.number)
            if lease is None or lease.fence != slot.fence or lease.owner is None:
                return
            entries = tuple((self.clock() - each.seconds_ago, each.chars) for each in sent)
            self._leases[slot.number] = replace(lease, owner=None, voice=None, sent=entries)

    def leave(self, owner: str) -> None:
        with self.store.still():
            self._owners.pop(owner, None)

    def opened(self, *, handshake_seconds: float) -> None:
        with self.store.still():
            before = self._account
            self._account = governor.opened(
                before, at=self.clock(), handshake_seconds=handshake_seconds
            )
            if before.fault is not None and self._account.fault is None:
                self.store.resume_for_account(self.account_name)

    def refused(self, error: NarratorError, *, handshake_seconds: float, slot: Slot) -> None:
        with self.store.still():
            holdings = self._holdings()
            handshake = Handshake(at=holdings.at, seconds=handshake_seconds, voice=slot.voice)
            counted = replace(self._account, used=len(holdings.living))
            self._account = refused(counted, error, handshake, dice=self.dice())
            if self._account.fault is not None:
                self.store.pause_for_account(self.account_name)

    def account(self) -> Account:
        with self.store.still():
            return self._holdings().counted

    def release_all(self) -> int:
        with self.store.still():
            at = self.clock()
            leased = [lease for lease in self._leases.values() if lease.owner is not None]
            for lease in leased:
                sent = lease.unheard(self.terms, at)
                self._leases[lease.number] = replace(lease, owner=None, voice=None, sent=sent)
            self._owners.clear()
            return len(leased)

    def _holdings(self) -> Holdings:
        at = self.clock()
        self._leases = {n: lease.within(self.terms, at) for n, lease in self._leases.items()}
        queued: Counter[Voice] = Counter(self.store.queued_voices(self.account_name))
        return Holdings(
            at=at,
            terms=self.terms,
            account=self._account,
            leases=dict(self._leases),
            capacity={
                owner: capacity
                for owner, (capacity, seen_at) in self._owners.items()
                if governor.living(self.terms, seen_at=seen_at, at=at)
            },
            queued=queued,
        )
