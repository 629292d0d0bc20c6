"""Random histories of slots: whatever happens, no more sockets than there are slots.

Time goes by in turns of eleven seconds, so that what a test takes itself makes no difference.
"""

import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from narrator.domain.errors import AccountFault, NarratorError, SpeechThrottled, SpeechUnavailable
from narrator.domain.slots import Sent, Slot, SlotTerms
from narrator.storage.database import Database
from narrator.storage.jobs import SqlJobs
from narrator.storage.steps import SqlSteps
from narrator.storage.takes import SqlTakes
from tests.contract.fleet import APOLLO, THALIA, Fleet, memory_fleet, sql_fleet
from tests.contract.stage import Store
from tests.fakes.store import MemoryStore

MOST = 4
TERMS = SlotTerms(allowance=MOST, headroom=0)
OWNERS = st.sampled_from(["a", "b", "c"])
ERRORS: list[NarratorError] = [
    SpeechThrottled("HTTP 429"),
    SpeechUnavailable("no connection"),
    AccountFault("HTTP 402"),
]


@dataclass
class Held:
    """A slot, who has it, and until when by its own clock."""

    slot: Slot
    owner: str
    good_until: float


class Histories(RuleBasedStateMachine):
    """Three owners do what processes do; some forget to renew, as the frozen and the dead do."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.fleet = self.made()
        self.fleet.queue(20, voice=THALIA, number=1)
        self.fleet.queue(2, voice=APOLLO, number=2)
        self.slots = self.fleet.slots(MOST)
        self.held: list[Held] = []
        self.fences: dict[int, int] = {}
        self.now = 0.0

    def made(self) -> Fleet:
        """A fleet over the twin."""
        twin = MemoryStore(clock=time.time)
        return memory_fleet(Store(jobs=twin, steps=twin, takes=twin))

    def teardown(self) -> None:
        """In the end every slot can be had again; then close what was opened."""
        try:
            self.wait(20)
            self.slots.opened(handshake_seconds=0)
            self.wait(60)
            self.slots.renew("z", [], capacity=MOST)
            got = [slot for slot in (self.slots.acquire("z") for _ in range(MOST + 1)) if slot]
            assert sorted(slot.number for slot in got) == list(range(MOST))
        finally:
            self.stack.close()

    def of(self, owner: str) -> list[Held]:
        return [held for held in self.held if held.owner == owner]

    @rule(turns=st.integers(1, 9))
    def wait(self, turns: int) -> None:
        self.fleet.later(11.0 * turns)
        self.now += 11.0 * turns

    @rule(owner=OWNERS)
    def acquire(self, owner: str) -> None:
        slot = self.slots.acquire(owner)
        if slot is None:
            return
        assert slot.fence > self.fences.get(slot.number, 0)
        assert slot.number not in {held.slot.number for held in self.counted()}
        self.fences[slot.number] = slot.fence
        self.held = [held for held in self.held if held.slot.number != slot.number]
        self.held.append(Held(slot, owner, self.now + TERMS.hold_seconds))
        account = self.slots.account()
        assert account.used <= account.ceiling

    @rule(owner=OWNERS)
    def renew(self, owner: str) -> None:
        mine = self.of(owner)
        standing = self.slots.renew(owner, [held.slot for held in mine], capacity=MOST)
        assert standing.held <= {held.slot.number for held in mine}
        for held in mine:
            if held.slot.number in standing.held:
                held.good_until = self.now + TERMS.hold_seconds
            else:
                self.held.remove(held)

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        held = data.draw(st.sampled_from(self.held))
        self.slots.release(held.slot, [Sent(seconds_ago=1, chars=100)])
        self.held.remove(held)

    @rule(error=st.sampled_from(ERRORS), seconds=st.sampled_from([0.0, 5.0]))
    def refuse(self, error: NarratorError, seconds: float) -> None:
        slot = Slot(number=0, fence=1, voice=THALIA)
        self.slots.refused(error, handshake_seconds=seconds, slot=slot)

    @rule()
    def open(self) -> None:
        self.slots.opened(handshake_seconds=0)

    @rule(owner=OWNERS)
    def leave(self, owner: str) -> None:
        self.slots.leave(owner)

    def counted(self) -> list[Held]:
        """Slots whose sockets the provider may still count."""
        until = self.now - TERMS.grace_seconds
        return [held for held in self.held if held.good_until > until]

    @invariant()
    def the_provider_counts_no_more_sockets_than_there_are_slots(self) -> None:
        account = self.slots.account()
        assert account.used == len(self.counted()) <= MOST
        assert 1 <= account.ceiling <= MOST


class SqlHistories(Histories):
    """The same over SQLite."""

    def made(self) -> Fleet:
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        database = Database(f"sqlite:///{folder}/narrator.db")
        self.stack.callback(database.close)
        database.migrate()
        store = Store(jobs=SqlJobs(database), steps=SqlSteps(database), takes=SqlTakes(database))
        return sql_fleet(store, database)


@pytest.mark.parametrize(("histories", "examples"), [(Histories, 100), (SqlHistories, 20)])
def test_no_history_opens_more_sockets_than_there_are_slots(
    histories: type[Histories], examples: int
) -> None:
    run_state_machine_as_test(
        histories,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            deadline=None,
            phases=set(Phase) - {Phase.explain},
        ),
    )
