"""The options about a document's text, which several verbs take."""

from collections.abc import Callable, Iterator
from typing import TypeVar

import click

from narrator.domain.choices import TextChoices, parse_casting, parse_reading, parse_without

Verb = TypeVar("Verb", bound=Callable[..., object])

_OPTIONS = (
    click.option(
        "--read",
        multiple=True,
        metavar="ROLE=TREATMENT",
        help="What is read, such as footnotes=inline or tables=read; several, or with commas.",
    ),
    click.option(
        "--without",
        multiple=True,
        metavar="PASS",
        help="A pass over the wording that is left out, such as romans.",
    ),
    click.option(
        "--cast",
        multiple=True,
        metavar="WHO=VOICE",
        help="Who speaks a kind of passage or a chapter, such as heading=aura-2-orion-en.",
    ),
)


def text_options(verb: Verb) -> Verb:
    """Let a verb take `--read`, `--without` and `--cast`; `chosen` makes choices of them."""
    for option in reversed(_OPTIONS):
        verb = option(verb)
    return verb


def chosen(
    *, read: tuple[str, ...], without: tuple[str, ...], cast: tuple[str, ...]
) -> TextChoices:
    """The choices that these options are; raises OptionRefused."""
    return TextChoices(
        reading=parse_reading(each_of(read)),
        without=parse_without(each_of(without)),
        casting=parse_casting(each_of(cast)),
    )


def each_of(given: tuple[str, ...]) -> Iterator[str]:
    """Given one by one, or several with commas between them."""
    for words in given:
        yield from filter(None, (word.strip() for word in words.split(",")))
