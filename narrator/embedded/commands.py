"""How a worker and the API are started, for the fleet here and for the `narrator` command."""

import math
import os
import sys
from importlib.util import find_spec

from narrator.domain.errors import OptionRefused
from narrator.domain.steps import Queue
from narrator.settings import Settings

MOST_AUDIO_PROCESSES = 8
"""An encoder keeps a core busy; beyond this the object store is the slower part."""


def usual_concurrency(settings: Settings, queue: Queue) -> int:
    """Threads (one a socket) of a speech worker, processes of an audio worker.

    Audio processes that nobody has set are one a core that this process may use, within reason.
    """
    if queue is Queue.SPEECH:
        return settings.speech.sockets
    return settings.work.audio_processes or _audio_processes()


def _audio_processes() -> int:
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(1, min(cores, MOST_AUDIO_PROCESSES))


def worker_command(queue: Queue, *, concurrency: int, log_level: str) -> tuple[str, ...]:
    """A Celery worker for one queue.

    Speech waits on the network and runs in threads, one a socket; audio keeps processors busy and
    runs in processes, renewed now and then, so that no encoder's memory stays for ever.
    """
    pool = (
        ("-P", "threads")
        if queue is Queue.SPEECH
        else ("-P", "prefork", "--max-tasks-per-child", "50")
    )
    return (
        *(sys.executable, "-m", "celery", "-A", "workers.app", "--quiet", "worker"),
        *pool,
        *("-c", str(concurrency), "-Q", str(queue), "-n", f"{queue}-{os.getpid()}@%h"),
        *("-l", log_level, "--without-gossip", "--without-mingle"),
    )


def api_command(*, host: str, port: int, drain_seconds: float) -> tuple[str, ...]:
    """The REST API under uvicorn; a request has so many seconds to end when it is to stop."""
    return (
        *(sys.executable, "-m", "uvicorn", "--factory", "narrator.api.app:from_environment"),
        *("--timeout-graceful-shutdown", str(math.ceil(drain_seconds))),
        *("--host", host, "--port", str(port), "--no-access-log"),
    )


def speak_server_command(
    *, port: int, voice_engine: str, time_scale: float, sockets: int
) -> tuple[str, ...]:
    """The project's own Speak server on loopback, which lets so many sockets be open at once."""
    return (
        *(sys.executable, "-m", "narrator", "speak-server", "--port", str(port)),
        *("--voice-engine", voice_engine, "--time-scale", f"{time_scale:g}"),
        *("--sockets", str(sockets)),
    )


def need_voice(voice_engine: str) -> None:
    """Raise OptionRefused when the offline voice is wanted and not installed."""
    if voice_engine == "espeak" and find_spec("espeakng_loader") is None:
        raise OptionRefused(
            "the offline voice is not installed",
            remedy="install it (pip install espeakng-loader), set NARRATOR_VOICE_ENGINE=tone to "
            "try without it, or set DEEPGRAM_API_KEY to speak with Deepgram",
        )
