"""The options about a recording."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, TypeVar

import click

from narrator.cli.choices import each_of
from narrator.domain.artifacts import AudioFormat
from narrator.domain.errors import OptionRefused
from narrator.domain.production import Asked, Companion, Level, Production, Profile
from narrator.domain.production import parse_production as parsed

Verb = TypeVar("Verb", bound=Callable[..., object])

_OPTIONS = (
    click.option(
        "--also",
        multiple=True,
        metavar="FORMAT",
        help=f"Formats to make besides, of {', '.join(AudioFormat)}; several, or with commas.",
    ),
    click.option(
        "--loudness",
        type=click.Choice([each.value for each in Profile]),
        default=Profile.PODCAST.value,
        show_default=True,
        help="podcast: -16 LUFS; audiobook: ACX levels; off: as it was spoken.",
    ),
    click.option(
        "--level",
        type=click.Choice([each.value for each in Level]),
        default=Level.CHAPTER.value,
        show_default=True,
        help="Whether each chapter or the whole book gets a gain.",
    ),
    click.option(
        "--split",
        default="whole",
        show_default=True,
        metavar="whole|chapters|MINUTES",
        help="One file, a file a chapter, or files of so many minutes at the most.",
    ),
    click.option(
        "--pause",
        "pauses",
        multiple=True,
        metavar="WHERE=SECONDS",
        help="sentence, paragraph, heading, scene, head or tail, such as paragraph=0.8.",
    ),
    click.option(
        "--read-along",
        "companions",
        multiple=True,
        metavar="KIND",
        help=f"Also says when what is heard, of {', '.join(Companion)}.",
    ),
    click.option(
        "--listen",
        is_flag=True,
        help="Compare what is spoken with its words (English; slow; extra `listen`).",
    ),
)

NAMES = ("also", "loudness", "level", "split", "pauses", "companions", "listen")
"""What `recording_options` gives a verb."""


def recording_options(verb: Verb) -> Verb:
    """Let a verb take these options; `produced` makes a production of them."""
    for option in reversed(_OPTIONS):
        verb = option(verb)
    return verb


def produced(given: dict[str, Any]) -> Production:
    """The production that the options among `given` are, which are taken out of it.

    Raises OptionRefused.
    """
    of_ours = {name: given.pop(name) for name in NAMES}
    for name in ("also", "pauses", "companions"):
        of_ours[name] = list(each_of(of_ours[name]))
    return parsed(Asked(**of_ours))


def need_ear(production: Production, *, package: str = "pocketsphinx") -> None:
    """Raise OptionRefused where this machine is to listen and has not what it listens with.

    A fleet's worker judges by the rest and says so in its log; here nobody would look there.
    """
    if production.listen and find_spec(package) is None:
        raise OptionRefused(
            f"takes cannot be listened to: {package} is not installed",
            remedy="pip install 'narrator[listen]', or leave --listen out",
        )
