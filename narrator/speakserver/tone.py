"""The tone voice: recordings that carry their own text.

`speak` writes a text as sound: its UTF-8 bytes with a checksum, each byte a pair of tones. `read`
finds every such burst in a recording, by the samples alone, and gives the text back. A test can so
prove which words are in a finished book, in which order and where, without any ear or model.

At 10 ms a byte a burst survives whatever is lossless; at 40 ms or more also MP3, AAC and Opus at
the rates of spoken word. Silence around a burst may be trimmed and its edges faded (see
`tone_alphabet` for the layout). Both sides must agree on `byte_ms`. The tone voice knows neither
voices nor speed: every voice sounds alike and `speed` changes nothing.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from numpy.typing import NDArray

from narrator.speakserver.tone_alphabet import (
    MAXIMUM_TEXT_BYTES,
    MINIMUM_BYTE_MS,
    Samples,
    alphabet,
    burst,
    lead_samples,
)
from narrator.speakserver.tone_reader import Burst, Reader, as_floats, joined

__all__ = [
    "MAXIMUM_TEXT_BYTES",
    "MINIMUM_BYTE_MS",
    "Burst",
    "lead_samples",
    "read",
    "read_stream",
    "speak",
]


def speak(text: str, sample_rate: int, byte_ms: float = MINIMUM_BYTE_MS) -> Samples:
    """Return the samples (mono, 16 bit) that say `text` at `byte_ms` milliseconds a byte.

    A text above `MAXIMUM_TEXT_BYTES` becomes several bursts, cut between characters.

    Raises:
        ValueError: if `byte_ms` is below 10, `sample_rate` below 8,000 Hz, or the text holds a
            lone surrogate, which UTF-8 cannot say.

    """
    letters = alphabet(sample_rate, byte_ms)
    return joined([burst(payload, letters) for payload in _payloads(text)])


def read(samples: NDArray[Any], sample_rate: int, byte_ms: float = MINIMUM_BYTE_MS) -> list[Burst]:
    """Return every burst in a recording, in order; see `read_stream`."""
    return list(read_stream([samples], sample_rate, byte_ms))


def read_stream(
    blocks: Iterable[NDArray[Any]], sample_rate: int, byte_ms: float = MINIMUM_BYTE_MS
) -> Iterator[Burst]:
    """Yield every burst of a recording given as consecutive blocks of mono samples.

    Blocks are 16-bit integers or floats between -1 and 1, of any length. Sound that is no intact
    burst is yielded as a damaged one. Memory is bounded by the longest burst and the largest block.
    """
    reader = Reader(alphabet(sample_rate, byte_ms))
    for block in blocks:
        for start in range(0, len(block), reader.stride):
            reader.feed(as_floats(block[start : start + reader.stride]))
            yield from reader.bursts()
    reader.end()
    yield from reader.bursts()


def _payloads(text: str) -> Iterator[bytes]:
    data = text.encode()
    while data:
        # Leaving errors out leaves out the character that the cut goes through, and no other.
        payload = data[:MAXIMUM_TEXT_BYTES].decode(errors="ignore").encode()
        yield payload
        data = data[len(payload) :]
    if not text:
        yield b""
