"""The twin of the kept lexicons."""

from collections.abc import Callable
from dataclasses import dataclass, field

from narrator.domain.errors import Missing
from narrator.domain.ids import TenantId
from narrator.domain.lexicon import Lexicon
from narrator.services.ports import KeptLexicon


@dataclass(slots=True)
class MemoryLexicons:
    """`Lexicons` in memory; `clock` tells seconds since the epoch."""

    clock: Callable[[], float] = float
    _kept: dict[TenantId | None, list[KeptLexicon]] = field(default_factory=dict)

    def current(self, owner: TenantId | None) -> KeptLexicon:
        return self._kept.get(owner, [KeptLexicon()])[-1]

    def version(self, owner: TenantId | None, number: int) -> KeptLexicon:
        for kept in self._kept.get(owner, []):
            if kept.version == number:
                return kept
        raise Missing(f"the lexicon has no version {number}")

    def keep(self, owner: TenantId | None, lexicon: Lexicon, *, after: int) -> KeptLexicon | None:
        newest = self.current(owner)
        if newest.version != after:
            return None
        if newest.lexicon == lexicon:
            return newest
        kept = KeptLexicon(version=after + 1, lexicon=lexicon, created_at=self.clock())
        self._kept.setdefault(owner, []).append(kept)
        return kept
