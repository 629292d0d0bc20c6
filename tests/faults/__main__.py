"""The long form: `python -m tests.faults --seeds 1-200 --out FILE`, or `--points`.

Each run is a line of JSON in FILE, so that a run that was ended goes on with the seeds that are
not in it yet. At the end, or with `--summary` at once, FILE is summed up.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from narrator.domain.failpoints import FailPoint
from tests.faults.run import append, run_points, run_seeds
from tests.faults.summary import points_table, summary


def main() -> int:
    """Run what is asked for; 1 where anything went wrong."""
    asked = parser().parse_args()
    results = read(asked.out)
    if not asked.summary:
        for result in todo(asked, results):
            append(asked.out, result)
            results.append(result)
            print(told(result), file=sys.stderr, flush=True)  # noqa: T201
    rows = points_table(results) if asked.points else summary(results)
    print("\n".join(rows))  # noqa: T201
    return 0 if all(result["good"] for result in results) else 1


def todo(asked: argparse.Namespace, results: list[dict[str, Any]]) -> Any:
    """The runs that are not in the results yet."""
    keep = asked.out.with_suffix(".logs")
    if asked.points:
        had = {result.get("point") for result in results}
        return run_points([point for point in FailPoint if point not in had], keep=keep)
    had = {result.get("seed") for result in results}
    return run_seeds([seed for seed in asked.seeds if seed not in had], keep=keep)


def read(path: Path) -> list[dict[str, Any]]:
    """The results so far."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def told(result: dict[str, Any]) -> str:
    """A run in a line."""
    name = result.get("seed", result.get("point"))
    state = "good" if result["good"] else f"WRONG {result['wrong']}"
    figures = f"{result['seconds']} s, {len(result['deaths'])} deaths"
    return f"{name}: {state}; {figures}, {result['account']['resent']} characters sent again"


def seeds(text: str) -> list[int]:
    """`1-200`, `7`, or `3,5,8-10`."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found.extend(range(int(first), int(last or first) + 1))
    return found


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("--seeds", type=seeds, default=seeds("1-200"))
    made.add_argument("--points", action="store_true", help="kill once at each failpoint")
    made.add_argument("--out", type=Path, required=True)
    made.add_argument("--summary", action="store_true", help="only sum up what is there")
    return made


if __name__ == "__main__":
    sys.exit(main())
