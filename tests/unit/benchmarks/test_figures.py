"""How the benchmarks count: a share of the provider's limit, and whose socket was one too many."""

import pytest

from benchmarks.rig.faults import is_frozen
from benchmarks.rig.figures import (
    ALLOWED,
    FIRST_SECONDS,
    WINDOW_SECONDS,
    Finished,
    run_seconds,
    stretch_seconds,
    utilisation,
)

MINUTES = 5.0
OPENED_AT = 1_000.0
UNTIL = OPENED_AT + run_seconds(MINUTES)


def bursts(chars: int) -> list[Finished]:
    """A socket that says a window's worth at once, as soon as it may."""
    return [Finished(at=OPENED_AT + n * WINDOW_SECONDS, chars=chars) for n in range(20)]


def test_a_socket_that_sends_all_that_it_may_reaches_what_is_allowed():
    told = utilisation(bursts(2_352), opened_at=OPENED_AT, until=UNTIL, slots=1, minutes=MINUTES)
    assert told.share == pytest.approx(ALLOWED)
    assert told.least == told.most == told.share
    assert told.as_json()["of_what_is_allowed"] == 1.0


def test_the_first_minute_of_a_socket_does_not_count():
    late = [Finished(at=OPENED_AT + FIRST_SECONDS - 1, chars=1_000_000)]
    told = utilisation(late, opened_at=OPENED_AT, until=UNTIL, slots=1, minutes=MINUTES)
    assert told.share == 0


def test_the_phase_of_the_bursts_does_not_count():
    """Wherever in the window the sockets happen to speak, the share is the same."""
    shares = []
    for shift in (0.0, 7.0, 30.0, 59.0):
        events = [Finished(at=each.at + shift, chars=each.chars) for each in bursts(2_352)]
        told = utilisation(events, opened_at=OPENED_AT, until=UNTIL, slots=1, minutes=MINUTES)
        shares.append(told.share)
    assert shares == pytest.approx([ALLOWED] * 4)


def test_twice_the_slots_are_half_the_share():
    one, two = (
        utilisation(bursts(2_352), opened_at=OPENED_AT, until=UNTIL, slots=n, minutes=MINUTES)
        for n in (1, 2)
    )
    assert two.share == pytest.approx(one.share / 2)


def test_a_stretch_lasts_as_long_as_is_asked_at_least():
    assert stretch_seconds(5) >= 300
    assert stretch_seconds(5) % WINDOW_SECONDS == 0


def test_a_process_is_frozen_from_its_stop_until_it_had_time_to_close():
    spans = [(10.0, 20.0), (50.0, 60.0)]
    assert [is_frozen(spans, at) for at in (9.9, 10.0, 19.9, 20.0, 55.0, 60.0)] == [
        *(False, True, True, False, True, False)
    ]
