"""The voice engines behind the server, and how a text reaches them off the event loop."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from narrator.speakserver import tone
from narrator.speakserver.config import SpeakServerConfig, VoiceEngine
from narrator.speakserver.espeak import EspeakEngine
from narrator.speakserver.handshake import Options
from narrator.speakserver.sound import Samples

PIECE_CHARS = 2_000

_THREADS = 2  # one may resample what it got while the other waits for the voice


class Engine(Protocol):
    """Makes samples of text; called from worker threads, unless it is `quick`."""

    @property
    def quick(self) -> bool:
        """Whether it takes less time than handing its work to a thread would."""

    def start(self) -> None:
        """Get ready; raise an error with a remedy if that cannot be."""

    def stop(self) -> None:
        """Give everything back."""

    def speak(self, text: str, options: Options) -> Samples:
        """Return the samples (mono, 16 bit) of a text, at the rate that `options` ask for."""


class ToneEngine:
    """The tone voice: every voice alike, at any `speed`.

    It looks samples up: 250 characters in 30 microseconds; a thread alone would cost 50.
    """

    quick = True

    def __init__(self, byte_ms: float) -> None:
        self._byte_ms = byte_ms

    def start(self) -> None:
        """Need nothing."""

    def stop(self) -> None:
        """Have nothing to give back."""

    def speak(self, text: str, options: Options) -> Samples:
        """Return a burst that carries the text."""
        return tone.speak(text, options.sample_rate, self._byte_ms)


class Voices:
    """An engine with threads of its own, so that the event loop never waits for a voice."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="voice")

    async def start(self) -> None:
        """Start the engine; raises what it raises."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._engine.start)

    async def stop(self) -> None:
        """Stop the engine and its threads."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._engine.stop)
        self._threads.shutdown()

    async def speak(self, text: str, options: Options) -> Samples:
        """Return the samples of a text of at most `PIECE_CHARS` characters."""
        if self._engine.quick:
            return self._engine.speak(text, options)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._engine.speak, text, options)


def engine_of(config: SpeakServerConfig) -> Engine:
    """Return the engine that a configuration names."""
    if config.voice_engine is VoiceEngine.TONE:
        return ToneEngine(config.tone_byte_ms)
    return EspeakEngine()


def pieces(text: str, limit: int = PIECE_CHARS) -> Iterator[str]:
    """Yield `text` in pieces of at most `limit` characters, cut after a space where there is one.

    Nothing is lost, and a text that any single Speak may hold is one piece. A text without a
    character to speak gives none.
    """
    if not text.strip():
        return
    while len(text) > limit:
        cut = text.rfind(" ", 0, limit) + 1 or limit
        yield text[:cut]
        text = text[cut:]
    yield text
