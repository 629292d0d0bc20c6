"""How soon a killed worker's chunks are spoken elsewhere.

    python benchmarks/recovery.py [--times 3] [--sockets 20] [--case spare ...] [--report FILE]

Two speech workers of so many sockets, leases as they are by default (30 s; a slot 30 s and its
grace 45 s), a Speak server as slow as speech (25 ms a character), so that every socket is busy all
the time. One worker is killed (SIGKILL), and another is started in its place at once. A row a kill:
the seconds until each slice that the dead worker held, and each chunk that was under way (sent, not
kept), has a row in the ledger under a later claim. The cases:

spare      every slice is in somebody's hands, the allowance has room for the new worker's sockets
taken      the same, but the allowance has none: what is free are the dead one's slots, after 75 s
backlog    as `spare`, with two books queued: whoever has a socket has work for it
"""

import argparse
import json
import statistics
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.rig.books import copies_for
from benchmarks.rig.fleet import Fleet, fleet, wait_for
from benchmarks.rig.servers import Provider
from tests.acceptance.texts import voyage

LEASE_SECONDS, MORE_SECONDS = 30.0, 10.0
LONGEST_SECONDS = 240.0
SLOW_MS = 2_500.0  # for each 100 characters
SLICE_CHARS = 1_900
DAY_CHARS = 230  # of `voyage`
_COLUMNS = f"{'first':>8}{'median':>8}{'last':>8}{'in 40 s':>11}"
HEAD = f"{'case':10}{'sockets':>9}{'slices':>8}{_COLUMNS}{'chunks':>8}{_COLUMNS}"
CASES = ("spare", "taken", "backlog")

_HELD = """
    SELECT id, job_id, chapter, fence, chunks FROM steps
    WHERE kind = 'slice' AND state = 'running' AND owner LIKE %s
"""
_UNDER_WAY = """
    SELECT u.job_id, u.chapter, u.idx, u.slot FROM utterances u JOIN steps s ON s.id = u.step_id
    WHERE u.outcome = 'sent' AND s.state = 'running' AND s.owner LIKE %s AND u.fence = s.fence
"""
_PENDING = "SELECT job_id, chapter, idx FROM chunks WHERE job_id = ANY(%s) AND state = 'pending'"
_DEAD_SLOTS = """
    SELECT count(*) FROM slots WHERE lease_until > extract(epoch FROM clock_timestamp())
    AND owner NOT IN (SELECT owner FROM slot_owners
                      WHERE seen_at > extract(epoch FROM clock_timestamp()) - 30)
"""
_SENT_SINCE = """
    SELECT job_id, chapter, idx, min(sent_at) FROM utterances
    WHERE sent_at > %s AND outcome <> 'unsent' GROUP BY 1, 2, 3
"""

Chunk = tuple[str, int, int]
"""Job, chapter, index."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a worker had in hand: chunks that were under way, and those of each slice not spoken."""

    sockets: int
    under_way: list[Chunk]
    slices: list[list[Chunk]]


@dataclass(slots=True)
class Recovery:
    """One kill. Seconds from it, in the order in which things were taken up elsewhere."""

    sockets: int
    chunks: list[float] = field(default_factory=list)
    slices: list[float] = field(default_factory=list)


def main() -> None:
    """Kill so often in each case, print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--sockets", type=int, default=20)
    parser.add_argument("--case", choices=CASES, nargs="*", default=CASES)
    parser.add_argument("--report", type=Path)
    given = parser.parse_args()
    print(HEAD, flush=True)
    rows = {case: kills(case, given.times, given.sockets) for case in given.case}
    if given.report:
        raw = {name: [asdict(each) for each in found] for name, found in rows.items()}
        given.report.write_text(json.dumps(raw, indent=2))


def kills(case: str, times: int, sockets: int) -> list[Recovery]:
    """Kill a worker again and again in one fleet."""
    allowance = (2 if case == "taken" else 3) * sockets
    provider = Provider(sockets=allowance, ms_per_100_chars=SLOW_MS)
    with fleet(provider, workers=2, allowance=allowance, sockets=sockets) as running:
        if case == "backlog":
            running.submit_books(copies_for(times * LONGEST_SECONDS * 2 * sockets * 40))
        return [killed(running, case, number, sockets) for number in range(times)]


def killed(running: Fleet, case: str, number: int, sockets: int) -> Recovery:
    """Once every socket is busy, kill the older worker; when its work goes on."""
    victim = min(n for n, child in running.workers.items() if child.running)
    owner = f"%:{running.workers[victim].pid}:%"
    wait_for(lambda: slots_of_the_dead(running), lambda n: n == 0, what="slots", seconds=120)
    if case != "backlog":
        submit_slices(running, number, 2 * sockets)
    wait_for(lambda: held(running, owner), busy(sockets), what="busy", seconds=LONGEST_SECONDS)
    running.workers[victim].kill()
    at = running.records.now()
    mine = held(running, owner)
    running.start_worker()
    until = at + LONGEST_SECONDS
    wait_for(
        lambda: left(running, mine, sent_since(running, at)),
        lambda chunks: taken_up(mine, chunks) or running.records.now() > until,
        what="everything is taken up elsewhere",
        seconds=2 * LONGEST_SECONDS,
    )
    sent = sent_since(running, at)
    late = dict.fromkeys(left(running, mine, sent), until)
    if case != "backlog":
        wait_for(running.records.jobs, only_succeeded, what="it succeeds", seconds=LONGEST_SECONDS)
    found = Recovery(
        sockets=mine.sockets,
        chunks=earliest([[chunk] for chunk in mine.under_way], late | sent, at),
        slices=earliest(mine.slices, late | sent, at),
    )
    print(row(case, found), flush=True)
    return found


def submit_slices(running: Fleet, number: int, slices: int) -> None:
    """Submit a text of about so many slices, another one for each number."""
    days = slices * SLICE_CHARS // DAY_CHARS
    path = running.folder / f"voyage-{number}.txt"
    path.write_text(voyage(days, first=1 + number * days))
    running.submit(path, tenant="sailors")


def slots_of_the_dead(running: Fleet) -> int:
    """How many slots are leased to nobody that lives."""
    return int(running.records.rows(_DEAD_SLOTS)[0][0])


def only_succeeded(jobs: dict[str, int]) -> bool:
    """Whether every job has succeeded."""
    return set(jobs) == {"succeeded"}


def busy(sockets: int) -> Callable[[Held], bool]:
    """Whether every socket has a slice, and nearly all have sent something at this very moment."""
    return lambda mine: len(mine.slices) >= sockets * 0.8 and mine.sockets >= sockets * 0.8


def held(running: Fleet, owner: str) -> Held:
    """What a worker has in hand, by the database."""
    steps = running.records.rows(_HELD, owner)
    under_way = running.records.rows(_UNDER_WAY, owner)
    jobs = list({job for _, job, *_ in steps})
    pending = set(running.records.rows(_PENDING, jobs))
    slices = [
        [(job, chapter, idx) for idx in json.loads(chunks) if (job, chapter, idx) in pending]
        for _, job, chapter, _, chunks in steps
    ]
    return Held(
        sockets=len({slot for *_, slot in under_way}),
        under_way=[(job, chapter, idx) for job, chapter, idx, _ in under_way],
        slices=[each for each in slices if each],
    )


def sent_since(running: Fleet, at: float) -> dict[Chunk, float]:
    """When each chunk was first sent since then."""
    rows = running.records.rows(_SENT_SINCE, at)
    return {(job, chapter, idx): sent_at for job, chapter, idx, sent_at in rows}


def left(running: Fleet, mine: Held, sent: dict[Chunk, float]) -> set[Chunk]:
    """Of the jobs' chunks those that are neither spoken nor sent since.

    Where the same words are said twice, one chunk's take answers the other.
    """
    jobs = list({job for job, *_ in mine.under_way})
    return set(running.records.rows(_PENDING, jobs)) - sent.keys()


def taken_up(mine: Held, chunks: set[Chunk]) -> bool:
    """Whether nothing that was under way, and no slice as a whole, is among what is left."""
    return chunks.isdisjoint(mine.under_way) and not any(
        chunks.issuperset(each) for each in mine.slices
    )


def earliest(groups: list[list[Chunk]], instants: dict[Chunk, float], at: float) -> list[float]:
    """Seconds until the first chunk of each group, sorted."""
    found = [[instants[chunk] - at for chunk in each if chunk in instants] for each in groups]
    return sorted(min(each) for each in found if each)


def row(case: str, each: Recovery) -> str:
    """A kill: seconds to the first, the median and the last, and how many within the bound."""
    return f"{case:10}{each.sockets:>9}{_figures(each.slices)}{_figures(each.chunks)}"


def _figures(seconds: list[float]) -> str:
    in_time = sum(each <= LEASE_SECONDS + MORE_SECONDS for each in seconds)
    figures = (seconds[0], statistics.median(seconds), seconds[-1])
    return (
        f"{len(seconds):>8}"
        + "".join(f"{each:>8.1f}" for each in figures)
        + f"{f'{in_time} of {len(seconds)}':>11}"
    )


if __name__ == "__main__":
    main()
