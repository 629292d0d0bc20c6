"""The lexicon that counts in a home, and the one that a command is given as a file."""

from pathlib import Path

import click

from narrator.bootstrap import check_database
from narrator.domain.errors import OptionRefused, StoreUnavailable
from narrator.domain.lexicon import NO_LEXICON, Lexicon, Scope, merged
from narrator.ingest.pronunciations import MOST_BYTES, read_lexicon
from narrator.services.kit import Services
from narrator.services.lexicon import checked, scopes
from narrator.settings import Settings

_SQLITE = "sqlite:///"

lexicon_option = click.option(
    "--lexicon",
    "lexicon_file",
    type=click.Path(path_type=Path),
    help="How words of this book are said: JSON, W3C PLS, or lines of written,said.",
)


def given_lexicon(path: Path | None) -> Lexicon:
    """The lexicon in a file, none for no file; raises OptionRefused naming the file."""
    if path is None:
        return NO_LEXICON
    if not path.is_file():
        raise OptionRefused(f"there is no file {path}", remedy="name a lexicon's file")
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    try:
        return checked(read_lexicon(data))
    except OptionRefused as error:
        raise OptionRefused(f"{path.name}: {error.reason}", remedy=error.remedy) from None


def scopes_here(settings: Settings, services: Services, own: Lexicon) -> dict[Scope, Lexicon]:
    """What counts here by scope; nothing is made, so that where nothing was kept nothing is."""
    if _has_lexicons(settings):
        return scopes(services.lexicons, own)
    return {Scope.BOOK: own}


def effective_here(settings: Settings, services: Services, own: Lexicon) -> Lexicon:
    """The one lexicon that a narration of a document with its `own` is bound to here."""
    return checked(merged(scopes_here(settings, services, own)))


def _has_lexicons(settings: Settings) -> bool:
    """Whether the database may hold any: a file that is not there, or of a release before, can't.

    Another database is asked in any case, and says itself when it is not there.
    """
    if not settings.database_url.startswith(_SQLITE):
        return True
    if not Path(settings.database_url.removeprefix(_SQLITE)).is_file():
        return False
    try:
        check_database(settings)
    except StoreUnavailable:
        return False
    return True
