"""The one task. It is told which queue was rung, and finds out from SQL what there is to do."""

from narrator.domain.steps import Queue
from narrator.doorbell import TASK
from narrator.services.work import work as do_work
from workers import lifecycle
from workers.app import app


@app.task(name=TASK)
def work(queue: str) -> None:
    """Do the next step of a queue, if there is one; harmless to repeat."""
    mine = lifecycle.process()
    do_work(
        mine.services, Queue(queue), hands=mine.hands, keeper=mine.keeper, going=lifecycle.going
    )
