"""The head of a WAV file: RIFF up to 4 GiB, RF64 (EBU Tech 3306) beyond."""

from narrator.audio.tags import Tags
from narrator.domain.voices import BYTES_PER_SAMPLE, SAMPLE_RATE

_MOST_RIFF_BYTES = (1 << 32) - 1
_ELSEWHERE = b"\xff" * 4  # the size is in the ds64 chunk

_INFO = {
    "title": b"INAM",
    "artist": b"IART",
    "album": b"IPRD",
    "genre": b"IGNR",
    "date": b"ICRD",
    "language": b"ILNG",
    "description": b"ICMT",
}


def head(tags: Tags, *, samples: int, id3: bytes) -> bytes:
    """Everything before the samples: format, texts, and chapters and cover as an ID3 chunk."""
    data_bytes = samples * BYTES_PER_SAMPLE
    inner = _format() + _info(tags) + _chunk(b"id3 ", id3)
    riff_bytes = 4 + len(inner) + 8 + data_bytes
    if riff_bytes <= _MOST_RIFF_BYTES:
        size = riff_bytes.to_bytes(4, "little")
        return b"RIFF" + size + b"WAVE" + inner + b"data" + data_bytes.to_bytes(4, "little")
    sizes = _sizes(riff_bytes + _SIZES_BYTES, data_bytes, samples)
    return b"RF64" + _ELSEWHERE + b"WAVE" + sizes + inner + b"data" + _ELSEWHERE


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + len(body).to_bytes(4, "little") + body + bytes(len(body) % 2)


def _format() -> bytes:
    """PCM, one channel."""
    rate = SAMPLE_RATE.to_bytes(4, "little")
    bytes_a_second = (SAMPLE_RATE * BYTES_PER_SAMPLE).to_bytes(4, "little")
    depth = (8 * BYTES_PER_SAMPLE).to_bytes(2, "little")
    block = BYTES_PER_SAMPLE.to_bytes(2, "little")
    return _chunk(b"fmt ", b"\x01\0\x01\0" + rate + bytes_a_second + block + depth)


def _info(tags: Tags) -> bytes:
    texts = [(_INFO[name], text) for name, text in tags.pairs() if name in _INFO]
    entries = b"".join(_chunk(name, text.encode() + b"\0") for name, text in texts)
    return _chunk(b"LIST", b"INFO" + entries)


_SIZES_BYTES = 36


def _sizes(riff_bytes: int, data_bytes: int, samples: int) -> bytes:
    """The ds64 chunk."""
    numbers = b"".join(size.to_bytes(8, "little") for size in (riff_bytes, data_bytes, samples))
    return _chunk(b"ds64", numbers + bytes(4))
