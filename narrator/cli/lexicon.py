"""`narrator lexicon`: how words are said in every book of this home, and what that changes."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from narrator.bootstrap import bootstrap, migrate
from narrator.cli.book import document_name, readable
from narrator.cli.lexicons import effective_here, given_lexicon, lexicon_option, scopes_here
from narrator.cli.say import count
from narrator.domain.chapters import parse_chapters
from narrator.domain.ids import DEFAULT_TENANT, TenantId
from narrator.domain.lexicon import (
    Conflict,
    Entry,
    EntryKind,
    Lexicon,
    Scope,
    conflicts,
    entries_to_json,
    with_entries,
    without_entry,
)
from narrator.domain.voices import DEFAULT_VOICE, Voice
from narrator.ingest.pls import in_pls, write_pls
from narrator.ingest.pronunciations import write_lexicon
from narrator.services.lexicon import edit
from narrator.services.plan import preview
from narrator.services.ports import KeptLexicon, Lexicons
from narrator.settings import load
from narrator.text.hits import Hit, hits

_SHOWN = 3
"""So many places of a change are shown where they are not all asked for."""


@click.group()
def lexicon() -> None:
    """Say how words are pronounced: in all books here, or (`--lexicon FILE`) in one."""


@lexicon.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def list_(*, as_json: bool) -> None:
    """List the lexicons that are kept here, by scope."""
    kept = [(scope, _kept().current(owner)) for scope, owner in _OWNERS]
    if as_json:
        rows = {scope.value: _row(each) for scope, each in kept}
        click.echo(json.dumps(rows))
    else:
        for scope, each in kept:
            entries = _entries(len(each.lexicon.entries))
            click.echo(f"{scope:<8} version {each.version:<5} {entries}")


@lexicon.command()
@click.option("--version", "number", type=click.IntRange(1), help="That one, not the newest.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(number: int | None, *, as_json: bool) -> None:
    """List the entries of the lexicon for all books."""
    kept = _kept().version(None, number) if number else _kept().current(None)
    if as_json:
        value = {"version": kept.version, "entries": entries_to_json(kept.lexicon)}
        click.echo(json.dumps(value, ensure_ascii=False))
        return
    click.echo(f"version {kept.version}, {_entries(len(kept.lexicon.entries))}")
    for entry in kept.lexicon.entries:
        click.echo(f"  {_line(entry)}")


@lexicon.command()
@click.argument("written")
@click.argument("said")
@click.option("--ipa", is_flag=True, help="SAID is the word's pronunciation in IPA.")
@click.option("--regex", is_flag=True, help="WRITTEN is a regular expression (RE2).")
@click.option("--exact-case", is_flag=True, help="Upper and lower case matter.")
@click.option("--inside", is_flag=True, help="Found inside of words as well.")
def add(written: str, said: str, *, ipa: bool, regex: bool, exact_case: bool, inside: bool) -> None:
    """Let WRITTEN be said as SAID in all books, in place of what it was said as."""
    if ipa and regex:
        raise click.UsageError("--ipa and --regex exclude one another")
    entry = Entry(
        kind=EntryKind.IPA if ipa else EntryKind.REGEX if regex else EntryKind.ALIAS,
        written=written,
        said=said,
        exact_case=exact_case,
        whole_words=not inside,
    )
    _edit(lambda kept: with_entries(kept, [entry]))


@lexicon.command()
@click.argument("written")
def remove(written: str) -> None:
    """Take the entries for WRITTEN out of the lexicon for all books."""
    _edit(lambda kept: without_entry(kept, written))


@lexicon.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Drop what is there; by default it is kept.")
def import_(file: Path, *, replace: bool) -> None:
    """Add FILE (JSON, W3C PLS, or lines of written,said) to the lexicon for all books."""
    new = given_lexicon(file)
    _edit(lambda kept: with_entries(Lexicon() if replace else kept, new.entries))


@lexicon.command()
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="A file.")
@click.option("--format", "form", type=click.Choice(["json", "pls"]), default="json")
@click.option("--language", default="en", show_default=True, help="Of the words; for PLS.")
def export(out: Path | None, form: str, language: str) -> None:
    """Write the lexicon for all books as JSON, or as W3C PLS as far as that can hold it."""
    kept = _kept().current(None).lexicon
    is_pls = form == "pls"
    data = write_pls(kept, language=language) if is_pls else write_lexicon(kept).encode()
    if out:
        out.write_bytes(data)
    else:
        click.echo(data, nl=False)
    left_out = sum(not in_pls(entry) for entry in kept.entries) if is_pls else 0
    if left_out:
        entries = _entries(left_out)
        click.echo(f"left out, since PLS cannot hold it: {entries}", err=True)


@lexicon.command()
@click.argument("book")
@lexicon_option
@click.option("--chapters", default="", help="Such as 1,3-5; all by default.")
@click.option("--voice", default=DEFAULT_VOICE, show_default=True, help="A Deepgram Aura voice.")
@click.option("--all", "every", is_flag=True, help="Show every place, not a few of each change.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def test(
    book: str, lexicon_file: Path | None, chapters: str, voice: str, *, every: bool, as_json: bool
) -> None:
    """Show what the lexicon, and that of --lexicon, change in BOOK; nothing is spent."""
    settings = load()
    services, own = bootstrap(settings), given_lexicon(lexicon_file)
    counting = effective_here(settings, services, own)
    with readable(book, most_bytes=settings.read.document_bytes) as path:
        document, made = preview(
            services.reader,
            path,
            name=document_name(book),
            chapters=parse_chapters(chapters),
            lexicon=counting,
            narrator=Voice(name=voice).name,
        )
    found = list(hits(made, document.source))
    outdone = conflicts(scopes_here(settings, services, own))
    if as_json:
        click.echo(json.dumps({"hits": [_hit(hit) for hit in found], "unused": len(outdone)}))
    else:
        click.echo("\n".join([*_changes(found, every=every), *map(_conflict, outdone)]))


# ------------------------------------------------------------------------------ what is kept

_OWNERS: tuple[tuple[Scope, TenantId | None], ...] = (
    (Scope.GLOBAL, None),
    (Scope.TENANT, DEFAULT_TENANT),
)


def _kept() -> Lexicons:
    """The lexicons of this home, its database up to date; of another database as it is."""
    settings = load()
    if settings.database_url.startswith("sqlite:"):
        migrate(settings)
    return bootstrap(settings).lexicons


def _edit(change: Callable[[Lexicon], Lexicon]) -> None:
    kept = edit(_kept(), None, change)
    click.echo(f"version {kept.version}, {_entries(len(kept.lexicon.entries))}")


def _entries(number: int) -> str:
    return f"{number:,} {'entry' if number == 1 else 'entries'}"


def _row(kept: KeptLexicon) -> dict[str, int]:
    return {"version": kept.version, "entries": len(kept.lexicon.entries)}


def _line(entry: Entry) -> str:
    notes = [
        *([entry.kind.value] if entry.kind is not EntryKind.ALIAS else []),
        *(["exact case"] if entry.exact_case else []),
        *(["inside of words"] if not entry.whole_words else []),
    ]
    note = f"  ({', '.join(notes)})" if notes else ""
    return f"{entry.written} → {entry.said}{note}"


# ------------------------------------------------------------------------------ what it changes


def _changes(found: list[Hit], *, every: bool) -> Iterator[str]:
    """Each change, how often it is made, and places of it."""
    places: dict[tuple[str, str], list[Hit]] = defaultdict(list)
    for hit in found:
        places[hit.before, hit.after].append(hit)
    for (before, after), where in sorted(places.items(), key=lambda each: -len(each[1])):
        yield f"{_plain(before)} → {_plain(after)}: {count(len(where), 'place')}"
        for hit in where if every else where[:_SHOWN]:
            yield _plain(f"  chapter {hit.chapter}: …{hit.left}[{hit.after}]{hit.right}…")
    yield f"in all: {count(len(found), 'place')}"


def _conflict(conflict: Conflict) -> str:
    return (
        f"not used: {_line(conflict.other)} of the {conflict.other_in} lexicon;"
        f" {_line(conflict.counts)} of the {conflict.counts_in} lexicon counts"
    )


def _hit(hit: Hit) -> dict[str, object]:
    return {name: getattr(hit, name) for name in ("chapter", "before", "after", "left", "right")}


def _plain(text: str) -> str:
    """A line that can be printed, whatever characters the document has."""
    return "".join(char if char.isprintable() else " " for char in text)
