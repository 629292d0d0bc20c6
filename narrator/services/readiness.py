"""Readiness: which of the parts that a process leans on answer at this moment."""

from collections.abc import Callable, Mapping
from functools import partial
from threading import Lock, Thread

from narrator.domain.errors import NarratorError
from narrator.services import scratch
from narrator.services.kit import Services
from narrator.services.outage import Outage

DATABASE, OBJECTS, BROKER, SCRATCH = "database", "objects", "broker", "scratch"

ANSWER_SECONDS = 3.0
"""A part that has not answered by then does not answer: Compose gives a check four seconds."""

NO_ANSWER = f"no answer within {ANSWER_SECONDS:g} s"


class Readiness:
    """Asks every part at once, and says in the log when one goes away and when it is back.

    Safe to share among threads. However long a part hangs, nobody waits for it longer than
    `seconds`, and one thread at a time hangs with it.
    """

    def __init__(self, services: Services, *, seconds: float = ANSWER_SECONDS) -> None:
        self._seconds = seconds
        self._clock = services.clock
        self._lock = Lock()
        self._parts = {name: _Part(name, check) for name, check in _checks(services).items()}

    def look(self) -> Mapping[str, bool]:
        """Whether each part answers."""
        with self._lock:
            until = self._clock() + self._seconds
            for part in self._parts.values():
                part.ask()
            return {name: part.answers(until - self._clock()) for name, part in self._parts.items()}


def _checks(services: Services) -> Mapping[str, Callable[[], object]]:
    return {
        DATABASE: partial(services.jobs.recent, limit=1),
        OBJECTS: services.objects.check,
        BROKER: services.doorbell.check,
        SCRATCH: partial(scratch.check, services.scratch),
    }


class _Part:
    """One of the parts: its check, and the thread that asks it."""

    def __init__(self, name: str, check: Callable[[], object]) -> None:
        self._name = name
        self._check = check
        self._outage = Outage(name)
        self._trouble = ""
        self._thread: Thread | None = None

    def ask(self) -> None:
        """Begin to ask, unless an earlier question is not answered yet."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = Thread(target=self._run, name=f"ready-{self._name}", daemon=True)
            self._thread.start()

    def answers(self, seconds: float) -> bool:
        """Whether it answers within so long, and well."""
        assert self._thread is not None  # noqa: S101 — it was asked
        self._thread.join(max(0.0, seconds))
        if trouble := NO_ANSWER if self._thread.is_alive() else self._trouble:
            self._outage.away(trouble)
        else:
            self._outage.back()
        return not trouble

    def _run(self) -> None:
        try:
            self._check()
        except NarratorError as error:
            self._trouble = error.reason
        except Exception as error:  # noqa: BLE001 — such as a database without its tables
            self._trouble = f"unexpected {type(error).__name__}"
        else:
            self._trouble = ""
