"""The two sliding windows that keep a socket within the provider's limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.errors import SettingsError
from narrator.domain.pacing import Pacing, PacingLimits, counted_chars
from narrator.domain.slots import Sent

EXACT = PacingLimits(margin=0.0, window_slack_seconds=0.0)


def test_the_defaults_stay_two_percent_and_half_a_second_away_from_the_limits():
    limits = PacingLimits()
    assert (limits.chars, limits.flushes_per_minute, limits.window_seconds) == (2_352, 20, 60.5)


def test_a_time_scale_divides_the_minute_and_leaves_the_slack():
    assert PacingLimits(time_scale=100).window_seconds == pytest.approx(0.6 + 0.5)


@pytest.mark.parametrize("field", ["chars_per_minute", "flushes_per_minute", "time_scale"], ids=str)
def test_a_limit_of_zero_is_refused_with_a_remedy(field):
    with pytest.raises(SettingsError) as refused:
        PacingLimits(**{field: 0})
    assert refused.value.remedy


def test_a_margin_that_leaves_nothing_is_refused():
    with pytest.raises(SettingsError, match="margin"):
        PacingLimits(margin=1.0)


def test_characters_outside_the_basic_plane_count_twice():
    """UTF-16 units: an emoji is two of them."""
    assert counted_chars("a\u2019b\U0001f600") == 5


def test_an_unused_window_has_room_for_all_it_may_hold():
    assert Pacing(EXACT).room(0.0) == (2_400, 20)


def test_room_comes_back_as_the_oldest_leave_the_window():
    pacing = Pacing(EXACT)
    pacing.record(1_000, now=5.0)
    pacing.record(900, now=20.0)
    assert pacing.frees() == [65.0, 80.0]
    assert [pacing.room(at) for at in (20.0, 65.0, 80.0)] == [(500, 18), (1_500, 19), (2_400, 20)]


def test_the_twenty_first_flush_waits_though_characters_are_few():
    pacing = Pacing(EXACT)
    for second in range(20):
        pacing.record(1, now=float(second))
    assert [pacing.room(at)[1] for at in (19.0, 60.0)] == [0, 1]


def test_an_exhausted_window_is_waited_out_whatever_was_counted():
    pacing = Pacing(EXACT)
    pacing.record(10, now=0.0)
    pacing.exhaust(now=1.0)
    assert [pacing.room(at)[0] for at in (1.0, 60.0, 61.0)] == [0, 0, 2_400]


def test_a_successor_waits_for_what_its_predecessor_sent():
    first, second = Pacing(EXACT), Pacing(EXACT)
    first.record(1_500, now=5.0)
    first.record(900, now=20.0)
    second.inherit(first.sent(30.0), now=1_030.0)  # by another process's clock
    assert [second.room(at)[0] for at in (1_030.0, 1_065.0, 1_080.0)] == [0, 1_500, 2_400]


def test_a_slot_that_was_handed_on_twice_remembers_as_if_it_had_not_been():
    pacing = Pacing(EXACT)
    pacing.record(700, now=1.0)
    once, twice = Pacing(EXACT), Pacing(EXACT)
    once.inherit(pacing.sent(10.0), now=10.0)
    twice.inherit(once.sent(30.0), now=30.0)
    assert twice.sent(40.0) == (Sent(seconds_ago=39.0, chars=700),)


def test_what_is_inherited_falls_in_between_what_was_sent_here():
    pacing = Pacing(EXACT)
    pacing.record(2_000, now=40.0)
    pacing.inherit([Sent(seconds_ago=30.0, chars=400)], now=50.0)
    assert pacing.sent(50.0) == (
        Sent(seconds_ago=30.0, chars=400),
        Sent(seconds_ago=10.0, chars=2_000),
    )
    assert pacing.frees() == [80.0, 100.0]


def test_what_lies_a_window_back_is_not_handed_on():
    pacing = Pacing(EXACT)
    pacing.inherit([Sent(seconds_ago=60.0, chars=2_400)], now=100.0)
    assert pacing.sent(100.0) == ()


def test_nothing_is_inherited_from_the_future():
    """Clocks of two machines may differ; a window still ends after a window."""
    pacing = Pacing(EXACT)
    pacing.inherit([Sent(seconds_ago=-500.0, chars=2_400)], now=0.0)
    assert pacing.frees() == [60.0]


def earliest(pacing: Pacing, chars: int, now: float) -> float:
    """From `now` on, the first instant with room for an utterance of so many characters."""
    instants = [now, *(at for at in pacing.frees() if at > now)]
    rooms = ((at, *pacing.room(at)) for at in instants)
    return next(at for at, room, flushes in rooms if chars <= room and flushes)


@given(st.lists(st.tuples(st.integers(1, 2_352), st.floats(0, 30)), min_size=1, max_size=80))
def test_no_sixty_seconds_hold_more_than_the_provider_allows(wishes):
    """Whatever is asked for and however late it is sent, any 60 s keep both limits."""
    pacing = Pacing(PacingLimits())
    sent: list[tuple[float, int]] = []
    now = 0.0
    for chars, pause in wishes:
        now = earliest(pacing, chars, now + pause)
        pacing.record(chars, now)
        sent.append((now, chars))
        window = [n for at, n in sent if at > now - 60.0]
        assert sum(window) <= 2_352
        assert len(window) <= 20
