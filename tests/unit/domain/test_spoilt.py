"""What is said of what is spoilt for good."""

import pytest

from narrator.domain.errors import StoredSpoilt
from narrator.domain.ids import ObjectKey, TakeKey
from narrator.domain.retry import GiveUp, decide
from narrator.domain.spoilt import chapter_spoilt, plan_spoilt, source_spoilt, takes_spoilt

KEY = ObjectKey("sources/0123")
TAKE = TakeKey("ab" * 32)
ERRORS = [
    takes_spoilt([TAKE]),
    chapter_spoilt(0),
    source_spoilt(KEY, gone=True),
    plan_spoilt(KEY, gone=False),
]


@pytest.mark.parametrize("error", ERRORS)
def test_what_is_spoilt_for_good_fails_its_job_at_once_with_a_remedy(error: StoredSpoilt) -> None:
    decision = decide(error, attempts=1, progressed=False, dice=0.5)
    assert isinstance(decision, GiveUp)
    assert decision.failure.remedy


@pytest.mark.parametrize(
    ("takes", "words"),
    [([TAKE], "take abababababababab was"), ([TAKE, TAKE, TAKE], "abab and of 2 more was")],
)
def test_of_spoilt_takes_the_first_is_named(takes: list[TakeKey], words: str) -> None:
    assert words in takes_spoilt(takes).reason


def test_what_is_gone_and_what_is_another_are_told_apart() -> None:
    assert "is gone from the object store" in source_spoilt(KEY, gone=True).reason
    assert "is not what was stored" in source_spoilt(KEY, gone=False).reason
