"""Hundreds of speech sessions in one process: what they cost."""

from typing import Any

from benchmarks.rig import books
from benchmarks.rig.figures import FIRST_SECONDS, Finished, run_seconds, utilisation
from benchmarks.rig.fleet import Fleet, fleet, wait
from benchmarks.rig.pace import wait_for_slots
from benchmarks.rig.servers import Provider
from benchmarks.rig.watch import thread_seconds, watching

LOOP = "narrator-speech"


def of_one_process(*, sessions: int, minutes: float) -> dict[str, Any]:
    """One speech worker with so many sockets, at the provider's full rate."""
    provider = Provider(sockets=sessions)
    with fleet(provider, workers=1, allowance=sessions, sockets=sessions) as running:
        running.submit_books(books.copies_for(sessions * 2_400 * (minutes + 4)))
        opened = wait_for_slots(running, sessions)
        wait(max(opened.values()) + FIRST_SECONDS - running.records.now())
        return watched(running, minutes, opened)


def watched(running: Fleet, minutes: float, opened: dict[int, float]) -> dict[str, Any]:
    """What the worker uses from the end of its sockets' first minute on."""
    until = max(opened.values()) + run_seconds(minutes)
    worker, names = running.workers[1].pid, running.threads_of(1)
    began, hours = running.records.now(), running.records.audio_hours()
    threads = thread_seconds(worker, names)
    with watching(running.roots()) as use:
        wait(until - began)
        ended, made = running.records.now(), running.records.audio_hours() - hours
        spent = thread_seconds(worker, names)
    seconds = ended - began
    finished = running.records.finished()
    chars = chars_between(finished, began, ended)
    figures = utilisation(finished, opened=opened, until=until, minutes=minutes)
    cpu = use.cpu_seconds()
    mine = cpu["speech worker 1"]
    return {
        "sessions": len(opened),
        "workers": 1,
        **running.about(),
        "seconds": round(seconds, 1),
        "sockets_open": running.witness.stats()["sockets_open"],
        "utilisation": figures.as_json(),
        "audio_hours": round(made, 3),
        "worker_cpu_seconds_an_audio_hour": round(mine / made, 2),
        "worker_cpu_seconds_a_million_chars": round(mine / chars * 1e6, 1),
        "worker_cores": round(mine / seconds, 3),
        "loop_share_of_a_core": round((spent[LOOP] - threads[LOOP]) / seconds, 4),
        "threads_share_of_a_core": shares(threads, spent, seconds),
        "peak_megabytes": use.peak_megabytes(),
        "cpu_seconds": cpu,
        "server": running.witness.stats(),
    }


def chars_between(finished: list[Finished], began: float, ended: float) -> int:
    """Characters finished in that time."""
    return sum(each.chars for each in finished if began <= each.at < ended)


def shares(before: dict[str, float], after: dict[str, float], seconds: float) -> dict[str, float]:
    """Each kind of thread's share of a core; those of a pool are taken together."""
    found: dict[str, float] = {}
    for name, spent in after.items():
        kind = "pool" if name.startswith("ThreadPoolExecutor") else name
        share = (spent - before.get(name, 0.0)) / seconds
        found[kind] = round(found.get(kind, 0.0) + share, 4)
    return {kind: share for kind, share in sorted(found.items()) if share >= 0.0005}  # noqa: PLR2004


def table(report: dict[str, Any]) -> list[str]:
    """The figures that matter."""
    names = (
        "sessions",
        "sockets_open",
        "worker_cpu_seconds_an_audio_hour",
        "worker_cpu_seconds_a_million_chars",
        "worker_cores",
        "loop_share_of_a_core",
    )
    rows = [f"{name:38}{report[name]}" for name in names]
    rows.append(f"{'of_the_limit':38}{report['utilisation']['of_the_limit']}")
    peak = report["peak_megabytes"]["speech worker 1"]
    return [*rows, f"{'worker_peak_megabytes':38}{peak}"]
