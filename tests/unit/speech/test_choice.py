"""The set of utterances that leaves least of the window unused."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.speech.choice import best_set


@pytest.mark.parametrize(
    ("sizes", "room", "most", "chosen"),
    [
        ([], 100, 9, ()),
        ([101], 100, 9, ()),
        ([60, 50, 40], 100, 9, (0, 2)),
        ([50, 100, 50], 100, 9, (1,)),
        ([50, 50, 50], 100, 9, (0, 1)),
        ([30, 30, 30, 80], 100, 2, (3,)),
        ([30, 70], 100, 0, ()),
    ],
)
def test_the_set_that_fills_best_is_chosen_with_few_and_early_members(sizes, room, most, chosen):
    assert best_set(sizes, room, most) == chosen


def test_the_first_may_be_asked_for_and_goes_first():
    assert best_set([10, 100, 85], 100, 9, first=True) == (0, 2)
    assert best_set([101, 100], 100, 9, first=True) == (1,), "it does not fit"


@given(st.lists(st.integers(1, 500), max_size=8), st.integers(0, 2_400), st.integers(0, 8))
def test_no_other_set_fills_better(sizes, room, most):
    chosen = best_set(sizes, room, most)
    filled = [sizes[position] for position in chosen]
    assert filled == sorted(filled, reverse=True)
    totals = [
        total
        for count in range(most + 1)
        for members in combinations(sizes, count)
        if (total := sum(members)) <= room
    ]
    assert sum(filled) == max(totals)
