"""One socket, served: moves frames between websockets, the protocol and a voice."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from narrator.speakserver.config import FaultKind, SpeakServerConfig
from narrator.speakserver.handshake import Options
from narrator.speakserver.protocol import End, Reply, Send, SpeakProtocol, Utterance
from narrator.speakserver.sound import encoded, frames
from narrator.speakserver.voices import Voices, pieces

_logger = logging.getLogger(__name__)

_MIDWAY = frozenset({FaultKind.STALL, FaultKind.CUT_1011, FaultKind.CUT_1006})


class Conversation:
    """Runs one accepted socket until it is closed.

    Three tasks: one reads, one speaks what is flushed, one watches the time. All thinking is the
    protocol's. `clock` gives seconds of the limits' clock.
    """

    def __init__(
        self,
        connection: ServerConnection,
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

    async def run(self) -> None:
        """Converse until the socket is closed, by whomever."""
        others = [asyncio.create_task(self._speak()), asyncio.create_task(self._watch())]
        try:
            with contextlib.suppress(ConnectionClosed):
                await self._obey(self._protocol.greet())
                await self._listen()
        finally:
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

    async def _listen(self) -> None:
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
                    await self._connection.send(message)
                case End(code=code, reason=reason):
                    await self._connection.close(code, reason)

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
        await self._sleep(self._config.first_audio_ms / 1000)
        for piece in pieces(utterance.text):
            samples = await self._voices.speak(piece, self._options)
            audio = encoded(samples, self._options.encoding)
            seconds = len(piece) / 100 * self._config.ms_per_100_chars / 1000
            if utterance.fault in _MIDWAY:
                await self._send(utterance, audio[: len(audio) // 2], seconds)
                await self._break(utterance.fault)
            else:
                await self._send(utterance, audio, seconds)

    async def _send(self, utterance: Utterance, audio: bytes, seconds: float) -> None:
        """Send audio in frames, spread over `seconds`, for as long as it is wanted."""
        cut = list(frames(audio, self._config.frame_bytes, odd=self._config.odd_frames))
        for frame in cut:
            await self._sleep(seconds / len(cut))
            if not self._protocol.is_current(utterance):
                return
            await self._connection.send(frame)

    async def _break(self, fault: FaultKind) -> None:
        """Do what a fault does half way, and come back only when the socket is gone."""
        if fault is FaultKind.CUT_1011:
            await self._obey(self._protocol.failed())
        elif fault is FaultKind.CUT_1006:
            self._connection.transport.abort()
        await self._connection.wait_closed()
