"""A plain websockets client, and a server to try it on."""

import asyncio
import contextlib
import json
import threading

import numpy as np
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from narrator.speakserver import tone
from narrator.speakserver.config import (
    SpeakServerConfig,
    VoiceEngine,
)
from narrator.speakserver.server import SpeakServer

PATIENCE_SECONDS = 60
KEY = "0123456789abcdef"
FLUSH, CLEAR, CLOSE = ('{"type":"Flush"}', '{"type":"Clear"}', '{"type":"Close"}')


def speak(text):
    return json.dumps({"type": "Speak", "text": text})


@contextlib.asynccontextmanager
async def serving(**switches):
    async with asyncio.timeout(PATIENCE_SECONDS):
        async with SpeakServer(
            SpeakServerConfig(voice_engine=VoiceEngine.TONE, **switches)
        ) as server:
            yield server


def dial(server, query="", *, key=KEY, **options):
    headers = {"Authorization": f"Token {key}"} if key else {}
    return connect(f"{server.url}?{query}", additional_headers=headers, proxy=None, **options)


async def hear(socket):
    """Return everything until the socket closes: JSON messages, audio joined, and the close."""
    messages, audio = [], b""
    with contextlib.suppress(ConnectionClosed):
        while True:
            frame = await socket.recv()
            if isinstance(frame, bytes):
                audio += frame
            else:
                messages.append(json.loads(frame))
    return messages, audio, (socket.close_code, socket.close_reason)


async def converse(server, *sent, query=""):
    """Say everything at once and return what is heard until the close."""
    async with dial(server, query) as socket:
        with contextlib.suppress(ConnectionClosed):
            for frame in sent:
                await socket.send(frame)
        return await hear(socket)


async def all_gone(server):
    """Wait until the server has noticed that no socket is left."""
    pause = threading.Event()  # the counts have no event of their own
    while server.counts.sockets_open:
        await asyncio.to_thread(pause.wait, 0.005)


def texts(audio, rate=24_000):
    return [burst.text for burst in tone.read(np.frombuffer(audio, np.int16), rate)]


def kinds(messages):
    return [message["type"] for message in messages]


async def refused(server, query="", **options):
    with pytest.raises(InvalidStatus) as caught:
        await dial(server, query, **options)
    return caught.value.response
