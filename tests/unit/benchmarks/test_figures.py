"""How the benchmarks count: a share of the provider's limit, and whose socket was one too many."""

import pytest

from benchmarks.rig.faults import dispossessed, is_frozen
from benchmarks.rig.figures import (
    ALLOWED,
    FIRST_SECONDS,
    WINDOW_SECONDS,
    Finished,
    Utilisation,
    run_seconds,
    stretch_seconds,
    utilisation,
)
from benchmarks.rig.servers import Provider
from benchmarks.sessions import beside

MINUTES = 5.0
OPENED_AT = 1_000.0
UNTIL = OPENED_AT + run_seconds(MINUTES)


def bursts(chars: int, *, slot: int = 0, shift: float = 0.0) -> list[Finished]:
    """A socket that says a window's worth at once, as soon as it may."""
    first = OPENED_AT + shift
    return [Finished(at=first + n * WINDOW_SECONDS, chars=chars, slot=slot) for n in range(20)]


def told(events: list[Finished], **opened: float) -> Utilisation:
    """What is told of slots 0, 1, … that were opened at those instants."""
    instants = dict(enumerate(opened.values()))
    return utilisation(events, opened=instants, until=UNTIL, minutes=MINUTES)


def test_a_socket_that_sends_all_that_it_may_reaches_what_is_allowed():
    figures = told(bursts(2_352), zero=OPENED_AT)
    assert figures.share == pytest.approx(ALLOWED)
    assert figures.least == figures.most == figures.mean == figures.share
    assert figures.as_json()["of_what_is_allowed"] == 1.0


@pytest.mark.parametrize("late_seconds", [0.5, 2.0, 4.5])
def test_a_socket_that_is_late_each_time_is_seen_to_be(late_seconds):
    """Though it begins right after its first minute, and would get its bursts in all the same."""
    every = WINDOW_SECONDS + late_seconds
    late = [Finished(at=OPENED_AT + n * every, chars=2_352, slot=0) for n in range(20)]
    assert told(late, zero=OPENED_AT).share == pytest.approx(0.98 * 60 / every, rel=0.01)


def test_the_first_minute_of_a_socket_does_not_count():
    late = [Finished(at=OPENED_AT + FIRST_SECONDS - 1, chars=1_000_000, slot=0)]
    assert told(late, zero=OPENED_AT).share == 0


def test_each_slot_has_its_own_first_minute():
    late = [Finished(at=OPENED_AT + 45.0, chars=1_000_000, slot=1)]
    assert told(late, zero=OPENED_AT, one=OPENED_AT - 10.0).share == 0
    assert told(late, zero=OPENED_AT, one=OPENED_AT - 20.0).share > 0


@pytest.mark.parametrize("shift", [0.0, 7.0, 30.0, 59.0])
def test_the_phase_of_the_bursts_does_not_count(shift):
    """Wherever in the window the sockets happen to speak, the share is the same."""
    figures = told(bursts(2_352, shift=shift), zero=OPENED_AT)
    assert (figures.share, figures.mean) == pytest.approx((ALLOWED, ALLOWED))


def test_what_other_slots_finished_does_not_count_for_the_own_stretches():
    assert told(bursts(2_352, slot=7), zero=OPENED_AT).share == 0


def test_twice_the_slots_are_half_the_share():
    one = told(bursts(2_352), zero=OPENED_AT)
    two = told(bursts(2_352), zero=OPENED_AT, one=OPENED_AT)
    assert two.share == pytest.approx(one.share / 2)


def test_a_stretch_lasts_as_long_as_is_asked_at_least():
    assert stretch_seconds(5) >= 300
    assert stretch_seconds(5) % WINDOW_SECONDS == 0


def test_engine_delay_and_store_stand_beside_the_figures():
    about = {**Provider(sockets=8).as_json(), "store": "folder"}
    assert beside([about, about, {**about, "program": "deepgram-sdk", "store": "a file"}]) == [
        "narrator: engine tone, delay 150 ms + 40 ms/100 chars, store folder",
        "deepgram-sdk: engine tone, delay 150 ms + 40 ms/100 chars, store a file",
    ]


def test_a_process_is_frozen_from_its_stop_until_it_had_time_to_close():
    spans = [(10.0, 20.0), (50.0, 60.0)]
    assert [is_frozen(spans, at) for at in (9.9, 10.0, 19.9, 20.0, 55.0, 60.0)] == [
        *(False, True, True, False, True, False)
    ]


def test_a_freeze_explains_one_socket_too_many_only_once_its_leases_may_have_ended():
    brief, long = dispossessed(0.0, 20.0), dispossessed(100.0, 200.0)
    looked_at = (10.0, 25.0, 29.0, 144.0, 145.0, 200.0, 209.0, 210.0)
    assert [is_frozen([brief, long], at) for at in looked_at] == [
        *(False, False, False, False, True, True, True, False)
    ]
