"""The Celery workers: rung by a queue's name, they claim steps and do them."""
