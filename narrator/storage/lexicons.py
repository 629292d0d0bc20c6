"""Lexicons in a database: a row for each version, and no row ever changes."""

from sqlalchemy import Connection, Row, Select, select

from narrator.domain.errors import Missing
from narrator.domain.ids import TenantId
from narrator.domain.lexicon import Lexicon, Scope, lexicon_from_json, lexicon_to_json
from narrator.services.ports import KeptLexicon
from narrator.storage.database import Database, insert_or, now
from narrator.storage.tables import lexicons


class SqlLexicons:
    """The port `Lexicons` over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def current(self, owner: TenantId | None) -> KeptLexicon:
        """The newest version."""
        with self._database.read() as tx:
            return _newest(tx, owner)

    def version(self, owner: TenantId | None, number: int) -> KeptLexicon:
        """That version; raises Missing."""
        with self._database.read() as tx:
            row = tx.execute(_of(owner).where(lexicons.c.version == number)).one_or_none()
        if row is None:
            raise Missing(
                f"the lexicon has no version {number}", remedy="leave it out for the newest"
            )
        return _kept(row)

    def keep(self, owner: TenantId | None, lexicon: Lexicon, *, after: int) -> KeptLexicon | None:
        """A version more, if nobody was quicker: of two at once the key admits one."""
        with self._database.write() as tx:
            newest = _newest(tx, owner)
            if newest.version != after or newest.lexicon == lexicon:
                return newest if newest.version == after else None
            kept = KeptLexicon(version=after + 1, lexicon=lexicon, created_at=now(tx))
            row = insert_or(tx, lexicons).values(
                scope=_scope(owner),
                tenant=owner or "",
                version=kept.version,
                entries=lexicon_to_json(lexicon).decode(),
                created_at=kept.created_at,
            )
            new = row.on_conflict_do_nothing().returning(lexicons.c.version)
            return kept if tx.execute(new).first() else None


def _newest(tx: Connection, owner: TenantId | None) -> KeptLexicon:
    newest = _of(owner).order_by(lexicons.c.version.desc()).limit(1)
    row = tx.execute(newest).one_or_none()
    return _kept(row) if row else KeptLexicon()


def _of(owner: TenantId | None) -> Select[int, str, float]:
    mine = (lexicons.c.scope == _scope(owner)) & (lexicons.c.tenant == (owner or ""))
    return select(lexicons.c.version, lexicons.c.entries, lexicons.c.created_at).where(mine)


def _scope(owner: TenantId | None) -> Scope:
    return Scope.GLOBAL if owner is None else Scope.TENANT


def _kept(row: Row[int, str, float]) -> KeptLexicon:
    lexicon = lexicon_from_json(row.entries.encode())
    return KeptLexicon(version=row.version, lexicon=lexicon, created_at=row.created_at)
