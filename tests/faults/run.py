"""Runs of seeds, one after another on one rig; each a line of JSON."""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from time import monotonic, time
from typing import Any, Self

from narrator.domain.failpoints import FailPoint
from tests.faults.aftermath import aftermath
from tests.faults.course import Course
from tests.faults.documents import documents
from tests.faults.judge import Verdict, judged
from tests.faults.ledger import read_journal
from tests.faults.rig import Rig, running_rig
from tests.faults.schedule import Fault, of_point, schedule
from tests.servers.places import server_home

AFTERMATH_EVERY = 3
S3_EVERY = 4  # of so many seeds one keeps its objects in S3, the others in a folder


def on_s3(seed: int) -> bool:
    """Whether a seed's fleet keeps its objects in S3."""
    return seed % S3_EVERY == 0


def aftermath_wanted(seed: int) -> bool:
    """Whether a seed's jobs are deleted afterwards, and everything swept."""
    return seed % AFTERMATH_EVERY == 0


def run_seeds(seeds: Iterable[int], *, keep: Path | None = None) -> Iterator[dict[str, Any]]:
    """Run each seed; those of one store after another, so that few fleets have to be started."""
    ordered = sorted(seeds, key=lambda seed: (on_s3(seed), seed))
    with Rigs(keep) as rigs:
        for seed in ordered:
            faults = schedule(seed, store=on_s3(seed))
            yield {"seed": seed} | rigs.run(seed, faults, s3=on_s3(seed))


def run_points(
    points: Iterable[FailPoint], *, keep: Path | None = None
) -> Iterator[dict[str, Any]]:
    """Kill whoever comes by each point first."""
    with Rigs(keep) as rigs:
        for number, point in enumerate(points):
            result = rigs.run(AFTERMATH_EVERY * (1_000 + number), of_point(point), s3=False)
            killed = bool(result["deaths"])
            yield {"point": str(point)} | result | {"good": result["good"] and killed}


class Rigs:
    """The rig in use: another where another store is wanted, or the last run left it unclean.

    `keep` is a folder for the logs of fleets whose run went wrong.
    """

    def __init__(self, keep: Path | None = None) -> None:
        self._keep = keep
        self._stack = ExitStack()
        self._rig: Rig | None = None
        self._home: Path | None = None
        self._s3 = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def run(self, seed: int, faults: list[Fault], *, s3: bool) -> dict[str, Any]:
        """One run, as its line of results says it."""
        rig, began = self._of(s3), monotonic()
        assert self._home is not None
        heard = rig.journal.stat().st_size
        course = Course(rig, faults, documents(seed, self._home))
        course.run()
        left = course.settle()
        with rig.journal.open() as file:
            file.seek(heard)
            lines = read_journal(file)
        verdict = judged(rig, course, lines, left)
        if aftermath_wanted(seed) and not left:
            verdict.wrong |= aftermath(rig, course)
        result = report(rig, course, verdict) | {"seconds": round(monotonic() - began, 1)}
        if verdict.good:
            rig.clear()
        else:
            self._save(seed)
            self._end()
        return result

    def _of(self, s3: bool) -> Rig:  # noqa: FBT001 - one of two
        if self._rig is None or self._s3 != s3:
            self._end()
            self._home = self._stack.enter_context(server_home())
            self._rig, self._s3 = self._stack.enter_context(running_rig(self._home, s3=s3)), s3
        return self._rig

    def _end(self) -> None:
        self._stack.close()
        self._rig = None

    def _save(self, seed: int) -> None:
        """Keep the logs of a fleet that went wrong."""
        if self._keep and self._rig:
            self._keep.mkdir(parents=True, exist_ok=True)
            (self._keep / f"{seed}-{os.getpid()}.log").write_text(self._rig.fleet.logs())


def report(rig: Rig, course: Course, verdict: Verdict) -> dict[str, Any]:
    """A line of results."""
    assert verdict.account is not None
    return {
        "good": verdict.good,
        "at": round(time()),
        "store": rig.store_name,
        "stuck": verdict.stuck,
        "lost": verdict.lost,
        "doubled": verdict.doubled,
        "wrong": verdict.wrong,
        "ended_after_seconds": round(course.ended_after_seconds, 1),
        "faults": [fault.as_json() for fault in course.faults],
        "done": course.done,
        "deaths": [death.as_json() for death in course.deaths],
        "orphans": verdict.orphans,
        "account": {k: v for k, v in asdict(verdict.account).items() if k != "repeated"},
    }


def append(path: Path, result: dict[str, Any]) -> None:
    """Add a line of results, at once: two may write to one file."""
    with path.open("ab", buffering=0) as file:
        file.write(json.dumps(result).encode() + b"\n")
