"""Utilisation: Narrator's fleet, and a program on the published SDK, at the same limits."""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.rig import books
from benchmarks.rig.figures import ALLOWED, Finished, run_seconds, utilisation
from benchmarks.rig.fleet import Fleet, fleet, wait, wait_for
from benchmarks.rig.servers import Provider, Witness, speak_server
from benchmarks.rig.watch import watching
from tests.servers import process
from tests.servers.process import Child

SDK = Path(__file__).with_name("sdk.py")
OPENING_SECONDS = 60.0
BEFORE_SECONDS = 60.0  # allowed for what a run takes before its sockets are open


def of_the_fleet(*, slots: int, workers: int, minutes: float) -> dict[str, Any]:
    """The book through a fleet."""
    with fleet(Provider(sockets=slots), workers=workers, allowance=slots) as running:
        return measured(running, slots=slots, minutes=minutes)


def measured(running: Fleet, *, slots: int, minutes: float) -> dict[str, Any]:
    """Submit enough, wait, and say what a running fleet made of it."""
    with watching(running.roots()) as use:
        running.submit_books(copies(slots, minutes))
        opened = wait_for_slots(running, slots)
        until = max(opened.values()) + run_seconds(minutes)
        wait(until - running.records.now())
    figures = utilisation(running.records.finished(), opened=opened, until=until, minutes=minutes)
    return {
        "program": "narrator",
        "slots": slots,
        "workers": len(running.workers),
        **running.about(),
        "utilisation": figures.as_json(),
        "ledger": running.records.sums(),
        "resent": running.records.faults(),
        "slice_seconds": running.records.slice_seconds(),
        "server": running.witness.stats(),
        "cpu_seconds": use.cpu_seconds(),
        "peak_megabytes": use.peak_megabytes(),
    }


def copies(slots: int, minutes: float) -> int:
    """Copies of the book that such a run cannot finish."""
    return books.copies_for(slots * 2_400 * (run_seconds(minutes) + BEFORE_SECONDS) / 60)


def wait_for_slots(running: Fleet, slots: int) -> dict[int, float]:
    """When each of the slots was first used, by the database's clock, once all are."""
    return wait_for(
        running.records.opened,
        lambda opened: len(opened) == slots,
        what=f"{slots} slots are used",
        seconds=OPENING_SECONDS + BEFORE_SECONDS,
    )


@dataclass(frozen=True, slots=True)
class SdkRun:
    """The SDK's program at work."""

    child: Child
    out: Path
    witness: Witness
    provider: Provider

    def report(self, *, slots: int, minutes: float) -> dict[str, Any]:
        """Its figures, once it has ended."""
        code = self.child.wait(timeout_seconds=run_seconds(minutes) + 120)
        assert code == 0, self.child.output()
        told = json.loads(self.out.read_text())
        finished = [Finished(at=at, chars=chars, slot=n) for at, chars, n in told["finished"]]
        opened = {n: at for at, n in reversed(told["opened"])}
        assert len(opened) == slots, self.child.output()
        until = max(opened.values()) + run_seconds(minutes)
        figures = utilisation(finished, opened=opened, until=until, minutes=minutes)
        return {
            "program": "deepgram-sdk",
            "slots": slots,
            "workers": 1,
            **self.provider.as_json(),
            "store": "a file a chapter",
            "utilisation": figures.as_json(),
            "sockets_opened": len(told["opened"]),
            "ends": told["ends"],
            "server": self.witness.stats(),
        }


@contextmanager
def sdk_at_work(*, slots: int, minutes: float) -> Iterator[SdkRun]:
    """The SDK's program against a Speak server of its own."""
    provider = Provider(sockets=slots)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="narrator-sdk-")))
        witness = stack.enter_context(speak_server(provider, folder))
        texts, out, audio = folder / "texts.json", folder / "events.json", folder / "audio"
        texts.write_text(json.dumps(books.chapters(max(slots, 12))))
        audio.mkdir()
        child = process.start(
            [
                *(sys.executable, SDK, "--url", witness.url, "--sockets", slots),
                *("--seconds", run_seconds(minutes) + 5, "--texts", texts),
                *("--audio", audio, "--out", out),
            ],
            log=folder / "sdk.log",
        )
        stack.callback(child.stop)
        yield SdkRun(child, out, witness, provider)


def of_the_sdk(*, slots: int, minutes: float) -> dict[str, Any]:
    """The book through the SDK's program."""
    with sdk_at_work(slots=slots, minutes=minutes) as run:
        return run.report(slots=slots, minutes=minutes)


def side_by_side(*, slots: int, workers: int, minutes: float) -> list[dict[str, Any]]:
    """Both at the same time, each with a Speak server of its own."""
    with sdk_at_work(slots=slots, minutes=minutes) as run:
        narrator = of_the_fleet(slots=slots, workers=workers, minutes=minutes)
        return [narrator, run.report(slots=slots, minutes=minutes)]


def table(reports: list[dict[str, Any]]) -> list[str]:
    """A row a run."""
    head = (
        f"{'program':14}{'slots':>6}{'workers':>8}{'of limit':>10}{'of allowed':>12}"
        f"{'mean':>8}{'first':>8}{'least':>8}{'most':>8}{'warnings':>10}{'closes':>8}{'avoidable':>10}{'full':>6}"
    )
    rows = [f"allowed by margin and slack: {ALLOWED:.4f} of the limit", head]
    for each in reports:
        share, server = each["utilisation"], each["server"]
        rows.append(
            f"{each['program']:14}{each['slots']:>6}{each['workers']:>8}"
            f"{share['of_the_limit']:>10.4f}{share['of_what_is_allowed']:>12.4f}"
            f"{share['mean_stretch']:>8.3f}{share['first_stretch']:>8.3f}"
            f"{share['least_stretch']:>8.3f}{share['most_stretch']:>8.3f}"
            f"{server['limit_warnings']:>10}{sum(server['closes_by_limit'].values()):>8}"
            f"{server['refused_avoidably']:>10}{server['refused_as_full']:>6}"
        )
    return rows
