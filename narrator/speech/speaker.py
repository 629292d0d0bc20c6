"""The Speaker port over the provider's WebSockets.

All sockets of a process live on one event loop in a thread of its own, which starts with the first
`speak` and is made anew after a fork. A caller's thread blocks in `next()`; whatever it does
between two reports (encoding, storing, SQL) happens in its own thread, never on the loop.
"""

import asyncio
import os
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from queue import Empty

import structlog

from narrator.domain.errors import NarratorError, SettingsError, SpeechInterrupted, SpeechRefused
from narrator.domain.pacing import PacingLimits, counted_chars
from narrator.domain.voices import Voice
from narrator.services.ports import Cut, Report, Utterance
from narrator.speech.call import Broken, Call, Notice
from narrator.speech.client import Client
from narrator.speech.pool import Pool, PoolRules
from narrator.speech.session import SessionRules
from narrator.speech.wire import MAX_SPEAK_CHARS

log = structlog.get_logger(__name__)

GOING_SECONDS = 1.0
"""How long a caller that waits for a report goes without being asked whether it wants more."""

SLACK_SECONDS = 2.0
"""For a busy loop to come round to all that ends, beyond what the closes themselves may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechConfig:
    """The Speak endpoint, how it is used, and how far its limits are kept at a distance.

    `outstanding` counts utterances sent and not yet stored, a socket. `time_scale` is how much
    faster than real time the endpoint's limits run: it divides the minute of the windows and
    `session_seconds`. The provider has `close_seconds` to answer a Close. `reconnects` new sessions
    are tried within one `speak` after interruptions. The last three say how much audio is plausible
    for a number of characters. Raises SettingsError.
    """

    url: str
    api_key: str = field(repr=False)
    sockets: int = 20
    outstanding: int = 2
    chars_per_minute: int = 2_400
    flushes_per_minute: int = 20
    window_slack_seconds: float = 0.5
    margin: float = 0.02
    time_scale: float = 1.0
    silence_seconds: float = 15.0
    session_seconds: float = 3_300.0
    idle_seconds: float = 30.0
    open_timeout_seconds: float = 10.0
    close_seconds: float = 5.0
    reconnects: int = 2
    fastest_chars_per_second: float = 200.0
    longest_seconds: float = 10.0
    longest_seconds_per_char: float = 1.0

    def __post_init__(self) -> None:
        if min(self.sockets, self.outstanding) < 1:
            raise SettingsError(
                "a speech worker needs a socket and an utterance to send through it",
                remedy="set NARRATOR_SPEECH_SOCKETS and NARRATOR_SPEECH_OUTSTANDING to 1 or more",
            )

    @property
    def limits(self) -> PacingLimits:
        """The windows of one socket."""
        return PacingLimits(
            chars_per_minute=self.chars_per_minute,
            flushes_per_minute=self.flushes_per_minute,
            window_slack_seconds=self.window_slack_seconds,
            margin=self.margin,
            time_scale=self.time_scale,
        )

    @property
    def session_rules(self) -> SessionRules:
        """The rules of one session."""
        return SessionRules(
            outstanding=self.outstanding,
            silence_seconds=self.silence_seconds,
            session_seconds=self.session_seconds / self.time_scale,
            fastest_chars_per_second=self.fastest_chars_per_second,
            longest_seconds=self.longest_seconds,
            longest_seconds_per_char=self.longest_seconds_per_char,
        )


class Engine:
    """The event loop of one process, its thread, and the pool on it."""

    def __init__(self, config: SpeechConfig) -> None:
        rules = PoolRules(
            url=config.url,
            sockets=config.sockets,
            idle_seconds=config.idle_seconds,
            session=config.session_rules,
            limits=config.limits,
        )
        client = Client(
            config.url,
            config.api_key,
            open_timeout_seconds=config.open_timeout_seconds,
            close_seconds=config.close_seconds,
        )
        # Sessions are closed side by side, each in twice `close_seconds`: see `Connection.close`.
        self._closing_seconds = 2 * config.close_seconds + SLACK_SECONDS
        self._pool = Pool(rules, client)
        self._calls: dict[Call, asyncio.Task[None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._turn, name="narrator-speech", daemon=True)
        self._lock = threading.Lock()
        self._closed = False

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

    def close(self) -> None:
        """End every call, close every session politely, stop the loop; idempotent.

        A worker's end waits for this: what takes longer than polite closes may is cancelled.
        """
        with self._lock:
            was_open, self._closed = not self._closed, True
        if was_open and self._loop is not None:
            shut = asyncio.run_coroutine_threadsafe(self._shut(), self._loop)
            try:
                shut.result(self._closing_seconds)
            except TimeoutError:
                log.warning("speech.close_timed_out", seconds=self._closing_seconds)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(2 * SLACK_SECONDS)

    def _turn(self) -> None:
        assert self._loop is not None  # noqa: S101 - set before the thread is started
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
        for call in self._calls:
            call.end(SpeechInterrupted("the speaker was closed"))
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


class DeepgramSpeaker:
    """Speaks through Speak v1 sessions that stay open from one `speak` to the next.

    `dice` returns numbers from 0 to 1. Any number of threads may speak at once; more than
    `config.sockets` wait for one another.
    """

    def __init__(self, config: SpeechConfig, *, dice: Callable[[], float] = random.random) -> None:
        self._config = config
        self._dice = dice
        self._longest = min(MAX_SPEAK_CHARS, config.limits.chars)
        self._engines: dict[int, Engine] = {}
        self._closed = False

    def speak(
        self, utterances: Sequence[Utterance], voice: Voice, *, going: Callable[[], bool]
    ) -> Iterator[Report]:
        """Speak them, see `ports.Speaker.speak`; nothing happens before the first `next()`.

        `going` is called in the caller's thread: before anything is sent, and once a second while
        the caller waits. Reports come as utterances end, which need not be the order given.
        """
        speakable: list[Utterance] = []
        for utterance in utterances:
            if error := self._unspeakable(utterance):
                yield Cut(key=utterance.key, error=error, sent=False)
            else:
                speakable.append(utterance)
        if speakable:
            call = Call(speakable, voice, reconnects=self._config.reconnects, dice=self._dice)
            yield from self._reports(call, speakable, going)

    def close(self) -> None:
        """Close every speech session politely and stop; idempotent.

        Calls that are under way end: what was sent is Cut, what was not is Unsent. Waits for twice
        `close_seconds` and a little at the most, whatever the provider does.
        """
        self._closed = True
        if engine := self._engines.pop(os.getpid(), None):
            engine.close()

    def _reports(
        self, call: Call, utterances: Sequence[Utterance], going: Callable[[], bool]
    ) -> Iterator[Report]:
        engine = self._engine()
        call.may_send(going=going())
        if self._closed or not engine.begin(call):
            closed = SpeechInterrupted("the speaker is closed")
            yield from (Cut(key=u.key, error=closed, sent=False) for u in utterances)
            return
        try:
            while (item := _next(call)) is not Notice.DONE:
                if isinstance(item, Broken):
                    raise item.error
                if item is Notice.ASK:
                    engine.post(partial(call.may_send, going=going()))
                else:
                    yield item
                    engine.post(partial(call.stored, going=going()))
        finally:
            engine.post(partial(call.end, SpeechInterrupted("the caller gave up")))

    def _engine(self) -> Engine:
        """This process's engine. After a fork the parent's loop is of no use to the child."""
        process = os.getpid()
        if process not in self._engines:
            self._engines.setdefault(process, Engine(self._config))
        return self._engines[process]

    def _unspeakable(self, utterance: Utterance) -> NarratorError | None:
        chars = counted_chars(utterance.text)
        if not utterance.text.strip():
            return SpeechRefused(
                "an utterance has no characters to speak",
                remedy="plan the job again; a chunk must hold something that can be spoken",
            )
        if chars > self._longest:
            return SpeechRefused(
                f"an utterance of {chars} characters is longer than the {self._longest} that fit"
                " one Speak message and one window",
                remedy="plan the job again with shorter chunks, or raise NARRATOR_CHARS_PER_MINUTE",
            )
        return None


def _next(call: Call) -> Report | Notice | Broken:
    """The next item, or ASK when there has been none for a while."""
    try:
        return call.inbox.get(timeout=GOING_SECONDS)
    except Empty:
        return Notice.ASK
