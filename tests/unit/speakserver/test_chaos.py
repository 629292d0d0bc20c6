"""What goes wrong at random: how much, what, when, and that it is the same for a seed."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.errors import SettingsError
from narrator.speakserver.chaos import LONGEST_AGE_SECONDS, Chaos
from narrator.speakserver.faults import CLOSE_FRAMES, FaultKind, Moment

numbers = st.integers(0, 10**6)
MANY = 10_000


def flushes(chaos):
    """What befalls the flushes of a hundred sockets, a hundred each."""
    struck = (chaos.flush(number // 100, number % 100) for number in range(MANY))
    return [strike for strike in struck if strike is not None]


def sockets(chaos):
    return [strike for number in range(MANY) if (strike := chaos.socket(number)) is not None]


@given(seed=numbers, socket=numbers, flush=numbers)
def test_a_decision_depends_on_the_seed_and_on_what_is_decided_over_alone(seed, socket, flush):
    one = Chaos(seed=seed, flush_share=0.5, socket_share=0.5)
    other = Chaos(seed=seed, flush_share=0.5, socket_share=0.5)
    other.flush(socket, flush + 1)
    assert one.flush(socket, flush) == other.flush(socket, flush)
    assert one.socket(socket) == other.socket(socket)


def test_another_seed_has_other_victims():
    one, other = (Chaos(seed=seed, flush_share=0.5) for seed in (1, 2))
    assert [one.flush(0, n) for n in range(50)] != [other.flush(0, n) for n in range(50)]


@given(socket=numbers, flush=numbers)
def test_a_larger_share_strikes_whatever_a_smaller_one_strikes(socket, flush):
    struck = Chaos(flush_share=0.2).flush(socket, flush)
    assert struck is None or Chaos(flush_share=0.6).flush(socket, flush) == struck


def test_the_share_of_flushes_and_sockets_is_as_said():
    chaos = Chaos(flush_share=0.05, socket_share=0.2)
    assert len(flushes(chaos)) == pytest.approx(0.05 * MANY, rel=0.15)
    assert len(sockets(chaos)) == pytest.approx(0.2 * MANY, rel=0.15)


def test_nothing_is_struck_unless_asked_for():
    chaos = Chaos()
    assert (flushes(chaos), sockets(chaos)) == ([], [])
    assert {chaos.handshake(seconds / 10, 0) for seconds in range(1_000)} == {None}


def test_a_share_of_one_strikes_everything():
    assert len(flushes(Chaos(flush_share=1.0))) == MANY


def test_every_kind_of_fault_is_as_frequent_as_any_other():
    seen = Counter(strike.kind for strike in flushes(Chaos(flush_share=1.0)))
    assert set(seen) == set(FaultKind)
    assert min(seen.values()) > 0.8 * MANY / len(FaultKind)


def test_cuts_come_at_every_moment_of_a_flush():
    seen = {(strike.kind, strike.moment) for strike in flushes(Chaos(flush_share=1.0))}
    moments = {Moment.BEFORE_AUDIO, Moment.MIDWAY, Moment.BEFORE_FLUSHED, Moment.AFTER_FLUSHED}
    assert seen >= {(kind, moment) for kind in CLOSE_FRAMES for moment in moments}


def test_cuts_come_at_every_moment_of_a_socket():
    seen = {(strike.kind, strike.moment) for strike in sockets(Chaos(socket_share=1.0))}
    moments = (Moment.HANDSHAKE, Moment.IDLE, Moment.ANY)
    assert seen == {(kind, moment) for kind in CLOSE_FRAMES for moment in moments}


def test_sockets_are_cut_young_and_old():
    ages = sorted(strike.age_seconds for strike in sockets(Chaos(socket_share=1.0)))
    assert ages[0] >= 1.0
    assert ages[-1] < LONGEST_AGE_SECONDS
    assert ages[len(ages) // 2] == pytest.approx(60.0, rel=0.1)


def test_a_burst_refuses_with_429_and_503_in_turn():
    chaos = Chaos(burst_every_seconds=60, burst_seconds=4)
    assert [chaos.handshake(1.0, refused) for refused in range(4)] == [429, 503, 429, 503]


@pytest.mark.parametrize(
    ("elapsed", "refuses"),
    [(0.0, True), (3.9, True), (4.0, False), (59.9, False), (60.0, True), (123.9, True)],
)
def test_bursts_come_at_the_beginning_of_each_period(elapsed, refuses):
    chaos = Chaos(burst_every_seconds=60, burst_seconds=4)
    assert (chaos.handshake(elapsed, 0) is not None) == refuses


@pytest.mark.parametrize(
    "settings",
    [
        {"flush_share": 1.1},
        {"socket_share": -0.1},
        {"burst_seconds": 4.0},
        {"burst_seconds": -1.0},
        {"burst_every_seconds": 3.0, "burst_seconds": 4.0},
    ],
)
def test_what_cannot_be_is_refused(settings):
    with pytest.raises(SettingsError):
        Chaos(**settings)
