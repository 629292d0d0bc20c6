"""`narrator plan`: what would be spoken, what would not and why, and what it would cost."""

import json
from pathlib import Path
from typing import Any

import click

from narrator.bootstrap import bootstrap
from narrator.cli.book import document_name, readable
from narrator.cli.choices import chosen, text_options
from narrator.cli.lexicons import effective_here, given_lexicon, lexicon_option
from narrator.cli.say import clock, count, dollars, voices
from narrator.domain.cap import capped_chars, other_plan
from narrator.domain.chapters import parse_chapters
from narrator.domain.documents import Document, Skip
from narrator.domain.plan import Plan
from narrator.domain.voices import DEFAULT_VOICE, Voice
from narrator.services.plan import preview
from narrator.services.plan_document import Conditions, plan_document
from narrator.settings import load

_TITLE_COLUMNS = 44
_EXCERPT_CHARS = 60


@click.command()
@click.argument("book")
@click.option("--chapters", default="", help="Such as 1,3-5; all by default.")
@click.option("--voice", default=DEFAULT_VOICE, show_default=True, help="A Deepgram Aura voice.")
@click.option("--speed", default=1.0, show_default=True, help="0.7 to 1.5.")
@text_options
@lexicon_option
@click.option("--plan-hash", default="", help="Refuse the plan unless it has this hash.")
@click.option("--max-cost", type=float, help="Warn if it costs more, in US dollars.")
@click.option("--skips", is_flag=True, help="List every stretch that is left out.")
@click.option("--full", is_flag=True, help="With --json: the whole plan, chunk by chunk.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def plan(  # noqa: PLR0913 - one argument an option
    book: str,
    chapters: str,
    voice: str,
    speed: float,
    lexicon_file: Path | None,
    plan_hash: str,
    max_cost: float | None,
    *,
    skips: bool,
    full: bool,
    as_json: bool,
    **text: tuple[str, ...],
) -> None:
    """List BOOK's chapters as `--chapters` counts them; nothing is spoken or stored."""
    settings = load()
    services, price = bootstrap(settings), settings.price_per_1000_chars
    lexicon = effective_here(settings, services, given_lexicon(lexicon_file))
    conditions = Conditions(
        voice=Voice(name=voice, speed=speed),
        price_per_1000_chars=price,
        terms=services.terms,
        max_chars=capped_chars(max_cost, price_per_1000_chars=price),
        lexicon=lexicon,
    )
    numbers, choices = parse_chapters(chapters), chosen(**text)
    with readable(book, most_bytes=settings.read.document_bytes) as path:
        name = document_name(book)
        document, made = preview(
            services.reader,
            path,
            name=name,
            chapters=numbers,
            choices=choices,
            lexicon=lexicon,
            narrator=voice,
        )
    shown = plan_document(made, conditions, full=full)
    if plan_hash and plan_hash.lower() != shown["hash"]:
        raise other_plan(plan_hash, shown["hash"])
    if as_json:
        click.echo(in_json(shown))
    else:
        left_out = _listed(document, made) if skips else []
        click.echo("\n".join([*_lines(shown), *left_out, *_total(shown, price)]))


def in_json(value: dict[str, Any]) -> str:
    """A JSON text that can be printed, whatever characters the document has."""
    text = json.dumps(value, ensure_ascii=False)
    return text if _printable(text) else json.dumps(value)


def _printable(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _lines(shown: dict[str, Any]) -> list[str]:
    creators = ", ".join(shown["creators"])
    return [
        " · ".join(filter(None, (shown["title"], creators, shown["format"]))),
        "",
        f"{'':>4}  {'chapter':<{_TITLE_COLUMNS}} {'chunks':>7} {'characters':>11} {'about':>9}",
        *(_row(chapter) for chapter in shown["chapters"]),
        "",
        *(
            f"left out ({reason}): {count(number['chars'], 'character')}"
            f" in {count(number['stretches'], 'place')}"
            for reason, number in shown["skipped"].items()
        ),
        *(
            f"reworded ({rule}): {count(number, 'place')}"
            for rule, number in shown["edits"].items()
        ),
        *voices(shown["voices"]),
        *(_warning(each) for each in shown["warnings"]),
    ]


def _row(chapter: dict[str, Any]) -> str:
    title = chapter["title"] or "(no title)"
    if len(title) > _TITLE_COLUMNS:
        title = f"{title[: _TITLE_COLUMNS - 1]}…"
    return (
        f"{chapter['number']:>4}  {title:<{_TITLE_COLUMNS}} {chapter['chunks']:>7,}"
        f" {chapter['chars']:>11,} {clock(chapter['estimated_seconds']):>9}"
    )


def _warning(warning: dict[str, Any]) -> str:
    where = f"chapter {warning['chapter']}: " if warning["chapter"] else ""
    return f"warning: {where}{warning['reason']}"


def _listed(document: Document, made: Plan) -> list[str]:
    """Each stretch that is left out, but layout, in the order of the document."""
    skips = sorted(made.skips, key=lambda skip: skip.span)
    shown = (_skip(document.source, skip) for skip in skips)
    return ["", *filter(None, shown)]


def _skip(source: str, skip: Skip) -> str:
    words = " ".join(skip.span.of(source).split()) if len(skip.span) else ""
    if not words:
        return ""
    excerpt = words if len(words) <= _EXCERPT_CHARS else f"{words[: _EXCERPT_CHARS - 1]}…"
    plain = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in excerpt)
    return f"{skip.span.start:>9,} to {skip.span.end:>9,}  {skip.reason:<15} {plain}"


def _total(shown: dict[str, Any], price: float) -> list[str]:
    twice = shown["chars"] - shown["chars_to_send"]
    again = f"; {count(twice, 'character')} repeat others and cost nothing" if twice else ""
    return [
        f"plan {shown['hash']}",
        (
            f"spoken by {count(shown['slots'], 'socket')} in about"
            f" {clock(shown['estimated_wall_seconds'])}{again}"
        ),
        (
            f"in all: {count(len(shown['chapters']), 'chapter')},"
            f" {count(shown['chars'], 'character')} of spoken text,"
            f" about {clock(shown['estimated_seconds'])} of speech,"
            f" {dollars(shown['estimated_dollars'])} at Deepgram (${price:.3f} per 1,000)"
        ),
    ]
