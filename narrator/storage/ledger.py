"""The ledger in SQL: a row for each utterance sent. Rows are written once and ended once."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, func, select

from narrator.domain.errors import InvalidTransition
from narrator.domain.ids import JobId, TakeKey
from narrator.domain.ledger import Outcome, Sending, Sums
from narrator.domain.slots import Slot
from narrator.domain.steps import Claim
from narrator.storage.database import Database, insert_or, instant
from narrator.storage.doubts import repeat
from narrator.storage.moves import hold
from narrator.storage.tables import is_state, utterances
from narrator.storage.utterances import end, sums_of_account, sums_of_job


class SqlLedger:
    """The port `Ledger` over a database; `account` is the speaker's configured name."""

    def __init__(self, database: Database, *, account: str) -> None:
        self._database = database
        self._account = account

    def begin(self, claim: Claim, sendings: Sequence[Sending], *, slot: Slot) -> None:
        """These are about to be sent.

        Repeating what is open (its commit may have gone unheard), or was not sent after all, is
        harmless. Raises LeaseLost, and InvalidTransition for words that were sent under this fence:
        what was cut is sent again by the step's next claim.
        """
        with self._database.write() as tx:
            hold(tx, claim)
            if sendings and _insert(tx, claim, sendings, self._account, slot) != len(sendings):
                raise InvalidTransition(
                    f"the {claim} has sent these words before", remedy="hand it back"
                )

    def end(
        self,
        claim: Claim,
        key: TakeKey,
        outcome: Outcome,
        *,
        request_id: str = "",
        code: str = "",
    ) -> None:
        """What became of an open row; a row that ended already stays as it is."""
        with self._database.write() as tx:
            end(tx, claim, key, outcome, request_id=request_id, code=code)

    def repeat(self, claim: Claim, key: TakeKey, *, request_id: str, code: str) -> bool:
        """End a doubted utterance's row and make room for another; False where that is too much."""
        with self._database.write() as tx:
            hold(tx, claim)
            return repeat(tx, claim, key, request_id=request_id, code=code)

    def sums(self, job_id: JobId | None = None) -> Sums:
        """Characters sent, of one job or of the whole account, by what became of them."""
        with self._database.read() as tx:
            if job_id is None:
                return sums_of_account(tx, self._account)
            return sums_of_job(tx, job_id)


def _insert(
    tx: Connection, claim: Claim, sendings: Sequence[Sending], account: str, slot: Slot
) -> int:
    """Insert the rows, or open them again; returns how many are open now."""
    tries = _tries(tx, claim, [sending.index for sending in sendings])
    common = {
        "account": account,
        "job_id": claim.job_id,
        "step_id": claim.step_id,
        "fence": claim.fence,
        "chapter": claim.chapter,
        "slot": slot.number,
        "outcome": Outcome.SENT,
        "sent_at": instant(),
    }
    rows = [{**common, **_columns(sending, tries)} for sending in sendings]
    insert = insert_or(tx, utterances).values(rows)
    opened = insert.on_conflict_do_update(
        index_elements=[utterances.c.step_id, utterances.c.fence, utterances.c.take_key],
        set_={
            "outcome": Outcome.SENT,
            "slot": slot.number,
            "sent_at": instant(),
            "ended_at": None,
        },
        where=is_state(utterances.c.outcome, Outcome.SENT, Outcome.UNSENT),
    )
    return len(tx.execute(opened.returning(utterances.c.id)).all())


def _tries(tx: Connection, claim: Claim, indices: Sequence[int]) -> Mapping[int, int]:
    """How often each of these chunks of the job was sent before."""
    query = (
        select(utterances.c.idx, func.count().label("tries"))
        .where(
            utterances.c.job_id == claim.job_id,
            utterances.c.chapter == claim.chapter,
            utterances.c.idx.in_(indices),
        )
        .group_by(utterances.c.idx)
    )
    return {row.idx: row.tries for row in tx.execute(query)}


def _columns(sending: Sending, tries: Mapping[int, int]) -> dict[str, object]:
    return {
        "idx": sending.index,
        "take_key": sending.key,
        "attempt": tries.get(sending.index, 0) + 1,
        "chars": sending.chars,
    }
