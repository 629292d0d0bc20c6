"""The Celery application: `celery -A workers.app worker -Q speech|audio`.

Celery carries doorbells and nothing else: no result backend, no ETA, no canvas. Why each setting is
as it is stands in docs/decisions/.
"""

from celery import Celery

from narrator.bootstrap import configure_logging
from narrator.doorbell import TRANSPORT
from narrator.settings import load

settings = load()
configure_logging(settings.log)

app = Celery("narrator", broker=settings.broker_url, include=["workers.tasks"])
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    result_backend=None,
    task_publish_retry=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    broker_connection_max_retries=None,
    broker_connection_retry_on_startup=True,
    broker_transport_options=TRANSPORT,
    task_serializer="json",
    accept_content=["json"],
    worker_send_task_events=True,
    task_send_sent_event=True,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
)
