"""The port of the lexicons that are kept for all documents, or for all of a tenant's."""

from dataclasses import dataclass
from typing import Protocol

from narrator.domain.ids import TenantId
from narrator.domain.lexicon import NO_LEXICON, Lexicon


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLexicon:
    """A version of a lexicon; version 0 is the empty one that is there before any was kept.

    `created_at` is in seconds since the epoch, on the database's clock.
    """

    version: int = 0
    lexicon: Lexicon = NO_LEXICON
    created_at: float = 0.0


class Lexicons(Protocol):
    """Lexicons by owner, every version of them: a tenant, or None for the installation's own."""

    def current(self, owner: TenantId | None) -> KeptLexicon:
        """The newest version."""

    def version(self, owner: TenantId | None, number: int) -> KeptLexicon:
        """That version; raises Missing."""

    def keep(self, owner: TenantId | None, lexicon: Lexicon, *, after: int) -> KeptLexicon | None:
        """Make the lexicon the version after `after`.

        None, nothing kept, where that is not the newest any more. What is the newest already makes
        no version of its own.
        """
