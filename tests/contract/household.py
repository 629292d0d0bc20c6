"""What the suites for chores and for what is kept play with: a store, its chores, and time."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import update

from narrator.domain.takes import Take
from narrator.services.ports import Chores, Retention
from narrator.storage.chores import SqlChores
from narrator.storage.database import Database
from narrator.storage.retention import SqlRetention
from narrator.storage.tables import steps, sweeps, takes
from tests.contract.stage import Store, take_of
from tests.fakes.chores import MemoryChores, MemoryRetention
from tests.fakes.store import MemoryStore


@dataclass(frozen=True, slots=True)
class Household:
    """A store of one kind; `later(seconds)` lets time go by for takes, sweeps and retries.

    Below 0 it sets the clock back.
    """

    store: Store
    chores: Chores
    retention: Retention
    later: Callable[[float], None]

    def take_of(self, text: str) -> Take:
        """A take of a text."""
        return take_of(text)


def memory_household(store: Store) -> Household:
    """A household over the twin."""
    twin = store.steps
    assert isinstance(twin, MemoryStore)
    passed = [0.0]
    clock = twin.clock
    twin.clock = lambda: clock() + passed[0]

    def later(seconds: float) -> None:
        passed[0] += seconds

    return Household(store, MemoryChores(twin), MemoryRetention(twin), later)


def sql_household(store: Store, database: Database) -> Household:
    """A household over a database."""

    def later(seconds: float) -> None:
        with database.write() as tx:
            tx.execute(update(takes).values(used_at=takes.c.used_at - seconds))
            tx.execute(update(sweeps).values(due_at=sweeps.c.due_at - seconds))
            tx.execute(update(steps).values(run_at=steps.c.run_at - seconds))

    return Household(store, SqlChores(database), SqlRetention(database), later)
