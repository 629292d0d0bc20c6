"""How fast voices speak, in SQL: takes counted in bins."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from narrator.domain.pace import MOST_TAKES
from narrator.domain.voices import Voice
from narrator.storage.database import Database, insert_or
from narrator.storage.tables import paces


class SqlPaces:
    """The port `Paces` over a database; `account` is the speaker's configured name."""

    def __init__(self, database: Database, *, account: str) -> None:
        self._database = database
        self._account = account

    def learned(self, voice: Voice) -> dict[int, int]:
        """Takes in each bin."""
        query = select(paces.c.bin, paces.c.takes).where(self._of(voice))
        with self._database.read() as tx:
            return {row.bin: row.takes for row in tx.execute(query)}

    def learn(self, voice: Voice, takes: Mapping[int, int]) -> None:
        """Add takes to their bins; all are halved once there are `MOST_TAKES`."""
        if not takes:
            return
        with self._database.write() as tx:
            for bin_ in sorted(takes):  # all who wait for a row, wait in one order
                self._add(tx, voice, bin_, takes[bin_])
            total = tx.scalars(select(func.sum(paces.c.takes)).where(self._of(voice))).one()
            if total > MOST_TAKES:
                self._halve(tx, voice)

    def _add(self, tx: Connection, voice: Voice, bin_: int, count: int) -> None:
        row = {"account": self._account, "voice": voice.name, "speed": voice.speed, "bin": bin_}
        insert = insert_or(tx, paces).values(**row, takes=count)
        tx.execute(
            insert.on_conflict_do_update(
                index_elements=list(paces.primary_key.columns),
                set_={"takes": paces.c.takes + insert.excluded.takes},
            )
        )

    def _halve(self, tx: Connection, voice: Voice) -> None:
        held = select(paces.c.bin).where(self._of(voice)).order_by(paces.c.bin)
        tx.execute(held.with_for_update()).all()
        tx.execute(update(paces).where(self._of(voice)).values(takes=paces.c.takes // 2))
        tx.execute(delete(paces).where(self._of(voice), paces.c.takes < 1))

    def _of(self, voice: Voice) -> ColumnElement[bool]:
        return (
            (paces.c.account == self._account)
            & (paces.c.voice == voice.name)
            & (paces.c.speed == voice.speed)
        )
