"""The child process in which eSpeak NG lives. Run as a script; nothing imports it.

The library is GPL-3, keeps global state and is not thread-safe, and what it says depends on what it
said before. So it is loaded here and nowhere else, once, and every request is spoken by a fork of
the untouched process: the same request gives the same samples, always.

It answers on standard output, in order, what it reads from standard input. First a line of JSON:
`{"sample_rate": 22050}`, or `{"error": "missing"}`. Then for each request, a line of JSON with
`text`, `voice` and `words_per_minute`, a line `{"bytes": N}` and N bytes of mono 16-bit samples in
native order, or a line `{"error": REASON}`. It ends when standard input does, and with its parent.
"""

import ctypes
import json
import os
import signal
import sys
from typing import Any

try:
    import espeakng_loader
except ImportError:
    espeakng_loader = None

PATIENCE_SECONDS = 60  # for one request; a minute of speech takes about 60 ms

_PR_SET_PDEATHSIG = 1
_AUDIO_OUTPUT_SYNCHRONOUS = 2
_INITIALIZE_DONT_EXIT = 0x8000
_SEED = ctypes.c_long(1)
_PARAMETER_RATE = 1
_CHARS_UTF8 = 1
_POSITION_CHARACTER = 1

_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class Library:
    """eSpeak NG, initialised."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self.sample_rate = self._library.espeak_Initialize(
            _AUDIO_OUTPUT_SYNCHRONOUS,
            0,
            espeakng_loader.get_data_path().encode(),
            _INITIALIZE_DONT_EXIT,
        )
        self._library.espeak_ng_SetRandSeed(_SEED)  # it begins with the time of day

    def speak(self, text: str, voice: str, words_per_minute: int) -> bytes:
        """Return the samples of `text`, as bytes."""
        parts: list[bytes] = []

        def collect(samples: Any, count: int, _events: Any) -> int:  # noqa: ANN401 - C pointers
            if samples and count > 0:
                parts.append(ctypes.string_at(samples, 2 * count))
            return 0

        library = self._library
        callback = _Callback(collect)  # has to outlive the call that uses it
        library.espeak_SetSynthCallback(callback)
        if library.espeak_SetVoiceByName(voice.encode()):
            raise ValueError(voice)
        library.espeak_SetParameter(_PARAMETER_RATE, words_per_minute, 0)
        data = text.replace("\0", " ").encode()
        flags = _CHARS_UTF8
        library.espeak_Synth(data, len(data) + 1, 0, _POSITION_CHARACTER, 0, flags, None, None)
        return b"".join(parts)


def main() -> None:
    """Answer requests until there are none."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    if espeakng_loader is None:
        answer({"error": "missing"})
        return
    library = Library()
    answer({"sample_rate": library.sample_rate})
    for line in sys.stdin.buffer:
        samples = spoken_by_a_fork(library, json.loads(line))
        answer({"error": "failed"} if samples is None else {"bytes": len(samples)}, samples or b"")


def spoken_by_a_fork(library: Library, request: dict[str, Any]) -> bytes | None:
    """Return what a fork of this process says to a request; `None` if it dies of it."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        speak_and_exit(library, request, write_end)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        samples = pipe.read()
    _, outcome = os.waitpid(child, 0)
    return samples if outcome == 0 else None


def speak_and_exit(library: Library, request: dict[str, Any], write_end: int) -> None:
    """Write the samples of a request to a pipe and end this process, whatever happens."""
    try:
        die_with_parent()
        signal.alarm(PATIENCE_SECONDS)
        with os.fdopen(write_end, "wb") as pipe:
            pipe.write(library.speak(**request))
        os._exit(0)
    finally:
        os._exit(1)


def answer(header: dict[str, Any], data: bytes = b"") -> None:
    """Write one answer."""
    sys.stdout.buffer.write(json.dumps(header).encode() + b"\n" + data)
    sys.stdout.buffer.flush()


def die_with_parent() -> None:
    """Ask Linux to kill this process when its parent dies; elsewhere end of input must do."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main()
