"""What processes use: processor seconds, memory, and a thread's share of a core."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import psutil

SAMPLE_SECONDS = 1.0


@dataclass(slots=True)
class Use:
    """Processor seconds since the watch began, and the highest resident memory, by role."""

    began: dict[int, float] = field(default_factory=dict)
    seconds: dict[int, float] = field(default_factory=dict)
    roles: dict[int, str] = field(default_factory=dict)
    peaks: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def look(self, roots: Mapping[int, str]) -> None:
        """Take one sample of each process, those that descend from it with it."""
        memory: dict[int, int] = defaultdict(int)
        for root, role in roots.items():
            for each in family(root):
                try:
                    with each.oneshot():
                        times, rss = each.cpu_times(), each.memory_info().rss
                except psutil.Error:
                    continue
                spent = times.user + times.system
                self.began.setdefault(each.pid, spent if not self.seconds else 0.0)
                self.seconds[each.pid] = spent
                self.roles[each.pid] = role
                memory[root] += rss
        for root, rss in memory.items():
            self.peaks[roots[root]] = max(self.peaks[roots[root]], rss)

    def cpu_seconds(self) -> dict[str, float]:
        """Processor seconds by role."""
        sums: dict[str, float] = defaultdict(float)
        for pid, spent in self.seconds.items():
            sums[self.roles[pid]] += spent - self.began[pid]
        return {role: round(spent, 2) for role, spent in sorted(sums.items())}

    def peak_megabytes(self) -> dict[str, int]:
        """The highest resident memory of one process of each role, with its children."""
        return {role: round(peak / 1e6) for role, peak in sorted(self.peaks.items())}


@contextmanager
def watching(roots: Mapping[int, str]) -> Iterator[Use]:
    """Sample these processes (number → role) once a second while the block runs."""
    use, over = Use(), Event()
    use.look(roots)

    def sample() -> None:
        while not over.wait(SAMPLE_SECONDS):
            use.look(roots)

    sampler = Thread(target=sample, daemon=True)
    sampler.start()
    try:
        yield use
    finally:
        over.set()
        sampler.join()
        use.look(roots)


def family(pid: int) -> list[psutil.Process]:
    """A process and all that descend from it."""
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.Error:
        return []


def thread_seconds(pid: int, names: Path) -> dict[str, float]:
    """Processor seconds of a process's threads by name; `names` is written by `named.py`."""
    known: dict[str, str] = json.loads(names.read_text())
    sums: dict[str, float] = defaultdict(float)
    for each in psutil.Process(pid).threads():
        sums[known.get(str(each.id), "other")] += each.user_time + each.system_time
    return dict(sums)
