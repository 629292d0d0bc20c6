"""Threads that repeat one thing."""

from threading import Event, Semaphore

from narrator.domain.errors import StoreUnavailable
from narrator.services.rhythm import Every


def test_an_action_is_repeated_until_stopped() -> None:
    called = Semaphore(0)
    every = Every(0.01, called.release, name="test").start()
    for _ in range(3):
        assert called.acquire(timeout=5)

    every.stop()
    while called.acquire(blocking=False):
        pass
    assert not called.acquire(timeout=0.1)


def test_neither_an_absent_store_nor_a_defect_ends_the_thread() -> None:
    errors = [StoreUnavailable("gone"), ValueError("a defect")]
    calm = Event()

    def action() -> None:
        if errors:
            raise errors.pop()
        calm.set()

    every = Every(0.01, action, name="test").start()

    assert calm.wait(timeout=5)
    every.stop()
