"""Ends a process that hangs, whatever hangs in it: the kernel does it.

A step past its deadline for progress is claimed by somebody else, but whoever hangs over it hangs
on, and a pool of processes has only so many. A regular expression that never ends does not even let
another thread of its process run. So an alarm is set, whose usual effect is the end of the process,
and put off again and again for as long as all goes well. The pool replaces what has ended.
"""

import signal
from collections.abc import Callable

from narrator.services.hands import Hands

ALARM_SECONDS = 300.0
"""So long after the last look that found all well. Somebody who stops a process and lets it go on
later than that finds it replaced; its steps were claimed by others long before."""

WATCH_SECONDS = 10.0


class Watchdog:
    """Puts this process's end off at each `look`; `going` is false once it is to stop anyway.

    For a process that does nothing else with the alarm, and one step at a time.
    """

    def __init__(
        self, hands: Hands, *, going: Callable[[], bool], alarm_seconds: float = ALARM_SECONDS
    ) -> None:
        self._hands = hands
        self._going = going
        self._alarm_seconds = alarm_seconds

    def look(self) -> None:
        """Put the end off, unless a step is past its deadline or the process is to stop."""
        if self._going() and len(self._hands.renewable()) == len(self._hands.all()):
            signal.setitimer(signal.ITIMER_REAL, self._alarm_seconds)
