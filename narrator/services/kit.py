"""What every verb is given: the ports, and the few numbers that shape the work."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from narrator.domain.failpoints import FailPoint
from narrator.domain.slots import SlotTerms
from narrator.domain.steps import Queue
from narrator.services.ports import (
    Chores,
    Doorbell,
    Fetcher,
    Gate,
    Jobs,
    Ledger,
    Lexicons,
    Messenger,
    Objects,
    Reader,
    Retention,
    Scratch,
    Slots,
    Speaker,
    Steps,
    Studio,
    Takes,
)

COMPLETING_SHARE = 0.6
"""A speaker takes up to 17 s to close, which is about what is left of the usual 45."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How long leases last, how often things are looked at, how much is rung ahead.

    A process that is asked to stop ends within `drain_seconds`.
    """

    lease_seconds: float = 30.0
    heartbeat_seconds: float = 5.0
    queued_seconds: float = 30.0
    dispatch_seconds: float = 1.0
    drain_seconds: float = 45.0
    window: Mapping[Queue, int]

    @property
    def completing_seconds(self) -> float:
        """Of `drain_seconds`, how many are for what is under way; the rest is for closing."""
        return COMPLETING_SHARE * self.drain_seconds


def pass_by(_point: FailPoint) -> None:
    """Nothing happens at a failpoint, but where a rehearsal is armed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """What is kept for how long, and how often the fleet looks whether something may go."""

    take_seconds: float = 30 * 86_400.0  # after its last use
    orphan_seconds: float = 86_400.0  # longer than between storing an object and its row
    sweep_seconds: float = 3_600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The ports, built once a process by `bootstrap`.

    `speaker_name` is the configured name under which takes are kept, and the name of the provider's
    account whose slots are shared; `terms` says on what terms. `dice` answers with a number
    from 0 to 1, `clock` with seconds that only ever go forward; `wait` lets so many seconds pass.
    `scratch` is a folder for temporary files, `leftovers` what is left in it. `reach` is told of
    each failpoint that is passed. Without a `gate` takes are kept as they come.
    """

    jobs: Jobs
    steps: Steps
    takes: Takes
    slots: Slots
    ledger: Ledger
    objects: Objects
    speaker: Speaker
    studio: Studio
    reader: Reader
    doorbell: Doorbell
    chores: Chores
    retention: Retention
    lexicons: Lexicons
    messenger: Messenger
    fetcher: Fetcher
    leftovers: Scratch
    speaker_name: str
    rhythm: Rhythm
    terms: SlotTerms
    dice: Callable[[], float]
    clock: Callable[[], float]
    wait: Callable[[float], object]
    scratch: Path
    keeping: Keeping = Keeping()
    gate: Gate | None = None
    reach: Callable[[FailPoint], None] = pass_by
