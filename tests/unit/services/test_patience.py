"""Waiting for a store that is away."""

import pytest
from structlog.testing import capture_logs

from narrator.domain.errors import StoreUnavailable
from narrator.domain.retry import LONGEST_SECONDS
from narrator.services.patience import HELD_SECONDS, LOOK_SECONDS, Patience
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


def test_a_store_that_is_away_for_most_of_an_hour_is_waited_for(world: World) -> None:
    began = world.services.clock()

    def store() -> None:
        if world.services.clock() - began < 3_500:
            raise StoreUnavailable("the store is away")

    Patience(world.services, lambda: True).do(store, event="waiting")


def test_a_store_that_stays_away_is_given_up_at_last(world: World) -> None:
    began = world.services.clock()
    with pytest.raises(StoreUnavailable):
        Patience(world.services, lambda: True).do(Away(refusals=1_000), event="waiting")
    assert 0 <= world.services.clock() - began - HELD_SECONDS <= 1.5 * LONGEST_SECONDS


def test_a_wait_is_logged_when_it_begins_and_when_it_is_over(world: World) -> None:
    with capture_logs() as lines:
        Patience(world.services, lambda: True).do(Away(refusals=9), event="waiting")
    assert [(line["event"], "waited_seconds" in line) for line in lines] == [
        ("waiting", False),
        ("waiting", True),
    ]


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
