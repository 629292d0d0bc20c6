"""Waiting for a store that is away."""

import pytest

from narrator.domain.errors import StoreUnavailable
from narrator.domain.retry import MAX_ATTEMPTS
from narrator.services.patience import LOOK_SECONDS, Patience
from tests.unit.services.conftest import World


class Away:
    """A store that answers after so many refusals; it counts how often it is asked."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self.asked = 0

    def __call__(self) -> None:
        self.asked += 1
        if self.asked <= self.refusals:
            raise StoreUnavailable("the store is away")


def test_a_store_that_comes_back_gets_what_it_is_owed(world: World) -> None:
    store = Away(refusals=3)
    Patience(world.services, lambda: True).do(store, event="waiting")
    assert store.asked == 4


def test_a_store_that_stays_away_is_given_up_after_all_attempts(world: World) -> None:
    store = Away(refusals=1_000)
    with pytest.raises(StoreUnavailable):
        Patience(world.services, lambda: True).do(store, event="waiting")
    assert store.asked == MAX_ATTEMPTS


def test_a_process_that_is_asked_to_stop_still_tries_what_is_paid_for(world: World) -> None:
    store = Away(refusals=5)
    Patience(world.services, lambda: False).do(store, event="waiting")
    assert store.asked == 6


def test_a_process_that_is_asked_to_stop_waits_for_no_longer_than_its_grace(world: World) -> None:
    began, drain = world.services.clock(), world.services.rhythm.completing_seconds
    with pytest.raises(StoreUnavailable):
        Patience(world.services, lambda: False).do(Away(refusals=1_000), event="waiting")
    assert drain <= world.services.clock() - began <= drain + LOOK_SECONDS


def test_a_long_wait_notices_that_the_process_is_asked_to_stop(world: World) -> None:
    began, drain = world.services.clock(), world.services.rhythm.completing_seconds
    with pytest.raises(StoreUnavailable):
        Patience(world.services, lambda: world.services.clock() < began + 5).do(
            Away(refusals=1_000), event="waiting"
        )
    assert world.services.clock() - began <= 5 + drain + 2 * LOOK_SECONDS


def test_the_time_for_it_runs_from_when_the_end_was_seen(world: World) -> None:
    """Not from when a store is found to be away, which may be later."""
    patience = Patience(world.services, lambda: False)
    assert not patience.going()
    world.clock.wait(world.services.rhythm.completing_seconds - 3)
    began = world.services.clock()
    with pytest.raises(StoreUnavailable):
        patience.do(Away(refusals=1_000), event="waiting")
    assert world.services.clock() - began <= 3 + LOOK_SECONDS
