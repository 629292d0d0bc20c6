"""Caps: US dollars become characters, and never too many."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.cap import capped_chars, dollars_up
from narrator.domain.errors import OptionRefused

PRICES = st.decimals("0.00001", "50", places=5).map(float)
CHARS = st.integers(1, 10_000_000)


@given(PRICES, CHARS)
def test_an_estimate_pays_as_a_cap_for_what_was_estimated(price: float, chars: int) -> None:
    dollars = dollars_up(chars, price_per_1000_chars=price)
    assert capped_chars(dollars, price_per_1000_chars=price) >= chars


@given(PRICES, st.floats(0.06, 1_000_000))
def test_what_a_cap_allows_costs_no_more_than_the_cap(price: float, dollars: float) -> None:
    chars = capped_chars(dollars, price_per_1000_chars=price)
    assert chars * Decimal(repr(price)) / 1000 <= Decimal(repr(dollars))


def test_thirty_cents_are_ten_thousand_characters_at_the_list_price() -> None:
    assert capped_chars(0.3, price_per_1000_chars=0.03) == 10_000


@pytest.mark.parametrize(("dollars", "price"), [(None, 0.03), (5.0, 0.0)])
def test_without_a_cap_or_without_a_price_any_number_may_be_sent(
    dollars: float | None, price: float
) -> None:
    assert capped_chars(dollars, price_per_1000_chars=price) == 0


@pytest.mark.parametrize("dollars", [0.0, -1.0, 0.00002, float("nan"), float("inf"), 2_000_000.0])
def test_a_cap_that_pays_for_nothing_or_is_no_amount_is_refused(dollars: float) -> None:
    with pytest.raises(OptionRefused, match="max_cost"):
        capped_chars(dollars, price_per_1000_chars=0.03)
