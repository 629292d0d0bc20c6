"""Lexicons: which one counts for a document, binding a job to it, and editing what is kept."""

from collections.abc import Callable
from dataclasses import replace

from narrator.domain.artifacts import lexicon_object
from narrator.domain.errors import InvalidTransition
from narrator.domain.ids import DEFAULT_TENANT, JobId, TenantId
from narrator.domain.jobs import JobOptions
from narrator.domain.lexicon import NO_LEXICON, Lexicon, Scope, lexicon_to_json, merged
from narrator.services.ports import KeptLexicon, Lexicons, Objects
from narrator.text.lexicon import Pronouncer

_TRIES = 5


def scopes(
    lexicons: Lexicons, own: Lexicon = NO_LEXICON, tenant: TenantId = DEFAULT_TENANT
) -> dict[Scope, Lexicon]:
    """What counts for a document of a tenant, by scope; `own` was given with the document."""
    return {
        Scope.GLOBAL: lexicons.current(None).lexicon,
        Scope.TENANT: lexicons.current(tenant).lexicon,
        Scope.BOOK: own,
    }


def effective(
    lexicons: Lexicons, own: Lexicon = NO_LEXICON, tenant: TenantId = DEFAULT_TENANT
) -> Lexicon:
    """The one lexicon that counts for a document; raises OptionRefused if it cannot be used."""
    return checked(merged(scopes(lexicons, own, tenant)))


def checked(lexicon: Lexicon) -> Lexicon:
    """The lexicon; raises OptionRefused for a regular expression that cannot be carried out."""
    Pronouncer(lexicon)
    return lexicon


def bound(options: JobOptions, lexicon: Lexicon) -> JobOptions:
    """The options of a job that is bound to a lexicon; an empty one leaves no trace."""
    return replace(options, lexicon=lexicon.sha256 if lexicon.entries else "")


def store_lexicon(objects: Objects, job_id: JobId, lexicon: Lexicon) -> None:
    """Keep the lexicon that a job is bound to; before its row, as its source is."""
    if lexicon.entries:
        key = lexicon_object(job_id, lexicon.sha256)
        objects.put_bytes(key, lexicon_to_json(lexicon), media_type="application/json")


def edit(
    lexicons: Lexicons, owner: TenantId | None, change: Callable[[Lexicon], Lexicon]
) -> KeptLexicon:
    """Keep what `change` makes of the newest version, whoever else edits it meanwhile.

    Raises InvalidTransition when others are always quicker.
    """
    for _ in range(_TRIES):
        newest = lexicons.current(owner)
        lexicon = checked(change(newest.lexicon))
        if kept := lexicons.keep(owner, lexicon, after=newest.version):
            return kept
    raise InvalidTransition("the lexicon is being edited by others", remedy="try again in a moment")
