"""What a job may cost at most, and what it is bound to: the refusals, and the sums behind them.

The provider bills characters, so a cap in US dollars becomes one in characters when a job is
submitted, at the price of that moment.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from narrator.domain.errors import OptionRefused

LARGEST_DOLLARS = 1_000_000.0

_CENTMIL = Decimal("0.000001")  # estimates are told to so small a part of a dollar
_RAISE_IT = (
    "allow more, and it goes on where it was: POST /v1/jobs/{id}/retry with a higher `max_cost`, or"
    " the same command with a higher --max-cost"
)


def capped_chars(max_dollars: float | None, *, price_per_1000_chars: float) -> int:
    """How many characters may be sent for so many US dollars; 0 (any) where there is no cap.

    There is none without `max_dollars`, or where nothing is charged. Raises OptionRefused for a cap
    that does not pay for a single character.
    """
    if max_dollars is None:
        return 0
    if not 0 < max_dollars <= LARGEST_DOLLARS:
        raise OptionRefused(
            f"max_cost is {max_dollars:g} US dollars",
            remedy=f"give an amount above 0, up to {LARGEST_DOLLARS:,.0f}; leave it out for no cap",
        )
    if price_per_1000_chars <= 0:
        return 0
    price = Decimal(repr(price_per_1000_chars)) / 1000
    chars = int((Decimal(repr(max_dollars)) / price).to_integral_value(ROUND_FLOOR))
    if chars < 1:
        raise OptionRefused(
            f"max_cost is {max_dollars:g} US dollars, and one character costs {price:f}",
            remedy="raise it; `narrator plan` and POST /v1/plans tell what a document would cost",
        )
    return chars


def dollars_up(chars: int, *, price_per_1000_chars: float) -> float:
    """What so many characters cost, in US dollars, rounded up: as a cap it pays for all of them."""
    exact = Decimal(repr(price_per_1000_chars)) * chars / 1000
    return float(exact.quantize(_CENTMIL, rounding=ROUND_CEILING))


def plan_too_dear(chars: int, *, max_chars: int) -> OptionRefused:
    """The error for a plan that cannot be spoken within its job's cap; nothing was sent."""
    return OptionRefused(
        f"{chars:,} characters of this plan are to be sent, and max_cost pays for {max_chars:,}",
        remedy=_RAISE_IT,
    )


def slice_too_dear(excess_chars: int) -> OptionRefused:
    """The error for a slice whose characters would exceed its job's cap; they were not sent."""
    return OptionRefused(
        f"what is next to be said exceeds by {excess_chars:,} characters what max_cost pays for:"
        " some of what was sent finished nothing (`chars_resent`)",
        remedy=_RAISE_IT,
    )


def other_plan(wanted: str, made: str) -> OptionRefused:
    """The error for a job that is bound to another plan than the one that follows; none is sent."""
    return OptionRefused(
        f"the plan is not the one that was priced: the job is bound to {wanted}, and its document"
        f" and options give {made}",
        remedy="plan it again with these options and this release, and submit it with the new hash",
    )
