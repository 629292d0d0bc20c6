"""A Speak server beside synchronous code: in an event loop and a thread of its own."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import Future

from narrator.speakserver.config import SpeakServerConfig
from narrator.speakserver.server import SpeakServer


@contextlib.contextmanager
def running(config: SpeakServerConfig) -> Iterator[SpeakServer]:
    """Run a server for the length of a `with` block; its `url` and `counts` may be read in it.

    Raises:
        SettingsError, ToolFailed, OSError: see `SpeakServer.start`.

    """
    started: Future[tuple[SpeakServer, asyncio.AbstractEventLoop, asyncio.Event]] = Future()
    thread = threading.Thread(
        target=lambda: asyncio.run(_serve(config, started)), name="speak-server"
    )
    thread.start()
    try:
        server, loop, stopping = started.result()
        try:
            yield server
        finally:
            loop.call_soon_threadsafe(stopping.set)
    finally:
        thread.join()


async def _serve(
    config: SpeakServerConfig,
    started: "Future[tuple[SpeakServer, asyncio.AbstractEventLoop, asyncio.Event]]",
) -> None:
    stopping = asyncio.Event()
    server = SpeakServer(config)
    try:
        await server.start()
    except BaseException as error:  # noqa: BLE001 - it is raised again, where it was asked for
        started.set_exception(error)
        return
    started.set_result((server, asyncio.get_running_loop(), stopping))
    await stopping.wait()
    await server.stop()
