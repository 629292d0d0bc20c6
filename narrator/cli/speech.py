"""`narrator speech`: how the provider's account stands, and what was sent to it."""

import json
import math
import time
from dataclasses import replace

import click

from narrator import bootstrap
from narrator import settings as configuration
from narrator.cli.say import clock, count
from narrator.domain.errors import Missing
from narrator.domain.ledger import RESENT, Sums
from narrator.domain.slots import Account
from narrator.embedded.environment import trial_speaker
from narrator.embedded.lock import DATABASE_NAME, home_of
from narrator.services.allowance import Allowance, allowance
from narrator.settings import Settings

_LABEL = 9


@click.command()
@click.option("--speaker", help="The account's name; that of your settings by default.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def speech(speaker: str | None, *, as_json: bool) -> None:
    """Say how many sockets may be open and how many are, what is wrong, and what was sent.

    It asks the database, not the provider: `narrator doctor` does that.
    """
    settings = configuration.load()
    _need_database(settings)
    shown = allowance(bootstrap.bootstrap(_named(settings, speaker)))
    if as_json:
        click.echo(json.dumps(as_object(shown)))
    else:
        click.echo("\n".join(lines(shown, now=time.time())))


def lines(shown: Allowance, *, now: float) -> list[str]:
    """For people; `now` is in seconds since the epoch."""
    account = shown.account
    ceiling = math.floor(account.ceiling)
    rows = [
        ("speaker", shown.speaker),
        ("sockets", f"{account.used} of {ceiling} held{_below(ceiling, shown.most)}"),
        ("provider", _wrong(account, now)),
        ("sent", _sent(shown.sums)),
    ]
    told = [f"{label:<{_LABEL}} {says}" for label, says in rows]
    if account.fault:
        told.insert(3, f"{'':{_LABEL}} {account.fault.remedy}")
    return told


def as_object(shown: Allowance) -> dict[str, object]:
    """For programs; instants are seconds since the epoch."""
    account, sums = shown.account, shown.sums
    fault = account.fault
    return {
        "speaker": shown.speaker,
        "slots_ceiling": math.floor(account.ceiling),
        "slots_most": shown.most,
        "slots_used": account.used,
        "failures": account.failures,
        "shut_until": account.shut_until,
        "paused_at": account.paused_at,
        "pause": fault and {"code": fault.code, "reason": fault.reason, "remedy": fault.remedy},
        "chars_sent": sums.sent,
        "chars_kept": sums.kept,
        "chars_resent": {each.value: sums.chars.get(each, 0) for each in sorted(RESENT)},
    }


def _need_database(settings: Settings) -> None:
    """Raise unless there is a database to ask; looking must not make one."""
    home = home_of(settings.database_url)
    if home and not (home / DATABASE_NAME).exists():
        raise Missing(
            f"nothing has been narrated in {home} yet",
            remedy="name the home by NARRATOR_HOME, or the fleet's database by"
            " NARRATOR_DATABASE_URL",
        )
    bootstrap.check_database(settings)


def _named(settings: Settings, speaker: str | None) -> Settings:
    """A trial on a home of one's own speaks under the name of its engine."""
    if not speaker and settings.embedded.trial and home_of(settings.database_url):
        speaker = trial_speaker(settings.embedded)
    named = replace(settings.speech, speaker=speaker or settings.speech.speaker)
    return replace(settings, speech=named)


def _below(ceiling: int, most: int) -> str:
    return "" if ceiling >= most else f" (of {most} usually: the provider refused more)"


def _wrong(account: Account, now: float) -> str:
    if account.fault:
        since = clock(max(0.0, now - (account.paused_at or now)))
        return f"refuses the account since {since}, jobs are paused: {account.fault.reason}"
    if account.failures:
        failed = f"{count(account.failures, 'session')} could not be opened since one last was"
        return f"does not answer: {failed}{_rest(account, now)}"
    return f"nothing is wrong{_rest(account, now)}"


def _rest(account: Account, now: float) -> str:
    seconds = (account.shut_until or now) - now
    return f"; no new session for {seconds:.0f} s" if seconds > 0 else ""


def _sent(sums: Sums) -> str:
    causes = ", ".join(
        f"{sums.chars[each]:,} {each}" for each in sorted(RESENT) if each in sums.chars
    )
    again = f", {sums.resent:,} to be sent again ({causes})" if sums.resent else ""
    rest = f", {sums.under_way:,} under way" if sums.under_way else ""
    return f"{count(sums.sent, 'character')}: {sums.kept:,} kept{again}{rest}"
