"""The event loop of one process, its thread, and the sessions on it."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import structlog

from narrator.domain.errors import SpeechInterrupted
from narrator.domain.faults import Fault
from narrator.speech.call import Call
from narrator.speech.client import Client
from narrator.speech.config import SpeechConfig
from narrator.speech.pool import Pool

log = structlog.get_logger(__name__)

THREAD = "narrator-speech"
"""The thread's name, to Python and to the system (which takes 15 characters)."""

SLACK_SECONDS = 2.0
"""For a busy loop to come round to all that ends, beyond what the closes themselves may take."""

T = TypeVar("T")


class Engine:
    """Starts with the first call; `close` ends it for good."""

    def __init__(self, config: SpeechConfig) -> None:
        client = Client(
            config.url,
            config.api_key,
            open_timeout_seconds=config.open_timeout_seconds,
            close_seconds=config.close_seconds,
        )
        self._drain_seconds = config.close_seconds
        # Sessions are closed side by side, each in twice `close_seconds`: see `Connection.close`.
        self._closing_seconds = 2 * config.close_seconds + SLACK_SECONDS
        self._pool = Pool(config.pool_rules, client)
        self._calls: dict[Call, asyncio.Task[None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._turn, name=THREAD, daemon=True)
        self._lock = threading.Lock()
        self._closed = False
        self._ended = threading.Event()
        self._politely = False  # every session was closed as it should be

    def begin(self, call: Call) -> bool:
        """Run a call on the loop; False when the speaker has been closed."""
        with self._lock:
            if self._closed:
                return False
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread.start()
            self._loop.call_soon_threadsafe(self._start, call)
            return True

    def post(self, message: Callable[[], None]) -> None:
        """Run something on the loop soon; nothing happens once it is closed."""
        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(message)

    def ask(self, work: Callable[[Pool], Coroutine[Any, Any, T]]) -> T | None:
        """Wait for something done with the pool, no longer than a polite close may take.

        None while nothing was ever spoken, and once all sessions have been closed. Raises
        SpeechInterrupted when the loop does not come round to it, or was stopped before every
        session was closed: what became of them is then not known.
        """
        with self._lock:
            if self._loop is None:
                return None
            answer = None
            if not self._closed:
                answer = asyncio.run_coroutine_threadsafe(work(self._pool), self._loop)
        if answer is None:
            self._wait_for_the_end()
            return None
        try:
            return answer.result(self._closing_seconds)
        except (TimeoutError, CancelledError):
            raise SpeechInterrupted(
                f"a session was not closed within {self._closing_seconds:g} s", fault=Fault.GIVEN_UP
            ) from None

    def _wait_for_the_end(self) -> None:
        """Wait until `close` is through; raises SpeechInterrupted unless all went as it should."""
        if not (self._ended.wait(self._drain_seconds + self._closing_seconds) and self._politely):
            raise SpeechInterrupted("the speaker is closed", fault=Fault.GIVEN_UP)

    def close(self) -> None:
        """Send nothing more, hear what is under way, close politely, stop; idempotent.

        A worker's end waits for this. What is under way has `close_seconds` to be answered; what
        takes longer than polite closes may is cancelled.
        """
        with self._lock:
            was_open, self._closed = not self._closed, True
        if was_open and self._loop is not None:
            seconds = self._drain_seconds + self._closing_seconds
            shut = asyncio.run_coroutine_threadsafe(self._shut(), self._loop)
            try:
                shut.result(seconds)
                self._politely = True
            except TimeoutError:
                log.warning("speech.close_timed_out", seconds=seconds)
            finally:
                self._ended.set()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(2 * SLACK_SECONDS)

    def _turn(self) -> None:
        assert self._loop is not None  # noqa: S101 - set before the thread is started
        with suppress(OSError):  # so that operators see in `top -H` what the loop costs
            Path(f"/proc/self/task/{threading.get_native_id()}/comm").write_text(THREAD)
        try:
            self._loop.run_forever()
            self._loop.run_until_complete(self._cancel_rest())
        finally:
            self._loop.close()  # without waiting for look-ups of names that are under way

    def _start(self, call: Call) -> None:
        task = asyncio.get_running_loop().create_task(call.run(self._pool))
        self._calls[call] = task
        task.add_done_callback(lambda _: self._calls.pop(call))

    async def _shut(self) -> None:
        if calls := list(self._calls):
            for call in calls:
                call.stop()
            calm = [asyncio.create_task(call.calm()) for call in calls]
            await asyncio.wait(calm, timeout=self._drain_seconds)
        for call in self._calls:
            call.end(SpeechInterrupted("the speaker was closed", fault=Fault.GIVEN_UP))
        while self._calls:
            await asyncio.wait(list(self._calls.values()))
        await self._pool.close()

    async def _cancel_rest(self) -> None:
        """Cancel what did not end by itself, so that nobody waits for it for ever."""
        for _ in range(2):  # a call that is cancelled gives its session back, to be closed
            rest = asyncio.all_tasks() - {asyncio.current_task()}
            for task in rest:
                task.cancel()
            if rest:
                await asyncio.wait(rest, timeout=SLACK_SECONDS / 2)
