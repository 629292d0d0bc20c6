"""Spoilt: what was stored is gone, or is not what was stored, when it is read back.

What can be made anew is: a take is spoken again, a chapter rendered again. What cannot, or is
spoilt each time, ends the job with a reason: paying for the same words for ever helps nobody.
"""

from collections.abc import Sequence

from narrator.domain.errors import StoredSpoilt
from narrator.domain.ids import ObjectKey, TakeKey

MOST_SPOILT = 3
"""So often one take's words are spoken, or one chapter rendered, and found spoilt in one life of a
job, which begins anew when it is retried."""

_STORE = (
    "see why the object store does not keep what it is given (a rule that removes objects, a disk"
    " that fails), then retry the job"
)
_AGAIN = "restore it from a copy of the object store, or submit the document again; takes are kept"


def takes_spoilt(keys: Sequence[TakeKey]) -> StoredSpoilt:
    """The error for words that were spoken as often as may be, and whose takes were spoilt."""
    more = f" and of {len(keys) - 1} more" if len(keys) > 1 else ""
    return StoredSpoilt(
        f"the audio of take {keys[0][:16]}{more} was stored {MOST_SPOILT} times, and each time it"
        " was gone or not what was stored when it was read back",
        remedy=_STORE,
    )


def chapter_spoilt(position: int) -> StoredSpoilt:
    """The error for a chapter (its position in the plan, from 0) that is spoilt each time."""
    return StoredSpoilt(
        f"the recording of chapter {position + 1} of the plan was stored {MOST_SPOILT} times, and"
        " each time it was gone or not what was stored when it was read back",
        remedy=_STORE,
    )


def source_spoilt(key: ObjectKey, *, gone: bool) -> StoredSpoilt:
    """The error for a document that is not in the object store as it was submitted."""
    return _spoilt("the submitted document", key, gone=gone)


def plan_spoilt(key: ObjectKey, *, gone: bool) -> StoredSpoilt:
    """The error for a plan that is not in the object store as it was stored."""
    return _spoilt("the plan of the job", key, gone=gone)


def lexicon_spoilt(key: ObjectKey, *, gone: bool) -> StoredSpoilt:
    """The error for a lexicon that is not in the object store as it was stored."""
    return _spoilt("the lexicon of the job", key, gone=gone)


def _spoilt(what: str, key: ObjectKey, *, gone: bool) -> StoredSpoilt:
    how = "is gone from the object store" if gone else "is not what was stored"
    return StoredSpoilt(f"{what} ({key}) {how}", remedy=_AGAIN)
