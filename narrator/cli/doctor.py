"""`narrator doctor`: what is missing or misconfigured, and how to mend it."""

import json
from dataclasses import asdict

import click

from narrator.cli.app import FAILED, OK
from narrator.cli.checks import Check, State, examine

_COLOURS = {State.OK: "green", State.WARN: "yellow", State.FAIL: "red"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor(*, as_json: bool) -> int:
    """Say what is missing or misconfigured, and how to mend it. Exits 1 where something must be."""
    checks: list[Check] = []
    for check in examine():
        checks.append(check)
        if not as_json:
            _print(check)
    is_well = all(check.state is not State.FAIL for check in checks)
    if as_json:
        click.echo(json.dumps({"ok": is_well, "checks": [asdict(check) for check in checks]}))
    return OK if is_well else FAILED


def _print(check: Check) -> None:
    mark = click.style(f"{check.state.value:<4}", fg=_COLOURS[check.state])
    click.echo(f"{mark}  {check.name:<13} {check.says}")
    if check.remedy:
        click.echo(f"{'':19} {check.remedy}")
