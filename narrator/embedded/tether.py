"""Run a command that dies with the process that started it.

Used as a script, before any package can be imported: `python -I -S tether.py PARENT COMMAND...`
asks the kernel for SIGKILL at the parent's death, makes sure that the parent did not die just
before, and becomes the command. (Doing so between fork and exec in the parent instead would run
Python code in a fork of a process that has threads.)

Linux ties the signal to the *thread* that started the child: start children from a thread that
lives as long as the process. Where there is no such signal (macOS) the roster is the second net.
"""

import ctypes
import os
import signal
import sys
from typing import NoReturn

PR_SET_PDEATHSIG = 1
_ORPHANED = 125


def _main(parent: int, command: list[str]) -> NoReturn:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(_ORPHANED)
    os.execv(command[0], command)  # noqa: S606 - the caller gives a command, not a shell line


if __name__ == "__main__":
    _main(int(sys.argv[1]), sys.argv[2:])
