"""How an account's standing changes: the ceiling, the circuit, the pause."""

import math
from dataclasses import replace
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain import governor
from narrator.domain.governor import (
    TRIAL_SECONDS,
    failed,
    fresh,
    granted,
    grown,
    living,
    may_acquire,
    may_open,
    opened,
    paused,
    probe_due,
    probed,
    shut_seconds,
    throttled,
    unknown_window,
)
from narrator.domain.jobs import Failure
from narrator.domain.slots import Account, Sent, SlotTerms
from narrator.domain.voices import Voice

TERMS = SlotTerms(allowance=45, headroom=2, grow_seconds=30.0, probe_seconds=60.0)
FAULT = Failure(code="account-fault", reason="HTTP 401 (request r-1)", remedy="mend the key")
VOICE = Voice()


def busy(used: int) -> Account:
    """An account in good standing with so many slots taken."""
    return replace(fresh(TERMS), used=used)


def tripped(at: float) -> Account:
    """An account whose circuit has opened: three handshakes failed, one after the other's rest."""
    account = busy(10)
    for _ in range(governor.TRIP_FAILURES):
        started = max(at - 10.0, account.shut_until or 0.0)
        account = failed(account, at=started, handshake_seconds=0.0, dice=0.5)
    return account


# ------------------------------------------------------------------------------- the ceiling


def test_a_new_account_may_open_all_but_the_headroom():
    assert fresh(TERMS).ceiling == 43
    assert (may_acquire(busy(42), 0.0), may_acquire(busy(43), 0.0)) == (True, False)


def test_only_the_whole_part_of_the_ceiling_counts():
    assert not may_acquire(replace(busy(3), ceiling=3.99), 0.0)


def test_too_many_sockets_leave_four_fifths_of_those_in_use():
    account = throttled(busy(40), at=100.0, handshake_seconds=1.0)
    assert account.ceiling == 32
    assert not may_open(account, 100.0 + governor.THROTTLE_SECONDS - 0.01)
    assert may_open(account, 100.0 + governor.THROTTLE_SECONDS)


def test_those_who_asked_at_the_same_time_shrink_the_ceiling_once():
    account = throttled(busy(40), at=100.0, handshake_seconds=1.0)
    assert throttled(account, at=100.5, handshake_seconds=0.6) == account
    assert throttled(account, at=103.0, handshake_seconds=1.0).ceiling == pytest.approx(25.6)


@pytest.mark.parametrize("apart", [0.0, 0.02, 0.04])
def test_a_fleet_that_is_refused_within_the_rest_shrinks_the_ceiling_once(apart):
    """All reconnect: some later than others, and their news waits for the account's row."""
    account = busy(45)
    for number in range(45):
        account = replace(account, used=45 - number)
        account = throttled(account, at=100.0 + apart * number, handshake_seconds=0.01)
    assert account.ceiling == pytest.approx(0.8 * 43)


def test_the_ceiling_grows_by_one_each_time_and_stops_at_the_most():
    account = replace(busy(40), ceiling=41.5, grown_at=0.0, shrunk_at=0.0)
    assert grown(account, TERMS, 29.0).ceiling == 41.5
    once = grown(account, TERMS, 45.0)
    assert (once.ceiling, once.grown_at) == (42.5, 30.0)
    assert grown(once, TERMS, 10_000.0).ceiling == 43


@given(st.lists(st.integers(0, 300), max_size=9), st.integers(0, 3))
def test_growing_often_is_growing_no_faster(pauses, used):
    account = shrunk = throttled(busy(used), at=0.0, handshake_seconds=0.0)
    for at in accumulate(pauses):
        account = grown(account, TERMS, float(at))
    assert account == grown(shrunk, TERMS, float(sum(pauses)))


def ceilings(account: Account, count: int, terms: SlotTerms = TERMS) -> list[float]:
    """The ceiling after each of so many steps."""
    return [grown(account, terms, 30.0 * step).ceiling for step in range(count)]


def test_a_ceiling_that_a_passing_429_shrank_to_one_is_back_in_six_minutes():
    account = throttled(busy(1), at=0.0, handshake_seconds=0.0)
    assert ceilings(account, 13) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 22, 43]


@given(st.integers(2, 300), st.data())
def test_a_limit_that_lasts_is_met_again_by_one_socket_at_a_time(most, data):
    terms = replace(TERMS, allowance=most, headroom=0)
    limit = data.draw(st.integers(1, most - 1), label="limit")
    account = throttled(Account(ceiling=most, used=limit), at=0.0, handshake_seconds=0.0)
    whole = [math.floor(ceiling) for ceiling in ceilings(account, most, terms)]
    assert min(ceiling for ceiling in whole if ceiling > limit) == limit + 1


def test_a_ceiling_that_never_shrank_follows_the_settings():
    assert grown(fresh(TERMS), replace(TERMS, allowance=62), 0.0).ceiling == 60


def test_a_shrunk_ceiling_follows_the_settings_downwards_at_once():
    account = replace(busy(1), ceiling=30.0, grown_at=0.0)
    assert grown(account, replace(TERMS, allowance=12), 1.0).ceiling == 10


@given(
    st.lists(
        st.tuples(st.sampled_from("tg"), st.floats(0, 200), st.integers(0, 43), st.floats(0, 10))
    )
)
def test_the_ceiling_stays_between_one_and_the_most(events):
    account, at = fresh(TERMS), 0.0
    for kind, pause, used, handshake_seconds in events:
        at += pause
        account = replace(account, used=used)
        before = account.ceiling
        if kind == "t":
            account = throttled(account, at=at, handshake_seconds=handshake_seconds)
            assert account.ceiling in {before, max(1.0, 0.8 * min(before, used))}
        else:
            account = grown(account, TERMS, at)
            assert account.ceiling >= before
        assert 1 <= account.ceiling <= 43


# ------------------------------------------------------------------------------- the circuit


def test_a_failure_shuts_the_account_for_a_moment():
    account = failed(busy(1), at=10.0, handshake_seconds=0.1, dice=0.5)
    assert account.shut_until == 11.0
    assert (may_open(account, 10.9), may_open(account, 11.0)) == (False, True)


def test_those_who_failed_at_the_same_time_count_once():
    account = failed(busy(45), at=10.0, handshake_seconds=0.1, dice=0.5)
    for late in range(40):
        account = failed(account, at=10.1 + late / 100, handshake_seconds=0.3, dice=0.5)
    assert account.failures == 1


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_rests_double_from_a_second_to_a_minute_spread_by_half(failures, dice):
    base = min(60.0, math.ldexp(1.0, min(failures - 1, 10)))
    assert 0.5 * base <= shut_seconds(failures, dice) <= 1.5 * base


def test_an_open_circuit_lets_one_try_at_a_time():
    account = tripped(100.0)
    at = account.shut_until or 0.0
    assert may_acquire(account, at)
    trying = granted(account, at)
    assert not may_acquire(trying, at + TRIAL_SECONDS - 0.1)
    assert may_acquire(trying, at + TRIAL_SECONDS)


def test_before_the_circuit_opens_a_grant_keeps_nobody_waiting():
    account = failed(busy(1), at=10.0, handshake_seconds=0.1, dice=0.5)
    assert granted(account, 11.0) == account


def test_a_trial_that_fails_lengthens_the_rest_once():
    account = tripped(100.0)
    at = account.shut_until or 0.0
    trying = granted(account, at)
    again = failed(trying, at=at + 1, handshake_seconds=0.5, dice=0.5)
    assert (again.failures, again.shut_until) == (4, at + 1 + 8.0)
    assert failed(again, at=at + 2, handshake_seconds=0.5, dice=0.5) == again


def test_a_session_that_opens_closes_the_circuit():
    account = opened(granted(tripped(100.0), 110.0), at=111.0, handshake_seconds=0.5)
    assert (account.failures, account.shut_until) == (0, None)


def test_a_session_that_opens_does_not_cut_a_throttles_rest_short():
    account = throttled(busy(40), at=100.0, handshake_seconds=1.0)
    assert opened(account, at=100.1, handshake_seconds=2.0).shut_until == account.shut_until


# ------------------------------------------------------------------------------- the pause


def test_a_paused_account_opens_nothing_until_a_session_could_be_opened():
    account = paused(busy(5), FAULT, VOICE, at=10.0)
    assert (account.fault, account.probe_voice, may_open(account, 1e9)) == (FAULT, VOICE, False)
    account = opened(account, at=80.0, handshake_seconds=0.5)
    assert (account.fault, account.paused_at, may_open(account, 80.0)) == (None, None, True)


def test_a_session_that_began_to_open_before_the_pause_does_not_end_it():
    account = paused(busy(5), FAULT, VOICE, at=10.0)
    assert opened(account, at=10.2, handshake_seconds=0.5) == account


def test_a_paused_account_is_probed_each_probe_seconds():
    account = paused(busy(5), FAULT, VOICE, at=10.0)
    assert (probe_due(account, TERMS, 69.0), probe_due(account, TERMS, 70.0)) == (False, True)
    assert not probe_due(probed(account, 70.0), TERMS, 129.0)


def test_an_account_that_is_not_paused_is_not_probed():
    assert not probe_due(tripped(100.0), TERMS, 1e9)


def test_a_second_refusal_keeps_since_when_it_is_paused():
    account = paused(busy(5), FAULT, VOICE, at=10.0)
    again = paused(account, replace(FAULT, reason="HTTP 402"), VOICE, at=70.0)
    assert (again.paused_at, again.probe_at) == (10.0, 70.0)
    assert again.fault is not None
    assert again.fault.reason == "HTTP 402"


def test_a_probe_that_meets_too_many_sockets_or_no_provider_changes_nothing():
    """It holds no slot; the next probe will tell."""
    account = paused(busy(0), FAULT, VOICE, at=10.0)
    assert throttled(account, at=70.0, handshake_seconds=0.5) == account
    assert failed(account, at=70.0, handshake_seconds=0.5, dice=0.5) == account


# ------------------------------------------------------------------------------- a dead one's slot


def test_a_dead_holders_window_counts_as_full_from_when_it_had_to_stop():
    window = unknown_window(TERMS, lease_until=145.0, at=150.0)  # it had to stop at 100
    assert window == (Sent(seconds_ago=50.0, chars=2_352),)


def test_a_window_after_it_had_to_stop_a_dead_holders_slot_is_fresh():
    assert unknown_window(TERMS, lease_until=145.0, at=160.5) == ()


# ------------------------------------------------------------------------------- a clock set back

INSTANTS = st.floats(0, 2e9)
AHEAD = st.floats(0.001, 1e9)
SECONDS = st.floats(0, 60)


@given(INSTANTS, INSTANTS)
def test_nobody_waits_longer_than_any_rest_lasts(shut_until, at):
    account = replace(busy(1), shut_until=shut_until)
    assert may_open(account, at) or may_open(account, at + governor.LONGEST_REST_SECONDS)


@given(st.integers(0, 9), st.floats(0, 1), INSTANTS)
def test_a_rest_that_a_rule_has_set_is_kept(failures, dice, at):
    account = replace(tripped(at), failures=failures, probe_at=at - 1)
    rests = [
        failed(account, at=at + 100, handshake_seconds=0.0, dice=dice),
        granted(account, at + 100),
        throttled(account, at=at + 100, handshake_seconds=0.0),
    ]
    for rest in rests:
        assert rest == account or not may_open(rest, at + 100)


@given(INSTANTS, AHEAD, SECONDS)
def test_a_429_after_a_shrink_that_lies_ahead_shrinks_the_ceiling(at, ahead, seconds):
    account = replace(busy(40), shrunk_at=at + ahead, shut_until=at + 100 + ahead)
    account = throttled(account, at=at, handshake_seconds=seconds)
    assert (account.ceiling, account.shrunk_at) == (32, at)
    assert may_open(account, at + governor.THROTTLE_SECONDS)


@given(INSTANTS, AHEAD, SECONDS, st.integers(0, 9))
def test_a_failure_after_a_rest_or_a_trial_that_lies_ahead_counts(at, ahead, seconds, failures):
    rest, trial = at + governor.LONGEST_REST_SECONDS + ahead, at + ahead
    account = replace(busy(1), failures=failures, shut_until=rest, probe_at=trial)
    account = failed(account, at=at, handshake_seconds=seconds, dice=0.5)
    assert account.failures == failures + 1
    assert may_open(account, at + governor.LONGEST_REST_SECONDS)


@given(INSTANTS, AHEAD, SECONDS)
def test_a_pause_that_lies_ahead_is_probed_and_ends(at, ahead, seconds):
    account = paused(busy(5), FAULT, VOICE, at=at + ahead)
    assert probe_due(account, TERMS, at)
    assert opened(account, at=at, handshake_seconds=seconds).fault is None


@given(st.integers(0, 2_000_000_000), st.integers(1, 1_000_000), st.integers(0, 9))
def test_a_ceiling_that_grew_at_an_instant_ahead_grows_from_now_on(at, ahead, steps):
    account = replace(busy(1), ceiling=10.0, shrunk_at=at + ahead, grown_at=at + ahead)
    account = grown(account, TERMS, at)
    assert account.ceiling == 10
    assert grown(account, TERMS, at + 30.0 * steps).ceiling == 10 + steps


@given(INSTANTS, INSTANTS)
def test_an_owner_that_is_not_seen_again_lives_no_longer_than_twice_a_hold(seen_at, at):
    hold = TERMS.hold_seconds
    assert living(TERMS, seen_at=at - hold / 2 + 0.01, at=at)
    alive = [living(TERMS, seen_at=seen_at, at=at + turn * hold) for turn in range(9)]
    assert sum(alive) <= 2
