"""A process that hangs is ended by the kernel, whatever hangs in it."""

import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.integration

BEGIN = """
import re
from itertools import count
from threading import Event
from narrator.domain.ids import JobId, StepId
from narrator.domain.steps import Claim, StepKind
from narrator.services.hands import PROGRESS_SECONDS, Hands
from narrator.services.rhythm import Every
from workers.watchdog import Watchdog

passed = [0.0]
hands = Hands("worker", lambda: passed[0])
claim = Claim(step_id=StepId(1), job_id=JobId("j"), kind=StepKind.PLAN, fence=1, attempts=1)
hands.take(claim)
stopping = Event()
watchdog = Watchdog(hands, going=lambda: not stopping.is_set(), alarm_seconds=2.0)
looks = count()
watched = Event()

def look():
    watchdog.look()
    if next(looks) == 60:
        watched.set()

Every(0.05, look, name="watchdog").start()
"""


def ends(then: str) -> int:
    """The exit code of a process under a watchdog that bites after two seconds."""
    return subprocess.run([sys.executable, "-c", BEGIN + then], check=False, timeout=60).returncode


def test_a_step_in_time_is_left_alone():
    assert ends("assert watched.wait(30)") == 0


def test_a_loop_that_lets_no_other_thread_run_is_ended():
    assert ends("re.match(r'(a+)+$', 'a' * 60 + 'b')") == -signal.SIGALRM


def test_a_step_past_its_deadline_is_ended():
    over = "passed[0] = PROGRESS_SECONDS[StepKind.PLAN]; Event().wait(30)"
    assert ends(over) == -signal.SIGALRM


def test_a_process_that_does_not_end_although_it_is_to_stop_is_ended():
    assert ends("stopping.set(); Event().wait(30)") == -signal.SIGALRM
