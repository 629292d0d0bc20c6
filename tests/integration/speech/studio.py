"""A Speak server with tone voice in a thread of its own, and speakers that talk to it."""

import asyncio
import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import ExitStack
from typing import Self

import numpy as np

from narrator.domain.ids import TakeKey
from narrator.domain.voices import SAMPLE_RATE
from narrator.services.ports import (
    Connected,
    Cut,
    Hold,
    Refused,
    Report,
    Spoken,
    Unsent,
    Utterance,
)
from narrator.speakserver import tone
from narrator.speakserver.config import SpeakServerConfig, VoiceEngine
from narrator.speakserver.counts import Counts
from narrator.speakserver.server import SpeakServer
from narrator.speech.config import SpeechConfig
from narrator.speech.speaker import DeepgramSpeaker
from tests.fakes.feeds import always, feed, held

KEY = "k-3f2a9c"
PATIENCE = 10.0


class WatchedCounts(Counts):
    """Counts that another thread can wait for."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        super().__init__()

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        with self.changed:
            self.changed.notify_all()

    def closed(self, code: int) -> None:
        with self.changed:
            super().closed(code)
            self.changed.notify_all()

    def wait_for(self, true: Callable[[Counts], bool], seconds: float = PATIENCE) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: true(self), seconds)


class Server:
    """A running Speak server: its `url`, and what it counts."""

    def __init__(self, config: SpeakServerConfig) -> None:
        self.counts = WatchedCounts()
        self.loop = asyncio.new_event_loop()
        self._server = SpeakServer(config)
        self._server.counts = self.counts
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._server.start(), self.loop).result(PATIENCE)
        self.url = self._server.url
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._server.stop(), self.loop).result(PATIENCE)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(PATIENCE)
        self.loop.close()


class Studio:
    """Starts servers and speakers, and ends them with the test."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def server(self, **switches: object) -> Server:
        """A Speak server; keys, tone voice, and no faults unless said otherwise."""
        given = {"voice_engine": VoiceEngine.TONE, "api_keys": frozenset({KEY})} | switches
        return self._stack.enter_context(Server(SpeakServerConfig(**given)))  # type: ignore[arg-type]

    def speaker(self, url: str, **settings: object) -> DeepgramSpeaker:
        """A speaker whose dice always show zero."""
        given = {"silence_seconds": PATIENCE, "close_seconds": 0.5, "linger_seconds": 0.1}
        config = SpeechConfig(url=url, **{"api_key": KEY, **given, **settings})  # type: ignore[arg-type]
        speaker = DeepgramSpeaker(config, dice=lambda: 0.0)
        self._stack.callback(speaker.close)
        return speaker


def utterances(count: int, chars: int = 60, name: str = "u") -> list[Utterance]:
    """Texts that differ, as long as asked for."""
    texts = [f"{name} {n} ".ljust(chars, "“—é"[n % 3]) for n in range(count)]
    return [Utterance(key=TakeKey(f"{name}{n}"), text=text) for n, text in enumerate(texts)]


def said(report: object) -> str:
    """The words in a take, read back out of its samples."""
    assert isinstance(report, Spoken)
    samples = np.frombuffer(report.pcm, dtype="<i2")
    return "".join(burst.text for burst in tone.read(samples, SAMPLE_RATE))


def speak(
    speaker: DeepgramSpeaker,
    *parts: Sequence[Utterance],
    hold: Hold | None = None,
    going: Callable[[], bool] = always,
) -> Generator[Report, None, None]:
    """Have a speaker speak what a feed gives, part by part, in the first slot unless told."""
    yield from speaker.speak(hold or held(), feed(*parts, going=going))


def keyed(reports: Iterable[Report]) -> list[Spoken | Cut | Unsent]:
    """Reports of utterances, without those of sessions."""
    return [report for report in reports if not isinstance(report, Connected | Refused)]


def refusal(reports: Iterable[Report]) -> Refused:
    """The report of the one session that was refused, which comes first."""
    refused, *rest = reports
    assert isinstance(refused, Refused)
    assert {type(report) for report in rest} <= {Unsent}
    return refused
