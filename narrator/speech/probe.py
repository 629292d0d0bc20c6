"""One handshake with the Speak endpoint: whether it lets us speak. Nothing is sent to be spoken."""

import asyncio

from narrator.domain.voices import Voice
from narrator.speech.client import Client, Connection
from narrator.speech.wire import connect_url


def probe(url: str, api_key: str, *, seconds: float, voice: Voice | None = None) -> None:
    """Open a speech session (with the default voice) and close it politely; it costs nothing.

    The handshake may take `seconds`, the close twice as long at the most. Raises what
    `Client.connect` raises.
    """
    asyncio.run(_probe(url, api_key, seconds, voice or Voice()))


async def _probe(url: str, api_key: str, seconds: float, voice: Voice) -> None:
    client = Client(url, api_key, open_timeout_seconds=seconds, close_seconds=seconds)
    connection = await client.connect(connect_url(url, voice))
    await connection.close(asyncio.create_task(_drain(connection)))


async def _drain(connection: Connection) -> None:
    async for _ in connection.frames():
        pass
