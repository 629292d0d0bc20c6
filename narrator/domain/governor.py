"""The governor's rules for an account: how its standing changes, and with it what may be opened.

Pure: instants are seconds of the database's clock, `dice` lies between 0 and 1. Whoever keeps the
account holds its row while a rule is applied. An instant that lies further ahead than a rule could
have put it was written before that clock was set back: it counts as past.

The ceiling follows the provider by additive increase and multiplicative decrease (Chiu and Jain,
1989), as TCP's window does; far from a refusal that did not come again it grows faster. Who gets
which slot beneath it is `sharing.py`.
"""

import math
from dataclasses import replace

from narrator.domain.jobs import Failure
from narrator.domain.slots import Account, Sent, SlotTerms
from narrator.domain.voices import Voice

SHRINK = 0.8
"""What is left of the sockets in use after a 429."""

THROTTLE_SECONDS = 2.0
"""Nobody opens a session for so long after a 429 that shrank the ceiling."""

TRIP_FAILURES = 3
"""After so many failures in a row the circuit is open: one session at a time is tried."""

FIRST_SHUT_SECONDS, LONGEST_SHUT_SECONDS = 1.0, 60.0
LONGEST_REST_SECONDS = 1.5 * LONGEST_SHUT_SECONDS
"""The longest rest that any rule writes: the dice may make half as much again of it."""

SEEN_SHARE = 0.5
"""An owner renews six times in a hold. One that was not seen for half of it has room for nothing:
its slots are its own for longer, but when its slices come back nobody counts on its seats."""

TRIAL_SECONDS = 15.0
"""For how long the one who tries an open circuit is waited for: longer than a handshake takes."""


def fresh(terms: SlotTerms) -> Account:
    """An account of which nothing is known yet."""
    return Account(ceiling=float(terms.most))


def may_open(account: Account, at: float) -> bool:
    """Whether a session may be opened at all: the account is not paused and does not rest."""
    rest = rest_until(account, at)
    return account.fault is None and (rest is None or at >= rest)


def rest_until(account: Account, at: float) -> float | None:
    """Until when nobody opens a session, be it past; None where the account does not rest."""
    until = account.shut_until
    return None if until is None or until > at + LONGEST_REST_SECONDS else until


def may_acquire(account: Account, at: float) -> bool:
    """Whether one more slot may be taken: a session may be opened, and a slot is free."""
    return may_open(account, at) and account.used < math.floor(account.ceiling)


def granted(account: Account, at: float) -> Account:
    """A slot was granted; where the circuit is open, the others wait for what comes of it."""
    if account.failures < TRIP_FAILURES:
        return account
    return replace(account, shut_until=at + TRIAL_SECONDS, probe_at=at)


def opened(account: Account, *, at: float, handshake_seconds: float) -> Account:
    """A session was opened: failures and the pause are over.

    One whose handshake began before the pause proves nothing about it.
    """
    if _began_before(account.paused_at, at=at, handshake_seconds=handshake_seconds):
        return account
    shut_until = None if account.failures else account.shut_until  # a throttle's rest runs out
    return replace(
        account,
        failures=0,
        shut_until=shut_until,
        fault=None,
        paused_at=None,
        probe_at=None,
        probe_voice=None,
    )


def throttled(account: Account, *, at: float, handshake_seconds: float) -> Account:
    """Too many sockets (429): `SHRINK` of those in use may be open, one at least.

    Handshakes that began before the rest after the last shrink was over say nothing new: those who
    asked at the same time shrink the ceiling once, whoever is told last, and so do those who tried
    the slots that they had. A paused account keeps its ceiling.
    """
    seconds = handshake_seconds + THROTTLE_SECONDS
    stale = _began_before(account.shrunk_at, at=at, handshake_seconds=seconds)
    if stale or account.fault is not None:
        return account
    return replace(
        account,
        ceiling=max(1.0, SHRINK * min(account.ceiling, account.used)),
        shrunk_at=at,
        grown_at=at,
        shut_until=max(rest_until(account, at) or at, at + THROTTLE_SECONDS),
    )


def failed(account: Account, *, at: float, handshake_seconds: float, dice: float) -> Account:
    """No session could be had: rest, twice as long each time.

    Those who asked at the same time count as one failure: a handshake counts that began after the
    last rest; once the circuit is open, after the trial that was granted.
    """
    if account.failures < TRIP_FAILURES:
        rest = rest_until(account, at)
        stale = rest is not None and at - handshake_seconds < rest
    else:
        stale = account.probe_at is None or _began_before(
            account.probe_at, at=at, handshake_seconds=handshake_seconds
        )
    if stale or account.fault is not None:
        return account
    failures = account.failures + 1
    shut_until = at + shut_seconds(failures, dice)
    return replace(account, failures=failures, shut_until=shut_until, probe_at=None)


def _began_before(instant: float | None, *, at: float, handshake_seconds: float) -> bool:
    """Whether a handshake that is over now began before that instant, which is not ahead."""
    return instant is not None and at - handshake_seconds < instant <= at


def shut_seconds(failures: int, dice: float) -> float:
    """How long the account rests after so many failures in a row (from 1)."""
    base = min(LONGEST_SHUT_SECONDS, FIRST_SHUT_SECONDS * 2.0 ** min(failures - 1, 30))
    return base * (0.5 + dice)


def paused(account: Account, fault: Failure, voice: Voice, *, at: float) -> Account:
    """The provider refuses the account: nobody opens a session; it is tried with this voice."""
    return replace(
        account,
        failures=0,
        shut_until=None,
        fault=fault,
        paused_at=at if account.paused_at is None else account.paused_at,
        probe_at=at,
        probe_voice=voice,
    )


def probe_due(account: Account, terms: SlotTerms, at: float) -> bool:
    """Whether somebody is to try if a paused account works again."""
    if account.fault is None:
        return False
    return account.probe_at is None or not 0 <= at - account.probe_at < terms.probe_seconds


def probed(account: Account, at: float) -> Account:
    """Somebody was told to try a paused account."""
    return replace(account, probe_at=at)


def grown(account: Account, terms: SlotTerms, at: float) -> Account:
    """One more socket for each `grow_seconds` since the last shrink, up to the most.

    After as many steps as it takes to regain what was in use at the shrink, however much that was,
    and one more, it doubles: the provider's limit, if that was it, would have been met again. A
    ceiling that never shrank follows the settings at once.
    """
    if account.grown_at is None:
        return replace(account, ceiling=float(terms.most))
    since = min(account.grown_at, at)
    steps = math.floor((at - since) / terms.grow_seconds)
    slow = min(steps, _slow_steps(account, terms, since))
    ceiling = (account.ceiling + slow) * 2.0 ** min(steps - slow, 30)
    return replace(
        account,
        ceiling=min(float(terms.most), ceiling),
        grown_at=since + steps * terms.grow_seconds,
    )


def _slow_steps(account: Account, terms: SlotTerms, since: float) -> int:
    """How many steps of one socket are left, at the instant of the last."""
    shrunk_at = since if account.shrunk_at is None else account.shrunk_at
    taken = max(0, round((since - shrunk_at) / terms.grow_seconds))
    return max(0, math.ceil((1 - SHRINK) * terms.most) + 1 - taken)


def current(account: Account, terms: SlotTerms, at: float) -> Account:
    """The account as it stands now: grown since, and without a rest that nobody could have set."""
    return replace(grown(account, terms, at), shut_until=rest_until(account, at))


def living(terms: SlotTerms, *, seen_at: float, at: float) -> bool:
    """Whether an owner that was last seen at an instant shares, and asks for slots."""
    return abs(at - seen_at) < SEEN_SHARE * terms.hold_seconds


def unknown_window(terms: SlotTerms, *, lease_until: float, at: float) -> tuple[Sent, ...]:
    """What to take a dead holder's slot to have sent: a full window, up to when it had to stop."""
    seconds_ago = at - (lease_until - terms.grace_seconds)
    if seconds_ago >= terms.window_seconds:
        return ()
    return (Sent(seconds_ago=max(0.0, seconds_ago), chars=terms.window_chars),)
