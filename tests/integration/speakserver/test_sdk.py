"""Deepgram's own SDK speaks with the Speak server, unchanged."""

import asyncio
import threading
import warnings

import numpy as np
import pytest

from narrator.speakserver import tone
from narrator.speakserver.background import running
from narrator.speakserver.config import SpeakServerConfig, VoiceEngine

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it imports websockets' legacy client
    from deepgram import AsyncDeepgramClient, DeepgramClient
    from deepgram.core.events import EventType
    from deepgram.environment import DeepgramClientEnvironment
    from deepgram.speak.v1.types import SpeakV1Close, SpeakV1Flush, SpeakV1Text

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

TEXTS = ["The first utterance. ", "The second utterance. ", "The third utterance. "]
OPTIONS = {"model": "aura-2-thalia-en", "encoding": "linear16", "sample_rate": 24_000}


@pytest.fixture
def server():
    with running(SpeakServerConfig(voice_engine=VoiceEngine.TONE)) as server:
        yield server


def environment(server):
    address = server.url.removesuffix("/v1/speak")
    return DeepgramClientEnvironment(
        base=address.replace("ws:", "http:"),
        production=address,
        agent=address,
        agent_rest=address.replace("ws:", "http:"),
    )


class Heard:
    """Collects what the SDK hands over."""

    def __init__(self):
        self.audio = b""
        self.kinds = []
        self.flushed = []
        self.closed = threading.Event()

    def take(self, message):
        if isinstance(message, bytes):
            self.audio += message
            return
        self.kinds.append(message.type)
        if message.type == "Flushed":
            self.flushed.append(int(message.sequence_id))

    def check(self):
        samples = np.frombuffer(self.audio, np.int16)
        assert [burst.text for burst in tone.read(samples, 24_000)] == TEXTS
        assert self.kinds == ["Metadata", "Flushed", "Flushed", "Flushed"]
        assert self.flushed == [0, 1, 2]
        assert self.closed.is_set()


def test_the_synchronous_client_speaks_three_utterances(server):
    heard = Heard()
    client = DeepgramClient(api_key="any", environment=environment(server))
    with client.speak.v1.connect(**OPTIONS) as socket:
        socket.on(EventType.MESSAGE, heard.take)
        socket.on(EventType.CLOSE, lambda _: heard.closed.set())
        for text in TEXTS:
            socket.send_text(SpeakV1Text(type="Speak", text=text))
            socket.send_flush(SpeakV1Flush(type="Flush"))
        socket.send_close(SpeakV1Close(type="Close"))
        socket.start_listening()
    heard.check()


def test_the_asynchronous_client_speaks_three_utterances(server):
    async def story():
        heard = Heard()
        client = AsyncDeepgramClient(api_key="any", environment=environment(server))
        async with asyncio.timeout(20), client.speak.v1.connect(**OPTIONS) as socket:
            socket.on(EventType.MESSAGE, heard.take)
            socket.on(EventType.CLOSE, lambda _: heard.closed.set())
            for text in TEXTS:
                await socket.send_text(SpeakV1Text(type="Speak", text=text))
                await socket.send_flush(SpeakV1Flush(type="Flush"))
            await socket.send_close(SpeakV1Close(type="Close"))
            await socket.start_listening()
        return heard

    asyncio.run(story()).check()
