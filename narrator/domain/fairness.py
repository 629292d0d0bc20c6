"""Whose step is next: the smaller priority first, then max-min fairness in characters.

Each turn goes to the tenant that has the fewest characters under way, and among its jobs to the one
that has the fewest: so that tenants, and the jobs of a tenant, share the slots evenly whatever
their sizes, and a short text does not wait for a long one. Nothing is kept from one choice to the
next: what is under way is what rows say.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from heapq import heapify, heappop, heapreplace
from itertools import groupby

from narrator.domain.ids import JobId, TenantId


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLoad:
    """What a job has under way in a queue, in characters.

    `ordinal` decides between equals, the smaller first: the job's age, or that of its queued step,
    so that with a single slot nobody is passed over for ever. A job that is not `waiting` has no
    step to give; it counts for its tenant all the same.
    """

    job_id: JobId
    tenant: TenantId
    priority: int
    ordinal: int
    chars: int
    waiting: bool = True


def fair_order(
    loads: Iterable[JobLoad], room: int, take: Callable[[JobId], int | None]
) -> list[JobId]:
    """The jobs that give the next steps, at most `room` of them, in order; a job may come again.

    `take` takes the next step of a job and returns its characters, None when the job has no more;
    it is called only for the job whose turn it is, so that nothing is fetched that is not chosen
    (but what a caller fetches ahead). A step without characters weighs one.
    """
    loads = list(loads)
    under_way: dict[TenantId, int] = {}
    for load in loads:
        under_way[load.tenant] = under_way.get(load.tenant, 0) + load.chars
    waiting = sorted((load for load in loads if load.waiting), key=lambda load: load.priority)
    order: list[JobId] = []
    for _, level in groupby(waiting, key=lambda load: load.priority):
        _serve(_Level(level, under_way), room, take, order)
    return order


class _Level:
    """The jobs of one priority: a heap of tenants, and a heap of jobs for each of them."""

    def __init__(self, loads: Iterable[JobLoad], under_way: dict[TenantId, int]) -> None:
        self._under_way = under_way
        self._jobs: dict[TenantId, list[tuple[int, int, JobId]]] = {}
        for load in loads:
            self._jobs.setdefault(load.tenant, []).append((load.chars, load.ordinal, load.job_id))
        for jobs in self._jobs.values():
            heapify(jobs)
        self._ages = {
            tenant: min(ordinal for _, ordinal, _ in jobs) for tenant, jobs in self._jobs.items()
        }
        self._tenants = [(under_way[tenant], age, tenant) for tenant, age in self._ages.items()]
        heapify(self._tenants)

    def first(self) -> JobId | None:
        """The job whose turn it is."""
        return self._jobs[self._tenants[0][2]][0][2] if self._tenants else None

    def took(self, chars: int) -> None:
        """The job whose turn it was has so many characters more under way."""
        _, _, tenant = self._tenants[0]
        under_way, ordinal, job_id = self._jobs[tenant][0]
        heapreplace(self._jobs[tenant], (under_way + chars, ordinal, job_id))
        self._under_way[tenant] += chars
        heapreplace(self._tenants, (self._under_way[tenant], self._ages[tenant], tenant))

    def dry(self) -> None:
        """The job whose turn it was has no more steps."""
        _, _, tenant = self._tenants[0]
        heappop(self._jobs[tenant])
        if not self._jobs[tenant]:
            heappop(self._tenants)


def _serve(
    level: _Level, room: int, take: Callable[[JobId], int | None], order: list[JobId]
) -> None:
    while len(order) < room and (job_id := level.first()) is not None:
        chars = take(job_id)
        if chars is None:
            level.dry()
        else:
            level.took(max(1, chars))
            order.append(job_id)
