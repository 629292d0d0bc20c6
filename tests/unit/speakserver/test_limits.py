"""Sliding windows."""

from hypothesis import given
from hypothesis import strategies as st

from narrator.speakserver.limits import SlidingWindow

SPAN = 60.0
events = st.lists(st.tuples(st.floats(0, 30), st.integers(0, 40)), max_size=60)


@given(events=events, allowance=st.integers(0, 100))
def test_no_span_ever_holds_more_than_the_allowance(events, allowance):
    window, now, admitted = SlidingWindow(allowance, SPAN), 0.0, list[tuple[float, int]]()
    for pause, amount in events:
        now += pause
        if window.admit(amount, now):
            admitted.append((now, amount))
        within = sum(size for instant, size in admitted if instant > now - SPAN)
        assert within <= allowance


@given(events=events, allowance=st.integers(0, 100))
def test_nothing_is_refused_that_fits(events, allowance):
    window, now, admitted = SlidingWindow(allowance, SPAN), 0.0, list[tuple[float, int]]()
    for pause, amount in events:
        now += pause
        within = sum(size for instant, size in admitted if instant > now - SPAN)
        assert window.admit(amount, now) == (within + amount <= allowance)
        if within + amount <= allowance:
            admitted.append((now, amount))


def test_an_allowance_comes_back_a_span_after_it_was_used():
    window = SlidingWindow(1, SPAN)
    assert window.admit(1, 10.0)
    assert not window.admit(1, 69.9)
    assert window.admit(1, 70.0)


@given(amount=st.integers(0, 10**9))
def test_a_window_that_is_off_admits_everything(amount):
    assert SlidingWindow(None, SPAN).admit(amount, 0.0)
