"""Run a module as `python -m` does, and keep a list of its threads by name.

    python benchmarks/rig/named.py THREADS.json MODULE ARGS...

The kernel counts processor time for each thread by number; only Python knows their names.
"""

import json
import runpy
import sys
import threading
from pathlib import Path

LOOK_SECONDS = 5.0


def keep(path: Path) -> None:
    """Write down which thread has which number, now and then, for as long as the program lives."""
    pause = threading.Event()
    while not pause.wait(LOOK_SECONDS):
        names = {each.native_id: each.name for each in threading.enumerate()}
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(names))
        fresh.replace(path)


if __name__ == "__main__":
    threading.Thread(target=keep, args=(Path(sys.argv[1]),), daemon=True).start()
    sys.argv = sys.argv[2:]
    sys.path.pop(0)  # this folder; the program is looked for where it would be anyway
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
