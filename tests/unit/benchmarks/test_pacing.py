"""How much of its window a slot uses, in virtual time."""

from dataclasses import replace

from benchmarks.pacing import BOOK, USUAL, Run, endless, share, slices
from narrator.domain.pacing import Pacing, PacingLimits
from narrator.speech.rules import SessionRules
from narrator.speech.session import SpeechSession
from tests.servers.places import REPOSITORY

LIMITS = PacingLimits()
END = 2 * 3_600.0


def spoken(rules: SessionRules) -> Run:
    """Two hours of a slot."""
    session = SpeechSession(rules, Pacing(LIMITS), opened_at=0.0)
    run = Run(session, endless(slices(REPOSITORY / BOOK), seed=1))
    run.until(END)
    return run


def test_sessions_that_retire_leave_no_gap_in_the_throughput():
    """Six times as often as they have to: in a lull, with the window handed on."""
    for_ever = spoken(USUAL)
    retiring = spoken(replace(USUAL, session_seconds=550.0, early_seconds=55.0))
    assert (for_ever.retired, retiring.retired) == (0, 14)
    assert share(for_ever, LIMITS, END) > 0.99
    assert share(retiring, LIMITS, END) > share(for_ever, LIMITS, END) - 0.002
