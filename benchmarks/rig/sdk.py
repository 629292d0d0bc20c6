r"""The same book without Narrator: a straightforward program on the published deepgram-sdk.

    python benchmarks/rig/sdk.py --url ws://127.0.0.1:8123 --sockets 8 --seconds 420 \
        --texts chapters.json --audio FOLDER --out events.json

A socket speaks one chapter at a time. It sends a paragraph of up to 1,900 characters and its Flush,
writes the audio down until Flushed comes, and only then sends the next. It keeps to the limits of
2,400 characters and 20 flushes in any minute by waiting until the next paragraph fits; a minute of
exactly 60 seconds was tried, and had sockets closed for its limit (8 sockets, 5 minutes: 12 times).
When a socket ends it opens another, and says again what was not answered. `--texts` holds chapters,
each a list of paragraphs. Nothing here knows Narrator.
"""

import argparse
import asyncio
import json
import time
import warnings
from collections import Counter, deque
from pathlib import Path
from typing import BinaryIO

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it imports websockets' legacy client
    from deepgram import AsyncDeepgramClient
    from deepgram.core import ApiError
    from deepgram.environment import DeepgramClientEnvironment
    from deepgram.speak.v1.types import SpeakV1Close, SpeakV1Flush, SpeakV1Text
    from websockets.exceptions import WebSocketException

MINUTE_SECONDS = 60.5  # half a second more: messages may arrive closer together than they left
MINUTE_CHARS = 2_400
MINUTE_FLUSHES = 20
ANSWER_SECONDS = 15.0
AGAIN_SECONDS = 2.0


class Pace:
    """What one socket sent in the last minute."""

    def __init__(self, socket: int) -> None:
        self.socket = socket
        self._sent: deque[tuple[float, int]] = deque()

    async def wait(self, chars: int) -> None:
        """Sleep until `chars` more fit, and count them."""
        while (seconds := self._until(chars)) > 0:  # noqa: ASYNC110 — as such programs do
            await asyncio.sleep(seconds)
        self._sent.append((time.monotonic(), chars))

    def _until(self, chars: int) -> float:
        now = time.monotonic()
        while self._sent and self._sent[0][0] + MINUTE_SECONDS <= now:
            self._sent.popleft()
        used = sum(count for _, count in self._sent)
        if used + chars <= MINUTE_CHARS and len(self._sent) < MINUTE_FLUSHES:
            return 0.0
        return self._sent[0][0] + MINUTE_SECONDS - now


class Program:
    """So many sockets, and the chapters that wait for one."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.chapters = deque(enumerate(json.loads(options.texts.read_text())))
        self.finished: list[tuple[float, int, int]] = []  # when, characters, on which socket
        self.opened: list[tuple[float, int]] = []
        self.ends: Counter[str] = Counter()
        http = options.url.replace("ws", "http", 1)
        self.client = AsyncDeepgramClient(
            api_key="any-key",
            environment=DeepgramClientEnvironment(
                base=http, production=options.url, agent=options.url, agent_rest=http
            ),
        )

    async def run(self) -> None:
        """Speak until the time is over."""
        sockets = [self.narrate(socket) for socket in range(self.options.sockets)]
        try:
            async with asyncio.timeout(self.options.seconds):
                await asyncio.gather(*sockets)
        except TimeoutError:
            return

    async def narrate(self, socket: int) -> None:
        """One chapter after another."""
        pace = Pace(socket)
        while self.chapters:
            number, texts = self.chapters.popleft()
            with (self.options.audio / f"{number}.pcm").open("wb") as audio:
                await self.speak(deque(texts), pace, audio)

    async def speak(self, texts: deque[str], pace: Pace, audio: BinaryIO) -> None:
        """One chapter, on as many sockets as it takes."""
        while texts:
            try:
                await self.converse(texts, pace, audio)
            except (ApiError, WebSocketException, OSError, TimeoutError) as error:
                self.ends[type(error).__name__] += 1
                await asyncio.sleep(AGAIN_SECONDS)

    async def converse(self, texts: deque[str], pace: Pace, audio: BinaryIO) -> None:
        """What one socket says of a chapter."""
        speaking = self.client.speak.v1.connect(
            model="aura-2-thalia-en", encoding="linear16", sample_rate=24_000
        )
        async with speaking as socket:
            self.opened.append((time.time(), pace.socket))
            while texts:
                await pace.wait(len(texts[0]))
                await socket.send_text(SpeakV1Text(type="Speak", text=texts[0]))
                await socket.send_flush(SpeakV1Flush(type="Flush"))
                heard = b""
                while not isinstance(message := await self.next_of(socket), _Flushed):
                    heard += message
                audio.write(heard)
                self.finished.append((time.time(), len(texts.popleft()), pace.socket))
            await socket.send_close(SpeakV1Close(type="Close"))

    async def next_of(self, socket: object) -> "bytes | _Flushed":
        """Audio, or the end of it."""
        while True:
            message = await asyncio.wait_for(socket.recv(), ANSWER_SECONDS)  # type: ignore[attr-defined]
            if isinstance(message, bytes):
                return message
            if message.type == "Flushed":
                return _Flushed()


class _Flushed:
    pass


def main() -> None:
    """Run, and write down what was finished and when."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--sockets", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--audio", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    program = Program(parser.parse_args())
    asyncio.run(program.run())
    report = {"finished": program.finished, "opened": program.opened, "ends": program.ends}
    program.options.out.write_text(json.dumps(report))


if __name__ == "__main__":
    main()
