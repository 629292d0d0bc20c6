"""Takes put by in SQL: the best so far of words that are said again, because it is doubted.

It lies in the row by which the words are leased, so that it is there for whoever leases them next,
and for nobody else. Once a take is kept, that row is the kept one's.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, and_, func, select, update

from narrator.domain.ids import TakeKey
from narrator.domain.steps import Claim
from narrator.domain.takes import Take
from narrator.storage.database import instant
from narrator.storage.doubts import not_kept
from narrator.storage.tables import LEASED, is_state, takes, utterances


def stored(take: Take) -> dict[str, object]:
    """What a row says of a take that is in the object store."""
    return {
        "object_key": take.object_key,
        "sha256": take.sha256,
        "samples": take.samples,
        "chars": take.chars,
        "model_version": take.model_version,
    }


def put_by(tx: Connection, claim: Claim, take: Take) -> None:
    """`Takes.put_by`, for whoever holds the claim."""
    leased = and_(
        takes.c.key == take.key,
        takes.c.step_id == claim.step_id,
        takes.c.fence == claim.fence,
        is_state(takes.c.state, LEASED),
    )
    tx.execute(update(takes).where(leased).values(used_at=instant(), **stored(take)))


def times(tx: Connection, claim: Claim, keys: Collection[TakeKey]) -> Mapping[TakeKey, int]:
    """How often these words were sent for the claim's chapter and not kept."""
    query = (
        select(utterances.c.take_key, func.count().label("times"))
        .where(
            not_kept(claim.job_id),
            utterances.c.chapter == claim.chapter,
            utterances.c.idx.in_(claim.chunks),
            utterances.c.take_key.in_(keys),
        )
        .group_by(utterances.c.take_key)
    )
    return {TakeKey(row.take_key): row.times for row in tx.execute(query)}
