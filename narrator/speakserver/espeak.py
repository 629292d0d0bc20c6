"""The espeak voice engine: which voice speaks for a model, and the child process that does."""

import contextlib
import json
import re
import subprocess
import sys
import threading
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from narrator.domain.errors import NarratorError, SettingsError, ToolFailed
from narrator.speakserver.handshake import Options
from narrator.speakserver.sound import Samples, peaked, resampled

PEAK_DECIBELS = -3.0
WORDS_PER_MINUTE = 175  # about 17 characters a second, which is Aura-2's pace too

# By path and with -P, so that only the standard library and the loader are in its reach.
HOST_COMMAND = (sys.executable, "-P", str(Path(__file__).with_name("espeak_host.py")))

_STOP_SECONDS = 2.0
_LANGUAGES = {
    "en": "en-us",
    "es": "es",
    "de": "de",
    "nl": "nl",
    "fr": "fr",
    "it": "it",
    "ja": "ja",
}
_FEMININE = ("f2", "f3", "f5", "f1", "f4")
_MASCULINE = ("m3", "m7", "m1", "m4", "m8")
_MASCULINE_NAMES = frozenset(
    {
        *("angus", "apollo", "arcas", "aries", "atlas", "draco", "helios", "hermes", "hyperion"),
        *("jupiter", "mars", "neptune", "odysseus", "orion", "orpheus", "perseus", "pluto"),
        *("saturn", "zeus", "alvaro", "javier", "luciano", "nestor", "sirio", "fabian", "julius"),
    }
)
_BRITISH_NAMES = frozenset({"athena", "draco", "helios", "pandora"})


def espeak_voice(model: str) -> str:
    """Return the eSpeak voice that stands in for a model: its language, and a variant by name."""
    *_, name, language = model.split("-")
    variants = _MASCULINE if name in _MASCULINE_NAMES else _FEMININE
    accent = "en" if name in _BRITISH_NAMES else _LANGUAGES[language]
    return f"{accent}+{variants[zlib.crc32(name.encode()) % len(variants)]}"


# Deepgram's inline control for a word's pronunciation; this voice says the word as it would anyway.
_PRONOUNCED = re.compile(r'\\\{"word": "([^"]*)", "pronounce": "[^"]*"\\\}')


class EspeakEngine:
    """Speaks through the host process; blocking, and safe to call from several threads.

    The same text, voice, rate and speed give the same samples, also after a restart.
    """

    quick = False

    def __init__(self, command: Sequence[str] = HOST_COMMAND) -> None:
        self._command = command
        self._host: subprocess.Popen[bytes] | None = None
        self._sample_rate = 0
        self._turn = threading.Lock()

    def start(self) -> None:
        """Start the host.

        Raises:
            SettingsError: if the `voice` extra is not installed.
            ToolFailed: if the host does not come up.

        """
        with self._turn:
            self._ensure_host()

    def stop(self) -> None:
        """End the host."""
        with self._turn:
            self._discard_host()

    def speak(self, text: str, options: Options) -> Samples:
        """Return the samples of `text` at the rate that `options` ask for.

        Raises:
            ToolFailed: if the voice dies of this text; the next one finds a new host.

        """
        request = {
            "text": _PRONOUNCED.sub(r"\1", text),
            "voice": espeak_voice(options.model),
            "words_per_minute": round(WORDS_PER_MINUTE * options.speed),
        }
        with self._turn:
            samples = self._ask(request)
            rate = self._sample_rate
        return peaked(resampled(samples, rate, options.sample_rate), PEAK_DECIBELS)

    def _ask(self, request: dict[str, object]) -> Samples:
        host = self._ensure_host()
        try:
            header = _exchange(host, json.dumps(request).encode() + b"\n")
            if "bytes" not in header:
                raise ToolFailed("The espeak voice could not speak a text.")
            return np.frombuffer(_read(host, header["bytes"]), np.int16)
        except (OSError, ValueError):
            self._discard_host()
            raise ToolFailed("The espeak voice's process ended.") from None

    def _ensure_host(self) -> subprocess.Popen[bytes]:
        if self._host is None or self._host.poll() is not None:
            self._discard_host()
            self._host = _started(self._command)
            try:
                self._sample_rate = _sample_rate(self._host)
            except NarratorError:
                self._discard_host()
                raise
        return self._host

    def _discard_host(self) -> None:
        host, self._host = self._host, None
        if host is None:
            return
        for pipe in (host.stdin, host.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # a request that the dead host never read
                    pipe.close()
        try:
            host.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            host.kill()
            host.wait()


def _started(command: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603


def _sample_rate(host: subprocess.Popen[bytes]) -> int:
    try:
        header = _exchange(host, b"")
    except (OSError, ValueError):
        raise ToolFailed(
            "The espeak voice did not start.",
            remedy="Install the voice extra again (pip install --force-reinstall espeakng-loader), "
            "or use the tone voice: --voice-engine tone.",
        ) from None
    if header.get("error") == "missing":
        raise SettingsError(
            "The espeak voice is not installed.",
            remedy="Install it (pip install 'narrator[voice]'), or use the tone voice: "
            "--voice-engine tone.",
        )
    return int(header["sample_rate"])


def _exchange(host: subprocess.Popen[bytes], request: bytes) -> dict[str, Any]:
    """Send a request and return the header of its answer."""
    if host.stdin is None or host.stdout is None:
        raise OSError
    host.stdin.write(request)
    host.stdin.flush()
    header: dict[str, Any] = json.loads(host.stdout.readline())
    return header


def _read(host: subprocess.Popen[bytes], count: int) -> bytes:
    data = host.stdout.read(count) if host.stdout is not None else b""
    if len(data) < count:
        raise OSError
    return data
