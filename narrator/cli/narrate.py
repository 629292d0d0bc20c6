"""`narrator narrate`: a book in, an audiobook out, on this machine alone."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import click

from narrator import settings as configuration
from narrator.cli import report
from narrator.cli.app import FAILED, INTERRUPTED, OK
from narrator.cli.book import document_name, readable
from narrator.cli.choices import chosen, text_options
from narrator.cli.endpoint import bills, limits_pace, need_key
from narrator.cli.lexicons import given_lexicon, lexicon_option
from narrator.cli.recordings import need_ear, produced, recording_options
from narrator.cli.request import Outcome, Request, outcome_path
from narrator.cli.views import View, view_on
from narrator.domain.artifacts import AudioFormat
from narrator.domain.cap import capped_chars
from narrator.domain.chapters import parse_chapters
from narrator.domain.jobs import JobOptions, OnDead
from narrator.domain.voices import DEFAULT_VOICE, Voice
from narrator.embedded.environment import Caller
from narrator.embedded.fleet import Fleet
from narrator.embedded.processes import Death


@click.command()
@click.argument("book")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The audiobook; by default BOOK's name in this folder. Its extension names the format.",
)
@click.option("--voice", default=DEFAULT_VOICE, show_default=True, help="A Deepgram Aura voice.")
@click.option(
    "--format",
    "format_",
    type=click.Choice([each.value for each in AudioFormat]),
    help="By default what OUT's extension says, else m4b.",
)
@click.option("--chapters", default="", help="Such as 1,3-5, as `narrator plan` counts them.")
@click.option("--speed", default=1.0, show_default=True, help="0.7 to 1.5.")
@click.option(
    "--on-dead",
    type=click.Choice([each.value for each in OnDead]),
    default=OnDead.FAIL.value,
    show_default=True,
    help="What to make of chunks that cannot be spoken: a failure, or a gap that is stated.",
)
@text_options
@lexicon_option
@recording_options
@click.option("--plan-hash", default="", help="Carry out the plan of this hash, or refuse.")
@click.option("--max-cost", type=float, help="Send no more than so many US dollars pay for.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object; progress as JSON lines."
)
def narrate(  # noqa: PLR0913 - one argument an option
    book: str,
    out: Path | None,
    voice: str,
    format_: str | None,
    chapters: str,
    speed: float,
    on_dead: str,
    *,
    lexicon_file: Path | None,
    plan_hash: str,
    max_cost: float | None,
    as_json: bool,
    **choices: Any,  # noqa: ANN401 - of the text, and of the recording
) -> int:
    """Narrate BOOK: a file, the URL of a page or file, or - for standard input.

    Interrupted, the same command goes on where it was. With DEEPGRAM_API_KEY it speaks with
    Deepgram; without it, to try, with an offline voice that costs nothing.
    """
    path, format_chosen = outcome_path(book, out, format_)
    settings = configuration.load()
    options = JobOptions(
        voice=Voice(name=voice, speed=speed),
        format=format_chosen,
        chapters=parse_chapters(chapters),
        on_dead=OnDead(on_dead),
        production=produced(choices),
        text=chosen(**choices),
        plan_hash=plan_hash.lower(),
        max_chars=capped_chars(max_cost, price_per_1000_chars=settings.price_per_1000_chars),
    )
    lexicon = given_lexicon(lexicon_file)
    need_key(settings)
    need_ear(options.production)
    with readable(book, most_bytes=settings.read.document_bytes) as source:
        name = document_name(book, otherwise=path.stem)
        request = Request(book=source, name=name, out=path, options=options, lexicon=lexicon)
        return _run(request, limits_pace(settings), as_json=as_json)


def _run(request: Request, time_scale: float, *, as_json: bool) -> int:
    try:
        with _stoppable(), view_on(sys.stderr, as_json=as_json, time_scale=time_scale) as view:
            outcome = _narrate(request, view)
    except KeyboardInterrupt:
        report.interrupted(as_json=as_json)
        return INTERRUPTED
    report.finished(outcome, as_json=as_json)
    return OK if outcome.verdict.ok else FAILED


def _narrate(request: Request, view: View) -> Outcome:
    caller = Caller(given=configuration.given(), inherited=configuration.inherited())
    with Fleet(caller, on_death=lambda death: view.note(_sad(death))) as fleet:
        # The servers boot while this process loads what it needs itself.
        from narrator.cli.narration import Narration, prepare  # noqa: PLC0415

        try:
            return Narration(
                fleet,
                prepare(fleet.settings),
                request,
                view,
                price_per_1000_chars=fleet.settings.price_per_1000_chars,
                bills=bills(fleet.settings),
            ).run()
        except KeyboardInterrupt:
            view.note("stopping; press Ctrl-C again to stop without waiting")
            raise


def _sad(death: Death) -> str:
    return f"the {death.name} died and is started again in {death.after_seconds:g} s"


@contextmanager
def _stoppable() -> Iterator[None]:
    """Take SIGTERM and SIGHUP like Ctrl-C: stop in good order, keep everything.

    A signal that this process was told to ignore (`nohup`) stays ignored.
    """

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {
        number: signal.signal(number, interrupt)
        for number in (signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
