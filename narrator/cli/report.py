"""How `narrator narrate` ends: a few lines, or one JSON object, on standard output."""

import json

import click

from narrator.cli import say
from narrator.cli.request import Outcome
from narrator.cli.say import clock, complain, count, dollars


def finished(outcome: Outcome, *, as_json: bool) -> None:
    """The book is there."""
    if as_json:
        click.echo(json.dumps(_finished_json(outcome)))
        return
    for line in (*_files(outcome), _cost(outcome)):
        click.echo(line)
    for line in say.voices(outcome.voices):
        click.echo(line)
    click.echo(outcome.verdict.line)
    for problem in outcome.verdict.problems:
        click.echo(f"  {problem}")


def interrupted(*, as_json: bool) -> None:
    """The user stopped it."""
    if as_json:
        say.interrupted()
    else:
        complain(
            "stopped; what is finished is kept", "run the same command again, it goes on there"
        )


def _files(outcome: Outcome) -> list[str]:
    """Each file in a line; how long a single recording plays stands beside it."""
    plays = (
        f"plays {clock(outcome.audio_seconds)} in {count(outcome.chapters, 'chapter')},"
        f" made in {clock(outcome.elapsed_seconds)}"
    )
    files = [str(path) for path in (*outcome.recordings, *outcome.companions)]
    return [*files, plays] if len(files) > 1 else [f"{files[0]}  {plays}"]


def _cost(outcome: Outcome) -> str:
    """What was sent, what that costs, and what need not be sent."""
    parts = [f"{count(outcome.chars, 'character')} of spoken text: {_sent(outcome)}"]
    if outcome.chars_from_takes:
        parts.append(f"{outcome.chars_from_takes:,} answered by earlier takes")
    if outcome.chars_before:
        parts.append(f"{outcome.chars_before:,} spoken by earlier runs")
    if outcome.takes_spoilt:
        takes = count(outcome.takes_spoilt, "stored take")
        parts.append(f"{takes} spoilt and spoken again")
    if outcome.takes_doubtful:
        takes = count(outcome.takes_doubtful, "take")
        parts.append(f"{takes} doubtful, though the best of several: see the manifest")
    return "; ".join(parts)


def _sent(outcome: Outcome) -> str:
    if not outcome.chars_sent_now:
        return "nothing sent, nothing billed"
    again = f" ({outcome.chars_resent_now:,} of them again)" if outcome.chars_resent_now else ""
    owed = "" if outcome.bills else "would have cost "
    rate = f"at Deepgram (${outcome.price_per_1000_chars:.3f} per 1,000)"
    return f"{outcome.chars_sent_now:,} sent{again}, {owed}{dollars(outcome.dollars_sent)} {rate}"


def _finished_json(outcome: Outcome) -> dict[str, object]:
    return {
        "state": "succeeded",
        "job": outcome.job_id,
        "path": str(outcome.recordings[0]),
        "recordings": [str(path) for path in outcome.recordings],
        "companions": [str(path) for path in outcome.companions],
        "manifest": str(outcome.manifest),
        "audio_seconds": round(outcome.audio_seconds, 3),
        "chapters": outcome.chapters,
        "chars": outcome.chars,
        "chars_from_takes": outcome.chars_from_takes,
        "voices": outcome.voices,
        "chars_sent": outcome.sums.sent,
        "chars_resent": outcome.sums.resent,
        "takes_spoilt": outcome.takes_spoilt,
        "takes_doubtful": outcome.takes_doubtful,
        "chars_sent_now": outcome.chars_sent_now,
        "chars_resent_now": outcome.chars_resent_now,
        "dollars": round(outcome.dollars, 6),
        "dollars_billed": round(outcome.dollars_billed, 6),
        "dollars_saved_by_takes": round(outcome.dollars_saved, 6),
        "billed": outcome.dollars_billed > 0,
        "elapsed_seconds": round(outcome.elapsed_seconds, 3),
        "verdict": outcome.verdict.details,
    }
