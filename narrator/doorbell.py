"""Rings workers by the task's name after commit; knows nothing of what they do."""

import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

import structlog
from celery import Celery
from kombu.connection import Connection
from kombu.exceptions import OperationalError

from narrator.domain.errors import StoreUnavailable
from narrator.domain.steps import Queue
from narrator.services.outage import Outage

log = structlog.get_logger(__name__)

TASK = "narrator.work"
"""The one task there is: it takes a queue's name."""

TRANSPORT = {
    "visibility_timeout": 1_200,  # twice a stay at a slot (`narrate.TASK_SECONDS`)
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 30,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "global_keyprefix": "narr:",
}
_ASKING = TRANSPORT | {"socket_timeout": 5}
"""Redis transport: unanswered messages come back within seconds, and no call waits for ever."""


class CeleryDoorbell:
    """Publishes `TASK` from a thread of its own, waiting for no answer.

    Whoever rings has committed its work and must not wait for a broker that may be away: a refused
    connection alone takes seconds, because every layer beneath tries again.

    A queue is rung only while fewer rings than its `window` wait in it. One task may do the work of
    many rings, and steps are rung again while nobody answers: rings would pile up without end.
    """

    def __init__(self, broker_url: str, window: Mapping[Queue, int]) -> None:
        self._app = Celery("narrator-doorbell", broker=broker_url, set_as_current=False)
        self._app.conf.update(
            broker_transport_options=TRANSPORT,
            task_publish_retry=False,
            task_ignore_result=True,
            result_backend=None,
        )
        self._window = window
        self._owed: Counter[Queue] = Counter()
        self._changed = threading.Condition()
        self._ringer: threading.Thread | None = None
        self._connection: Connection | None = None
        self._outage = Outage("broker")

    def check(self) -> None:
        """Raise StoreUnavailable unless the broker answers; its URL may hold a password."""
        try:
            with self._app.connection_for_write(transport_options=_ASKING) as asked:
                asked.ensure_connection(max_retries=1, timeout=_ASKING["socket_connect_timeout"])
        except (OperationalError, OSError, ValueError, KeyError) as error:
            raise StoreUnavailable(
                f"the broker did not answer ({type(error).__name__})",
                remedy="check that it runs and that NARRATOR_BROKER_URL names it",
            ) from error

    def ring(self, queue: Queue, times: int) -> None:
        """Ring `times` times, soon; a broker that does not answer is logged, once.

        Steps then fall back to ready when their `queued_until` has passed, and are rung again.
        """
        with self._changed:
            self._owed[queue] += times
            if self._ringer is None:
                self._ringer = threading.Thread(target=self._run, name="doorbell", daemon=True)
                self._ringer.start()
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._owed.total)
                owed, self._owed = self._owed, Counter()
            for queue, times in owed.items():
                self._ring(queue, times)

    def _ring(self, queue: Queue, times: int) -> None:
        """Ring on a connection that is kept while it serves.

        One that failed is dropped, whatever the error: kombu's can stay broken for ever, and this
        thread must outlive every state that a broker goes through.
        """
        try:
            self._connection = self._connection or self._app.connection_for_write()
            room = self._window[queue] - _waiting(self._connection, queue)
            for _ in range(min(times, room)):
                self._app.send_task(
                    TASK,
                    args=[str(queue)],
                    queue=str(queue),
                    connection=self._connection,
                    retry=False,
                )
            self._outage.back()
        except Exception as error:  # noqa: BLE001
            self._outage.away(f"a ring was refused ({type(error).__name__})")
            log.debug("doorbell.unanswered", queue=queue)
            dropped, self._connection = self._connection, None
            with suppress(Exception):
                dropped and dropped.release()  # type: ignore[no-untyped-call]


def _waiting(connection: Connection, queue: Queue) -> int:
    """How many rings wait in a queue; raises OperationalError or OSError.

    The queue is declared as ringing would declare it. Asking passively finds none on Redis, for
    kombu (5.7) looks for its list without the key prefix. The channel is one of its own, which
    RabbitMQ closes where the queue is not as declared: ringing then says so.
    """
    try:
        with connection.channel() as channel:  # type: ignore[no-untyped-call]
            declared = channel.queue_declare(queue=str(queue), durable=True, auto_delete=False)
            return int(declared.message_count)
    except connection.channel_errors:
        return 0
    except connection.connection_errors as error:
        raise OperationalError(str(error)) from error
