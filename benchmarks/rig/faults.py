"""A fleet whose processes and servers die, and the sockets that the provider sees meanwhile."""

import random
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from itertools import count
from threading import Event, Thread
from time import time
from typing import Any

import psutil

from benchmarks.rig import books
from benchmarks.rig.figures import run_seconds, utilisation
from benchmarks.rig.fleet import Fleet, fleet, wait
from benchmarks.rig.pace import wait_for_slots
from benchmarks.rig.servers import Provider
from narrator.domain.slots import SlotTerms
from tests.servers.family import freeze, thaw

KINDS = ("kill", "freeze briefly", "freeze for long", "sql hangs", "sql is down", "redis is empty")
AWAY_SECONDS = 60.0
BRIEF_SECONDS = (5.0, 20.0)  # within a slot's lease
LONG_SECONDS = (90.0, 120.0)  # beyond a slot's lease and its grace
GAP_SECONDS = (15.0, 40.0)
SETTLED_SECONDS = 90.0  # after the last fault: a lease, its grace, a window begun
THAWED_SECONDS = 10.0  # in which a process that goes on may still close what it had
LOOK_SECONDS = 1.0


@dataclass(slots=True)
class Owners:
    """Which worker's sockets are which, by their ports on this side, seen now and then."""

    running: Fleet
    ports: dict[int, list[tuple[float, int]]] = field(default_factory=lambda: defaultdict(list))
    over: Event = field(default_factory=Event)

    def watch(self) -> None:
        """Look until it is over."""
        while not self.over.wait(LOOK_SECONDS):
            self.look()

    def look(self) -> None:
        """Note who has which port now."""
        for number, child in tuple(self.running.workers.items()):
            try:
                found = psutil.Process(child.pid).net_connections("tcp")
            except psutil.Error:
                continue
            for each in found:
                if getattr(each.raddr, "port", 0) == self.running.witness.port:
                    self.ports[each.laddr.port].append((time(), number))

    def of(self, port: int, opened_at: float, closed_at: float) -> int | None:
        """The worker that had this port in that time."""
        seen = (number for at, number in self.ports[port] if opened_at - 1 <= at <= closed_at + 1)
        return next(seen, None)


@dataclass(slots=True)
class Course:
    """What is done to a fleet, when; who was frozen for so long that its slots were others'."""

    running: Fleet
    dice: random.Random
    done: list[dict[str, Any]] = field(default_factory=list)
    frozen: dict[int, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    busy: set[int] = field(default_factory=set)
    due: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)

    def run(self, seconds: float) -> None:
        """One fault after another until the time is over, then whatever is left to undo."""
        kinds = self.kinds()
        now, end = time(), time() + seconds
        while now < end:
            self.later(now, partial(self.begin, next(kinds)))
            now += self.dice.uniform(*GAP_SECONDS)
        while self.due:
            at, _, act = heappop(self.due)
            wait(at - time())
            act()

    def kinds(self) -> Iterator[str]:
        """Every kind once in some order, then again in another."""
        while True:
            yield from self.dice.sample(KINDS, len(KINDS))

    def later(self, at: float, act: Callable[[], None]) -> None:
        """Do something then."""
        heappush(self.due, (at, next(self.numbers), act))

    def begin(self, kind: str) -> None:
        """Begin a fault; what must be undone is put down for later."""
        self.done.append({"at": round(time(), 1), "fault": kind})
        match kind:
            case "kill":
                self.kill()
            case "freeze briefly":
                self.freeze(self.dice.uniform(*BRIEF_SECONDS))
            case "freeze for long":
                self.freeze(self.dice.uniform(*LONG_SECONDS))
            case "redis is empty":
                self.running.valkey.restart_empty()
            case "sql hangs":
                family = freeze(self.running.postgres.child)
                self.alone(lambda: thaw(family))
            case _:
                self.running.postgres.stop()
                self.alone(self.running.postgres.start)

    def alone(self, undo: Callable[[], None]) -> None:
        """Undo it when SQL has been away for long enough; two such faults never overlap."""
        wait(AWAY_SECONDS)
        undo()

    def kill(self) -> None:
        """SIGKILL a worker, and start another in its place."""
        number = self.victim()
        self.done[-1]["worker"] = number
        self.running.workers[number].kill()
        self.done[-1]["successor"] = self.running.start_worker()

    def freeze(self, seconds: float) -> None:
        """SIGSTOP a worker for so long."""
        number = self.victim()
        self.busy.add(number)
        family, began = freeze(self.running.workers[number]), time()
        self.done[-1] |= {"worker": number, "seconds": round(seconds, 1)}

        def go_on() -> None:
            thaw(family)
            self.busy.discard(number)
            self.frozen[number].append(dispossessed(began, time()))

        self.later(began + seconds, go_on)

    def victim(self) -> int:
        """A living worker that is not frozen."""
        workers = self.running.workers.items()
        return self.dice.choice([n for n, c in workers if c.running and n not in self.busy])


def survived(*, slots: int, workers: int, minutes: float, seed: int) -> dict[str, Any]:
    """Utilisation undisturbed, then so many minutes of faults, then utilisation again."""
    calm = 5.0
    total = 2 * run_seconds(calm) + minutes * 60 + AWAY_SECONDS + SETTLED_SECONDS + 600
    with fleet(Provider(sockets=slots), workers=workers, allowance=slots) as running:
        owners = Owners(running)
        watcher = Thread(target=owners.watch, daemon=True)
        watcher.start()
        running.submit_books(books.copies_for(slots * 2_400 * total / 60))
        opened = wait_for_slots(running, slots)
        calm_until = max(opened.values()) + run_seconds(calm)
        wait(calm_until - time())
        course = Course(running, random.Random(seed))  # noqa: S311 — to be run again
        course.run(minutes * 60)
        faults_until = time()
        wait(SETTLED_SECONDS)
        wait(run_seconds(calm))
        ended = time()
        owners.over.set()
        watcher.join()
        return judged(
            running,
            owners,
            course,
            slots=slots,
            minutes=calm,
            spans={
                "before": (opened, calm_until),
                "after": (dict.fromkeys(opened, faults_until + SETTLED_SECONDS), ended),
            },
            faults=(calm_until, faults_until),
        ) | {"seed": seed, "minutes_of_faults": round((faults_until - calm_until) / 60, 1)}


def judged(
    running: Fleet,
    owners: Owners,
    course: Course,
    *,
    slots: int,
    minutes: float,
    spans: dict[str, tuple[dict[int, float], float]],
    faults: tuple[float, float],
) -> dict[str, Any]:
    """The figures."""
    finished = running.records.finished()
    shares = {
        name: utilisation(finished, opened=opened, until=until, minutes=minutes).as_json()
        for name, (opened, until) in spans.items()
    }
    began, until = faults
    chars = sum(each.chars for each in finished if began <= each.at < until)
    shares["during"] = {"of_the_limit": round(chars / (slots * 40 * (until - began)), 4)}
    server = running.witness.stats("?sockets=1")
    sockets, too_many = server.pop("sockets"), server.pop("one_too_many")
    return {
        "slots": slots,
        "workers": len([child for child in running.workers.values() if child.running]),
        **running.about(),
        "utilisation": shares,
        "faults": course.done,
        **blamed(too_many, sockets, owners, course.frozen, slots),
        "jobs": running.records.jobs(),
        "ledger": running.records.sums(),
        "resent": running.records.faults(),
        "server": server,
    }


def blamed(
    too_many: list[dict[str, Any]],
    sockets: list[dict[str, Any]],
    owners: Owners,
    frozen: dict[int, list[tuple[float, float]]],
    slots: int,
) -> dict[str, Any]:
    """Handshakes refused as one too many: those that a frozen process's sockets explain, and not.

    Explained: without the sockets of processes whose slots may have been granted to others while
    they were frozen there would have been room.
    """
    held = [
        (
            each["opened_at"],
            each["closed_at"] or time(),
            owners.of(each["peer_port"], each["opened_at"], each["closed_at"] or time()),
        )
        for each in sockets
    ]
    rows = []
    for each in too_many:
        at = each["at"]
        here = [owner for opened, closed, owner in held if opened <= at < closed]
        still = sum(is_frozen(frozen.get(owner or 0, []), at) for owner in here)
        rows.append({**each, "of_frozen_processes": still, "open": len(here)})
    unexplained = [row for row in rows if row["open"] - row["of_frozen_processes"] >= slots]
    return {
        "one_too_many": len(rows),
        "explained_by_frozen_processes": len(rows) - len(unexplained),
        "unexplained": unexplained,
    }


def dispossessed(began: float, ended: float) -> tuple[float, float]:
    """When the slots of a process that was frozen from then to then may have been others'.

    It had a socket open only while its lease had the whole grace ahead; one that goes on sooner
    explains nothing. The span is empty then.
    """
    return began + SlotTerms().grace_seconds, ended + THAWED_SECONDS


def is_frozen(spans: list[tuple[float, float]], at: float) -> bool:
    """Whether the instant lies in one of the spans."""
    index = bisect_right(spans, (at, float("inf"))) - 1
    return index >= 0 and spans[index][0] <= at < spans[index][1]


def table(report: dict[str, Any]) -> list[str]:
    """What the issue asks."""
    shares = report["utilisation"]
    rows = [f"{name:32}{shares[name]['of_the_limit']}" for name in ("before", "during", "after")]
    server = report["server"]
    return [
        *(f"utilisation {row}" for row in rows),
        f"{'faults':44}{len(report['faults'])}",
        f"{'highest number of open sockets':44}{server['sockets_open_highest']}",
        f"{'handshakes that were one too many':44}{report['one_too_many']}",
        f"{'of them because of a frozen process':44}{report['explained_by_frozen_processes']}",
        f"{'not explained':44}{len(report['unexplained'])}",
        f"{'jobs':44}{report['jobs']}",
    ]
