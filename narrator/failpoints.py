"""Failpoints armed by files: for rehearsing deaths, never for a fleet that somebody pays for.

To arm a point, put a file of its name (`narrator.domain.failpoints`) into the folder that
`NARRATOR_FAILPOINTS` names, whole at once (write it elsewhere, rename it). The first process of
the fleet to come by renames it to `<name>.<process id>` and does what is written in it:

    kill    SIGKILL to itself
    stop    SIGSTOP to itself, until somebody sends SIGCONT
    raise   an OSError that nobody foresaw
"""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from narrator.domain.failpoints import FailPoint

_SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


@dataclass(frozen=True, slots=True)
class ArmedByFiles:
    """`Services.reach` in a rehearsal; `folder` is looked into at each point."""

    folder: Path

    def __call__(self, point: FailPoint) -> None:
        """Do what the point's file says, if there is one and nobody else was quicker.

        Raises OSError where the file says so, or says nothing that is known.
        """
        taken = self.folder / f"{point}.{os.getpid()}"
        try:
            (self.folder / point).rename(taken)
        except FileNotFoundError:
            return
        action = taken.read_text().strip()
        if action not in _SIGNALS:
            raise OSError(f"the failpoint {point} was armed")
        os.kill(os.getpid(), _SIGNALS[action])
