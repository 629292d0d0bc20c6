"""One socket, served: moves frames between websockets, the protocol and a voice."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable

from websockets.exceptions import ConnectionClosed

from narrator.speakserver.chaos import Spoiling
from narrator.speakserver.config import SpeakServerConfig
from narrator.speakserver.connection import Connection
from narrator.speakserver.faults import Moment
from narrator.speakserver.handshake import Options
from narrator.speakserver.protocol import End, Reply, Send, SpeakProtocol, Utterance, Vanish
from narrator.speakserver.sound import encoded, frames
from narrator.speakserver.spoiling import Spoil, other_text, spoilt
from narrator.speakserver.voices import Voices, pieces

_logger = logging.getLogger(__name__)

# Frames due within so little of the wall's time go out at once: waking up costs more than sending.
# Neither the first nor the Flushed after the last is ever early.
_TOGETHER_SECONDS = 0.02


class Conversation:
    """Runs one accepted socket until it is closed.

    Three tasks: one reads, one speaks what is flushed, one watches the time. All thinking is the
    protocol's. `clock` gives seconds of the limits' clock.
    """

    def __init__(
        self,
        connection: Connection,
        protocol: SpeakProtocol,
        voices: Voices,
        options: Options,
        config: SpeakServerConfig,
        clock: Callable[[], float],
    ) -> None:
        self._connection = connection
        self._protocol = protocol
        self._voices = voices
        self._options = options
        self._config = config
        self._clock = clock
        self._stirred = asyncio.Event()
        self._endings: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Converse until the socket is closed, by whomever."""
        others = [asyncio.create_task(self._speak()), asyncio.create_task(self._watch())]
        try:
            await self._obey(self._protocol.greet())
            with contextlib.suppress(ConnectionClosed):
                await self._listen()
        finally:
            others += self._endings
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

    async def _listen(self) -> None:
        # Also once the end has been said: what the client sent before it heard so is counted.
        async for message in self._connection:
            if isinstance(message, str):
                replies = self._protocol.receive_text(message, self._clock())
            else:
                replies = self._protocol.receive_bytes()
            self._stirred.set()
            await self._obey(replies)

    async def _obey(self, replies: Iterable[Reply]) -> None:
        for reply in replies:
            match reply:
                case Send(message=message):
                    with contextlib.suppress(ConnectionClosed):
                        await self._connection.send(message)
                case End(code=code, reason=reason):
                    closing = asyncio.create_task(self._connection.close(code, reason))
                    self._endings.append(closing)
                case Vanish():
                    self._connection.vanish()

    async def _watch(self) -> None:
        while (deadline := self._protocol.deadline) is not None:
            await self._sleep(deadline - self._clock())
            await self._obey(self._protocol.tick(self._clock()))

    async def _sleep(self, seconds: float) -> None:
        """Wait for so many seconds of the limits' clock."""
        if seconds > 0:
            await asyncio.sleep(seconds / self._config.time_scale)

    async def _speak(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                utterance = self._protocol.next_utterance()
                if utterance is None:
                    self._stirred.clear()
                    await self._stirred.wait()
                else:
                    await self._obey(await self._said(utterance))

    async def _said(self, utterance: Utterance) -> list[Reply]:
        try:
            await self._say(utterance)
        except ConnectionClosed:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the client must not wait for ever
            # Only its kind: what it says may quote the text.
            _logger.error("The voice failed: %s", type(error).__name__)  # noqa: TRY400
            return self._protocol.failed()
        return self._protocol.finished(utterance)

    async def _say(self, utterance: Utterance) -> None:
        # The voice's own time is part of the delay, not added to it.
        due = self._clock() + self._config.first_audio_ms / 1000
        texts = [] if utterance.is_mute else pieces(utterance.text)
        for piece in [*texts] or [""]:
            audio = await self._audio(piece, utterance.spoil)
            await self._sleep(due - self._clock())
            await self._obey(self._protocol.reached(utterance, Moment.BEFORE_AUDIO))
            seconds = len(piece) / 100 * self._config.ms_per_100_chars / 1000
            await self._send(utterance, audio, due, seconds)
            due += seconds
        if self._protocol.is_current(utterance):
            await self._sleep(due - self._clock())

    async def _audio(self, text: str, spoil: Spoiling | None) -> bytes:
        if not text:
            return b""
        if spoil is not None and spoil.kind is Spoil.OTHER:
            text = other_text(text)
        samples = await self._voices.speak(text, self._options)
        if spoil is not None:
            samples = spoilt(samples, spoil.kind, spoil.chance, self._options.sample_rate)
        return encoded(samples, self._options.encoding)

    async def _send(self, utterance: Utterance, audio: bytes, due: float, seconds: float) -> None:
        """Send audio in frames, spread over `seconds` from `due` on, while it is wanted."""
        size = self._config.frame_bytes
        if utterance.strike is not None:  # half of the audio is to be frames of its own
            size = min(size, max(len(audio) // 2, 1))
        cut = list(frames(audio, size, odd=self._config.odd_frames))
        for number, frame in enumerate(cut):
            wait = due + seconds * number / len(cut) - self._clock()
            if wait > _TOGETHER_SECONDS * self._config.time_scale:
                await self._sleep(wait)
            if number == len(cut) // 2:
                await self._obey(self._protocol.reached(utterance, Moment.MIDWAY))
            if not self._protocol.is_current(utterance):
                return
            await self._connection.send(frame)
