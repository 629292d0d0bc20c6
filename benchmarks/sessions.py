"""Speech sessions at the provider's limit: one fleet, one allowance, beside a plain SDK program.

    python benchmarks/sessions.py utilisation --slots 45 --workers 4 --minutes 5
    python benchmarks/sessions.py sdk --slots 45
    python benchmarks/sessions.py compare --slots 45 --workers 4
    python benchmarks/sessions.py article
    python benchmarks/sessions.py sockets --sessions 200
    python benchmarks/sessions.py soak --minutes 30
    python benchmarks/sessions.py slots --minutes 15

Everything runs in processes of its own on this machine: the fleet (PostgreSQL with its default
durability, Valkey, a folder store, speech workers, one audio worker), the Speak server with its
limits on, at 150 ms to the first audio and 40 ms for each 100 characters. Text is the sample book,
as often as it takes, each copy for another tenant, so that no take answers.

Utilisation is characters finished ÷ (slots × 2,400 × minutes); `benchmarks/rig/figures.py` says
over which stretch. A table goes to standard error, everything as JSON to standard output. Without
a command it is `compare`.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.rig import article, crowd, faults, pace, soak

Report = tuple[list[dict[str, Any]], list[str]]


def utilisation(asked: argparse.Namespace) -> Report:
    """A fleet's share of the limit."""
    report = pace.of_the_fleet(slots=asked.slots, workers=asked.workers, minutes=asked.minutes)
    return [report], pace.table([report])


def sdk(asked: argparse.Namespace) -> Report:
    """The share of the limit that a plain program on the SDK reaches."""
    report = pace.of_the_sdk(slots=asked.slots, minutes=asked.minutes)
    return [report], pace.table([report])


def compare(asked: argparse.Namespace) -> Report:
    """Both at once."""
    reports = pace.side_by_side(slots=asked.slots, workers=asked.workers, minutes=asked.minutes)
    return reports, pace.table(reports)


def an_article(asked: argparse.Namespace) -> Report:
    """A short text on an idle fleet."""
    reports = article.timed(
        slots=asked.slots, workers=asked.workers, chars=asked.chars, times=asked.times
    )
    return reports, article.table(reports)


def sockets(asked: argparse.Namespace) -> Report:
    """Many sessions in one process."""
    report = crowd.of_one_process(sessions=asked.sessions, minutes=asked.minutes)
    return [report], crowd.table(report)


def a_soak(asked: argparse.Namespace) -> Report:
    """A provider that fails at every kind of moment."""
    report = soak.soaked(
        slots=asked.slots,
        workers=asked.workers,
        minutes=asked.minutes,
        share=asked.chaos_share,
        seed=asked.seed,
    )
    return [report], soak.table(report)


def slots(asked: argparse.Namespace) -> Report:
    """A fleet whose processes and servers die."""
    report = faults.survived(
        slots=asked.slots, workers=asked.workers, minutes=asked.minutes, seed=asked.seed
    )
    return [report], faults.table(report)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    main = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = main.add_subparsers()

    def command(
        name: str, run: Callable[[argparse.Namespace], Report], **numbers: float
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=run.__doc__)
        for option, default in numbers.items():
            flag = f"--{option.replace('_', '-')}"
            added.add_argument(flag, type=type(default), default=default)
        added.set_defaults(run=run)
        return added

    command("utilisation", utilisation, slots=45, workers=4, minutes=5.0)
    command("sdk", sdk, slots=45, minutes=5.0)
    command("compare", compare, slots=45, workers=4, minutes=5.0)
    command("article", an_article, slots=45, workers=4, chars=12_000, times=3)
    command("sockets", sockets, sessions=200, minutes=3.0)
    command("soak", a_soak, slots=8, workers=2, minutes=30.0, chaos_share=0.05, seed=7)
    command("slots", slots, slots=15, workers=8, minutes=15.0, seed=7)
    return main


def beside(reports: list[dict[str, Any]]) -> list[str]:
    """What stands beside the figures: who spoke how late, and where it was kept."""
    told = (
        f"{each.get('program', 'narrator')}: engine {each['engine']}, delay {each['delay']},"
        f" store {each['store']}"
        for each in reports
    )
    return list(dict.fromkeys(told))


def main() -> None:
    """Measure what is asked for, print it."""
    asked = parser().parse_args(sys.argv[1:] or ["compare"])
    reports, rows = asked.run(asked)
    print("\n".join([*beside(reports), *rows]), file=sys.stderr)
    print(json.dumps(reports, indent=2))


if __name__ == "__main__":
    main()
