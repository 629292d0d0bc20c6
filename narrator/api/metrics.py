"""Figures for Prometheus, in a registry of this app's own.

Requests are counted as they end; work is counted in the database at each scrape, so that every API
process shows the same fleet, whichever is asked.
"""

import math
from collections.abc import Callable, Iterator

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from narrator.domain.errors import NarratorError
from narrator.domain.jobs import JobState, Progress
from narrator.domain.ledger import RESENT, Sums
from narrator.domain.steps import StepKind, StepState
from narrator.services.allowance import allowance
from narrator.services.kit import Services
from narrator.services.ports import Sweep

SHOWN_JOBS = 100
"""How many running jobs the gauge of characters adds up, newest first: a scrape stays cheap."""

log = structlog.get_logger(__name__)


class Metrics:
    """The figures of one app: `observe` each request, `expose` them all."""

    def __init__(self, *collectors: Collector) -> None:
        self._registry = CollectorRegistry()
        for collector in collectors:
            self._registry.register(collector)
        self._requests = Counter(
            "narrator_http_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "narrator_http_request_duration_seconds",
            "From a request's arrival to the end of its answer.",
            ("method", "route"),
            registry=self._registry,
        )

    def observe(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that has ended. `route` is a template, so that labels stay few."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def expose(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)


class Work(Collector):
    """Reads the fleet's work from the database when scraped."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def describe(self) -> Iterator[Metric]:
        """Nothing: registering must not touch the database."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """The gauges; only `narrator_database_up` 0 when the database does not answer."""
        up = GaugeMetricFamily("narrator_database_up", "Whether the database answered this scrape.")
        try:
            figures = [metric for figure in _FIGURES for metric in figure(self._services)]
        except NarratorError as error:
            log.warning("metrics_incomplete", code=error.code, reason=error.reason)
            figures = []
        up.add_metric((), bool(figures))
        yield from (up, *figures)


def _steps(services: Services) -> Iterator[Metric]:
    gauge = GaugeMetricFamily("narrator_steps", "Rows of work.", labels=("kind", "state"))
    counts = services.steps.counts()
    for kind in StepKind:
        for state in StepState:
            gauge.add_metric((kind, state), counts.get((kind, state), 0))
    yield gauge


def _jobs(services: Services) -> Iterator[Metric]:
    gauge = GaugeMetricFamily("narrator_jobs", "Jobs.", labels=("state",))
    states = services.jobs.states()
    for state in JobState:
        gauge.add_metric((state,), states.get(state, 0))
    yield gauge


def _spoken(services: Services) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "narrator_spoken_chars",
        "Characters of all jobs' finished slices, those that earlier takes answered among them.",
        value=services.jobs.spoken_chars(),
    )


def _spoilt(services: Services) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "narrator_takes_spoilt",
        "Takes of all jobs that were gone, or not what was stored, and were spoken again.",
        value=services.jobs.takes_spoilt(),
    )


def _doubtful(services: Services) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "narrator_takes_doubtful",
        "Kept takes that the quality gate doubts, although each is the best of several.",
        value=services.jobs.takes_doubtful(),
    )


def _chars(services: Services) -> Iterator[Metric]:
    gauge = GaugeMetricFamily(
        "narrator_running_chars",
        f"Characters of the {SHOWN_JOBS} newest running jobs: planned, spoken, and of these"
        " answered by earlier takes.",
        labels=("part",),
    )
    running = [
        services.jobs.progress(job.id)
        for job in services.jobs.recent(limit=SHOWN_JOBS, state=JobState.RUNNING)
    ]
    for part, chars in _parts(running).items():
        gauge.add_metric((part,), chars)
    yield gauge


def _parts(running: list[Progress]) -> dict[str, int]:
    return {
        "planned": sum(progress.chars for progress in running),
        "spoken": sum(progress.chars_spoken for progress in running),
        "from_takes": sum(progress.chars_from_takes for progress in running),
    }


def _speech(services: Services) -> Iterator[Metric]:
    shown = allowance(services)
    account = shown.account
    yield GaugeMetricFamily(
        "narrator_slots_used", "Slots to open a socket that are held.", value=account.used
    )
    yield GaugeMetricFamily(
        "narrator_slots_ceiling",
        "Sockets that the fleet may have open now.",
        value=math.floor(account.ceiling),
    )
    yield GaugeMetricFamily(
        "narrator_account_paused",
        "Whether the provider refuses the account, so that its jobs wait.",
        value=account.fault is not None,
    )
    yield from _ledger(shown.sums)


def _ledger(sums: Sums) -> Iterator[Metric]:
    """Gauges, since both may fall: what was lost turns up late, or was not sent after all."""
    yield GaugeMetricFamily(
        "narrator_sent_chars",
        "Characters sent to the provider, those under way left out.",
        value=sums.sent - sums.under_way,
    )
    resent = GaugeMetricFamily(
        "narrator_resent_chars",
        "Those that finished nothing, by what became of them.",
        labels=("outcome",),
    )
    for outcome in sorted(RESENT):
        resent.add_metric((outcome,), sums.chars.get(outcome, 0))
    yield resent


def _swept(services: Services) -> Iterator[Metric]:
    counter = CounterMetricFamily(
        "narrator_swept_objects",
        "Objects that sweeps removed: of takes out of use, and those that nothing refers to.",
        labels=("sweep",),
    )
    removed = services.retention.removed()
    for each in Sweep:
        counter.add_metric((each,), removed.get(each, 0))
    yield counter


_FIGURES: tuple[Callable[[Services], Iterator[Metric]], ...] = (
    _jobs,
    _steps,
    _spoken,
    _spoilt,
    _doubtful,
    _chars,
    _speech,
    _swept,
)
