"""How things are put to people, and failures to programs."""

import json

import click

from narrator.domain.errors import NarratorError


def fail(error: NarratorError, *, as_json: bool) -> None:
    """It cannot be done: one JSON object on standard output, or `complain`."""
    if as_json:
        failure = {"code": error.code, "reason": error.reason, "remedy": error.remedy}
        click.echo(json.dumps({"state": "failed", "failure": failure}))
    else:
        complain(error.reason, error.remedy)


def interrupted() -> None:
    """The user stopped it: one JSON object on standard output."""
    click.echo(json.dumps({"state": "interrupted"}))


def complain(reason: str, remedy: str) -> None:
    """An error on standard error: one line what is wrong, one line what to do about it."""
    click.echo(f"{click.style('narrator:', fg='red', bold=True)} {reason}", err=True)
    if remedy:
        click.echo(f"  {click.style('remedy:', bold=True)} {remedy}", err=True)


def clock(seconds: float) -> str:
    """A length of time as h:mm:ss, rounded to the second."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def dollars(amount: float) -> str:
    """An amount of US dollars; small ones keep enough digits to be seen."""
    return f"${amount:,.2f}" if amount >= 1 or amount == 0 else f"${amount:.4f}"


def count(number: int, thing: str) -> str:
    """A number and its thing: `1 chapter`, `1,200 chapters`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def voices(chars: dict[str, int]) -> list[str]:
    """Who says how many characters, a line each, where more than one does."""
    if len(chars) <= 1:
        return []
    return [f"spoken by {voice}: {count(number, 'character')}" for voice, number in chars.items()]
