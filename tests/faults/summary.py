"""What many runs say together."""

from collections import Counter
from collections.abc import Iterable
from statistics import mean
from typing import Any

from narrator.domain.failpoints import FailPoint
from tests.faults.schedule import FEWEST, Target

Result = dict[str, Any]


def summary(results: list[Result]) -> list[str]:
    """The table of a long run."""
    if not results:
        return ["no runs"]
    sums = Counter({name: sum(each[name] for each in results) for name in NAMES})
    kinds = Counter(done["fault"] for each in results for done in each["done"] if "fault" in done)
    deaths = [death for each in results for death in each["deaths"]]
    return [
        f"{'runs':40}{len(results):>8}   of them wrong: {wrong(results)}",
        *(f"{name:40}{sums[name]:>8}" for name in NAMES),
        f"{'faults':40}{kinds.total():>8}   a run: {kinds.total() / len(results):.1f}",
        f"{'runs with fewer than 5 under way':40}{few_under_way(results):>8}",
        f"{'seconds a run':40}{mean(each['seconds'] for each in results):>8.1f}",
        "",
        KILLED,
        *(killed(kind, of) for kind, of in grouped(deaths)),
        killed("all", deaths),
        "",
        f"{'characters sent again, a run':40}{figures(account(results, 'resent'))}",
        f"{'characters received again, a run':40}{figures(account(results, 'received_again'))}",
        *(f"  {code:38}{chars:>8}" for code, chars in by_code(results).most_common()),
        "",
        *(f"{kind:40}{number:>8}" for kind, number in sorted(kinds.items())),
        "",
        f"objects for the sweep: {dict(orphans(results))}",
    ]


KILLED = (
    f"{'killed':34}{'times':>6}{'busy':>6}{'in flight, characters: mean':>28}{'largest':>8}"
    f"{'utterances a socket':>20}{'claimed again: mean s':>22}{'longest':>8}"
)
POINTS = (
    f"{'failpoint':22}{'good':>6}{'killed':>8}{'claimed again, s':>18}{'all ended, s':>14}"
    f"{'sent again, characters':>24}"
)
NAMES = ("lost", "doubled", "stuck")


def wrong(results: list[Result]) -> str:
    """Which runs went wrong."""
    return ", ".join(str(each["seed"]) for each in results if not each["good"]) or "none"


def few_under_way(results: list[Result]) -> int:
    """Runs in which fewer than five faults came while jobs were open, and did anything."""
    return sum(under_way(each) < FEWEST for each in results)


def under_way(result: Result) -> int:
    """Faults that came before all jobs had ended; of failpoints those that somebody came by."""
    fired = [done for done in result["done"] if "fired" in done]
    befallen = [done for done in result["done"] if done.get("under_way")]
    return len(fired) + len([d for d in befallen if not d["fault"].startswith(Target.POINT)])


def account(results: list[Result], name: str) -> list[int]:
    """A figure of each run's account."""
    return [each["account"][name] for each in results]


def figures(values: list[int]) -> str:
    """The mean and the largest."""
    return f"mean {mean(values):.0f}, largest {max(values)}"


def by_code(results: list[Result]) -> Counter[str]:
    """Characters sent again, by outcome and fault."""
    counted: Counter[str] = Counter()
    for each in results:
        counted.update(each["account"]["resent_by_code"])
    return counted


def orphans(results: list[Result]) -> Counter[str]:
    """Objects that no row points to, by what they are."""
    counted: Counter[str] = Counter()
    for each in results:
        counted.update(each["orphans"])
    return counted


def grouped(deaths: Iterable[Result]) -> list[tuple[str, list[Result]]]:
    """Deaths by what died, failpoints together."""
    kinds: dict[str, list[Result]] = {}
    for death in deaths:
        kind = "at a failpoint" if death["kind"].startswith("failpoint") else death["kind"]
        kinds.setdefault(kind, []).append(death)
    return sorted(kinds.items())


def killed(kind: str, deaths: list[Result]) -> str:
    """One line: what the killed had in hand, and how soon it was somebody else's."""
    busy = [death for death in deaths if death["utterances"]]
    chars = [death["chars"] for death in busy] or [0]
    share = max((death["utterances"] / death["slots"] for death in busy), default=0.0)
    again = [d["claimed_again_seconds"] for d in deaths if d["claimed_again_seconds"]] or [0.0]
    return (
        f"{kind:34}{len(deaths):>6}{len(busy):>6}{mean(chars):>28.0f}{max(chars):>8}"
        f"{share:>20.2f}{mean(again):>22.2f}{max(again):>8.2f}"
    )


def points_table(results: list[Result]) -> list[str]:
    """Recovery by failpoint: from the kill to the next claim, and to the end of every job."""
    named = {each["point"]: each for each in results if "point" in each}
    rows = (_point_row(str(point), named[point]) for point in FailPoint if point in named)
    return [POINTS, *rows]


def _point_row(point: str, each: Result) -> str:
    death = next(iter(each["deaths"]), None)
    again = death and death["claimed_again_seconds"]
    fired = next((done["at"] for done in each["done"] if "fired" in done), 0.0)
    ended = max(0.0, each["ended_after_seconds"] - fired)  # some come after the jobs' end
    return (
        f"{point:22}{'yes' if each['good'] else 'NO':>6}{'yes' if death else 'NO':>8}"
        f"{again if again is not None else '–':>18}{ended:>14.1f}"
        f"{each['account']['resent']:>24}"
    )
