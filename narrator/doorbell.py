"""Rings workers by the task's name after commit; knows nothing of what they do."""

import structlog
from celery import Celery
from kombu.exceptions import OperationalError

from narrator.domain.steps import Queue

log = structlog.get_logger(__name__)

TASK = "narrator.work"
"""The one task there is: it takes a queue's name."""

TRANSPORT = {
    "visibility_timeout": 600,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 30,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "global_keyprefix": "narr:",
}
"""Redis transport: unanswered messages come back within seconds, and no call waits for ever."""


class CeleryDoorbell:
    """Publishes `TASK` without waiting for an answer."""

    def __init__(self, broker_url: str) -> None:
        self._app = Celery("narrator-doorbell", broker=broker_url, set_as_current=False)
        self._app.conf.update(
            broker_transport_options=TRANSPORT,
            task_publish_retry=False,
            task_ignore_result=True,
            result_backend=None,
        )

    def ring(self, queue: Queue, times: int) -> None:
        """Ring `times` times; a broker that does not answer is logged.

        Steps then fall back to ready when their `queued_until` has passed, and are rung again.
        """
        try:
            with self._app.producer_pool.acquire(block=True, timeout=10) as producer:
                for _ in range(times):
                    self._app.send_task(
                        TASK, args=[str(queue)], queue=str(queue), producer=producer, retry=False
                    )
        except (OperationalError, OSError) as error:
            log.warning("doorbell.unanswered", queue=queue, error=type(error).__name__)
