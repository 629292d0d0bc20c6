"""Which faults befall a fleet when: a pure function of the seed.

A seed gives the same schedule each time. What else happens at the same instant, the operating
system decides: the interleaving is not the seed's.
"""

import random
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from narrator.domain.failpoints import FailPoint

EARLY_SECONDS = (0.3, 6.0)  # while documents arrive and are planned
LATE_SECONDS = (0.0, 2.5)  # after a share of the characters is spoken
SHARES = (0.02, 0.9)
LATE = 0.6  # so many of the faults are late
FEWEST, MOST = 5, 8
DOWN_SECONDS = (0.2, 2.5)  # what is stopped stays so for so long
FROZEN_SECONDS = (0.5, 5.0)  # up to well beyond a lease


class Target(StrEnum):
    """What a fault befalls."""

    SPEECH = "speech"
    AUDIO = "audio"
    API = "api"
    VALKEY = "valkey"
    POSTGRES = "postgres"
    STORE = "store"
    SPEAK_SERVER = "speak-server"
    POINT = "failpoint"


class Act(StrEnum):
    """What is done to it."""

    KILL = "kill"  # SIGKILL; it is started again
    CHILD = "kill a child"  # SIGKILL to one process of a pool
    TERM = "term"  # SIGTERM; it is started again once it has ended
    FREEZE = "freeze"  # SIGSTOP, later SIGCONT
    EMPTY = "kill and forget"  # and started without anything that it held
    FLUSH = "flush"  # everything it holds is removed
    STOP = "stop"  # of a failpoint: SIGSTOP there, later SIGCONT
    RAISE = "raise"  # of a failpoint: an error that nobody foresaw


ACTS: dict[Target, tuple[Act, ...]] = {
    Target.SPEECH: (Act.KILL, Act.KILL, Act.TERM, Act.FREEZE),
    Target.AUDIO: (Act.KILL, Act.CHILD, Act.TERM, Act.FREEZE),
    Target.API: (Act.KILL, Act.TERM, Act.FREEZE),
    Target.VALKEY: (Act.KILL, Act.EMPTY, Act.FLUSH, Act.FREEZE),
    Target.POSTGRES: (Act.KILL, Act.TERM, Act.FREEZE),  # immediate and fast shutdown
    Target.STORE: (Act.KILL, Act.FREEZE),
    Target.SPEAK_SERVER: (Act.KILL, Act.TERM),
    Target.POINT: (Act.KILL, Act.KILL, Act.STOP, Act.RAISE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`at_seconds` after the share `at_share` of all characters is spoken (0: at the beginning).

    `seconds` is how long what is undone lasts. `number` tells workers of a kind apart, `point` is a
    failpoint's name.
    """

    at_seconds: float
    at_share: float = 0.0
    target: Target
    act: Act
    seconds: float = 0.0
    number: int = 1
    point: FailPoint | None = None

    @property
    def kind(self) -> str:
        """The line of the table it counts for."""
        return f"{self.target} {self.act}"

    def as_json(self) -> dict[str, Any]:
        """As results keep it."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def schedule(seed: int, *, store: bool) -> list[Fault]:
    """The faults of a seed, in order of time; of the object store only where there is a server."""
    dice = random.Random(f"schedule {seed}")  # noqa: S311 - to be run again
    targets = [target for target in ACTS if store or target is not Target.STORE]
    extra = dice.randint(0, MOST - FEWEST)
    chosen = [*dice.sample(targets, FEWEST), *dice.choices([*targets, Target.POINT], k=extra)]
    faults = [fault(dice, target) for target in chosen]
    return sorted(faults, key=lambda each: (each.at_share, each.at_seconds))


def fault(dice: random.Random, target: Target) -> Fault:
    """One fault of a target, at some moment; failpoints are armed at the beginning."""
    act = dice.choice(ACTS[target])
    span = FROZEN_SECONDS if act in {Act.FREEZE, Act.STOP} else DOWN_SECONDS
    at_point = target is Target.POINT
    late = dice.random() < LATE
    at_seconds = round(dice.uniform(*(LATE_SECONDS if late else EARLY_SECONDS)), 2)
    return Fault(
        at_seconds=0.0 if at_point else at_seconds,
        at_share=round(dice.uniform(*SHARES), 2) if late and not at_point else 0.0,
        target=target,
        act=act,
        seconds=round(dice.uniform(*span), 2),
        number=dice.choice((1, 2)) if target is Target.SPEECH else 1,
        point=dice.choice(list(FailPoint)) if at_point else None,
    )


def of_point(point: FailPoint) -> list[Fault]:
    """A schedule of its own for a failpoint: whoever comes by first is killed."""
    return [Fault(at_seconds=0.0, target=Target.POINT, act=Act.KILL, point=point)]
