"""How `narrator narrate` ends: a few lines, or one JSON object, on standard output."""

import json

import click

from narrator.cli.request import Outcome
from narrator.cli.say import clock, complain, count, dollars


def finished(outcome: Outcome, *, as_json: bool) -> None:
    """The book is there."""
    if as_json:
        click.echo(json.dumps(_finished_json(outcome)))
        return
    plays = f"plays {clock(outcome.audio_seconds)} in {count(outcome.chapters, 'chapter')}"
    click.echo(f"{outcome.path}  {plays}, made in {clock(outcome.elapsed_seconds)}")
    click.echo(_cost(outcome))
    click.echo(outcome.verdict.line)
    for problem in outcome.verdict.problems:
        click.echo(f"  {problem}")


def interrupted(*, as_json: bool) -> None:
    """The user stopped it."""
    if as_json:
        click.echo(json.dumps({"state": "interrupted"}))
    else:
        complain(
            "stopped; what is finished is kept", "run the same command again, it goes on there"
        )


def _cost(outcome: Outcome) -> str:
    rate = f"at Deepgram (${outcome.price_per_1000_chars:.3f} per 1,000)"
    line = f"{count(outcome.chars, 'character')} of spoken text: "
    if not outcome.bills:
        line += f"would have cost {dollars(outcome.dollars)} {rate}"
    elif outcome.chars_spoken_now:
        line += f"{dollars(outcome.dollars_billed)} {rate}"
    else:
        line += "nothing is billed"
    spoken_before = outcome.chars - outcome.chars_spoken_now
    if spoken_before == outcome.chars:
        line += "; all of them had been spoken before"
    elif spoken_before:
        line += f"; {spoken_before:,} of them had been spoken before"
    return line


def _finished_json(outcome: Outcome) -> dict[str, object]:
    return {
        "state": "succeeded",
        "job": outcome.job_id,
        "path": str(outcome.path),
        "manifest": str(outcome.manifest),
        "audio_seconds": round(outcome.audio_seconds, 3),
        "chapters": outcome.chapters,
        "chars": outcome.chars,
        "chars_from_takes": outcome.chars_from_takes,
        "chars_spoken_now": outcome.chars_spoken_now,
        "dollars": round(outcome.dollars, 6),
        "dollars_billed": round(outcome.dollars_billed, 6),
        "dollars_saved_by_takes": round(outcome.dollars_saved, 6),
        "billed": outcome.dollars_billed > 0,
        "elapsed_seconds": round(outcome.elapsed_seconds, 3),
        "verdict": outcome.verdict.details,
    }
