"""`narrator plan`: what would be spoken, what would not and why, and what it would cost."""

import json
from collections import Counter

import click

from narrator.bootstrap import bootstrap
from narrator.cli.book import document_name, readable
from narrator.cli.say import clock, count, dollars
from narrator.domain.chapters import parse_chapters
from narrator.domain.plan import Plan, PlannedChapter
from narrator.services.estimate import cost_dollars, seconds_of_speech
from narrator.services.plan import preview
from narrator.settings import load

_TITLE_COLUMNS = 44


@click.command()
@click.argument("book")
@click.option("--chapters", default="", help="Such as 1,3-5; all by default.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def plan(book: str, chapters: str, *, as_json: bool) -> None:
    """List BOOK's chapters as `--chapters` counts them; nothing is spoken or stored."""
    settings = load()
    with readable(book, most_bytes=settings.read.document_bytes) as path:
        made = preview(
            bootstrap(settings).reader,
            path,
            name=document_name(book),
            chapters=parse_chapters(chapters),
        )
    summary = summarise(made, price_per_1000_chars=settings.price_per_1000_chars)
    click.echo(json.dumps(summary, ensure_ascii=False) if as_json else "\n".join(_lines(made)))
    if not as_json:
        click.echo(_total(made, settings.price_per_1000_chars))


def summarise(made: Plan, *, price_per_1000_chars: float) -> dict[str, object]:
    """The plan's figures as a JSON object: characters, estimated seconds, US dollars."""
    return {
        "format": made.format,
        "title": made.metadata.title,
        "creators": list(made.metadata.creators),
        "source_chars": made.source_chars,
        "chapters": [_chapter(chapter) for chapter in made.chapters],
        "chars": made.chars,
        "chunks": sum(len(chapter.chunks) for chapter in made.chapters),
        "estimated_seconds": round(seconds_of_speech(made.chars), 1),
        "estimated_dollars": round(
            cost_dollars(made.chars, price_per_1000_chars=price_per_1000_chars), 6
        ),
        "skipped": skipped(made),
    }


def skipped(made: Plan) -> dict[str, dict[str, int]]:
    """Stretches and characters of the source that are left out, by reason, most first."""
    stretches: Counter[str] = Counter()
    chars: Counter[str] = Counter()
    for skip in made.skips:
        stretches[skip.reason.value] += 1
        chars[skip.reason.value] += len(skip.span)
    return {
        reason: {"stretches": stretches[reason], "chars": number}
        for reason, number in chars.most_common()
    }


def _chapter(chapter: PlannedChapter) -> dict[str, object]:
    return {
        "number": chapter.number,
        "title": chapter.title,
        "chunks": len(chapter.chunks),
        "chars": chapter.chars,
        "estimated_seconds": round(seconds_of_speech(chapter.chars), 1),
    }


def _lines(made: Plan) -> list[str]:
    creators = ", ".join(made.metadata.creators)
    return [
        " · ".join(filter(None, (made.metadata.title, creators, made.format))),
        "",
        f"{'':>4}  {'chapter':<{_TITLE_COLUMNS}} {'chunks':>7} {'characters':>11} {'about':>9}",
        *(_row(chapter) for chapter in made.chapters),
        "",
        *(
            f"left out ({reason}): {count(number['chars'], 'character')}"
            f" in {count(number['stretches'], 'place')}"
            for reason, number in skipped(made).items()
        ),
    ]


def _row(chapter: PlannedChapter) -> str:
    title = chapter.title or "(no title)"
    if len(title) > _TITLE_COLUMNS:
        title = f"{title[: _TITLE_COLUMNS - 1]}…"
    return (
        f"{chapter.number:>4}  {title:<{_TITLE_COLUMNS}} {len(chapter.chunks):>7,}"
        f" {chapter.chars:>11,} {clock(seconds_of_speech(chapter.chars)):>9}"
    )


def _total(made: Plan, price: float) -> str:
    cost = cost_dollars(made.chars, price_per_1000_chars=price)
    return (
        f"in all: {count(len(made.chapters), 'chapter')},"
        f" {count(made.chars, 'character')} of spoken text,"
        f" about {clock(seconds_of_speech(made.chars))} of speech,"
        f" {dollars(cost)} at Deepgram (${price:.3f} per 1,000)"
    )
