"""The port `Slots` when the database's clock is set back: nobody waits until it has caught up."""

import pytest

from narrator.domain.errors import AccountFault, SpeechThrottled, SpeechUnavailable
from narrator.domain.slots import Slot
from tests.contract.fleet import THALIA, Fleet

SET_BACK = 3_600.0
HOLD, GRACE = 30.0, 45.0  # the terms' defaults
OTHER = Slot(number=0, fence=1, voice=THALIA)


def set_back(fleet: Fleet) -> None:
    """Set the clock back by an hour."""
    fleet.later(-SET_BACK)


def test_an_owner_that_died_before_shares_no_more(fleet: Fleet) -> None:
    slots = fleet.slots(8)
    slots.renew("dead", [], capacity=4)
    set_back(fleet)
    assert slots.renew("b", [], capacity=3).seats == 3


def test_a_slot_whose_holder_died_before_comes_back_after_its_grace(fleet: Fleet) -> None:
    fleet.queue(9)
    slots = fleet.slots(1)
    assert slots.acquire("dead") is not None
    set_back(fleet)
    slots.renew("b", [], capacity=1)
    assert slots.acquire("b") is None
    fleet.later(HOLD + GRACE + 1)
    assert slots.acquire("b") is not None


def test_a_holder_that_lives_keeps_its_slot(fleet: Fleet) -> None:
    fleet.queue(9)
    slots = fleet.slots(1)
    slot = slots.acquire("a")
    assert slot is not None
    set_back(fleet)
    assert slots.acquire("b") is None
    assert slots.renew("a", [slot], capacity=1).held == {slot.number}
    fleet.later(HOLD + GRACE - 1)
    assert slots.acquire("b") is None


def test_an_outage_of_before_shuts_nobody_out(fleet: Fleet) -> None:
    fleet.queue(9)
    slots = fleet.slots(4)
    slots.refused(SpeechUnavailable("no connection"), handshake_seconds=0, slot=OTHER)
    assert slots.acquire("a") is None
    set_back(fleet)
    assert slots.account().shut_until is None
    assert slots.acquire("a") is not None


def test_a_429_counts_though_one_of_before_lies_ahead(fleet: Fleet) -> None:
    fleet.queue(30)
    slots = fleet.slots(20)
    for _ in range(10):
        assert slots.acquire("a") is not None
    for _ in range(2):
        slots.refused(SpeechThrottled("HTTP 429"), handshake_seconds=1, slot=OTHER)
        set_back(fleet)
    assert slots.account().ceiling == pytest.approx(6.4)


def test_a_shrunk_ceiling_grows_though_it_shrank_before(fleet: Fleet) -> None:
    slots = fleet.slots(12)
    slots.refused(SpeechThrottled("HTTP 429"), handshake_seconds=0, slot=OTHER)
    set_back(fleet)
    slots.renew("a", [], capacity=1)
    fleet.later(31)
    assert slots.account().ceiling == 2


def test_a_paused_account_is_tried_and_resumes(fleet: Fleet) -> None:
    slots = fleet.slots(4)
    slots.refused(AccountFault("HTTP 402"), handshake_seconds=0, slot=OTHER)
    set_back(fleet)
    assert slots.renew("a", [], capacity=1).probe == THALIA
    slots.opened(handshake_seconds=0.2)
    assert slots.account().fault is None
