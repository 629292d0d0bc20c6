"""The head of a WAV file: RIFF up to 4 GiB, RF64 (EBU Tech 3306) beyond."""

from narrator.domain.voices import BYTES_PER_SAMPLE, SAMPLE_RATE

_MOST_RIFF_BYTES = (1 << 32) - 1
_ELSEWHERE = b"\xff" * 4  # the size is in the ds64 chunk


def head(*, samples: int, id3: bytes) -> bytes:
    """Everything before the samples: format, and all that is told of them as an ID3 chunk.

    There is no LIST INFO chunk: it has no place for narrator or series, and the ffprobe of ffmpeg
    5.1 (Audiobookshelf asks ffprobe) reads no text of an ID3 chunk beside one.
    """
    data_bytes = samples * BYTES_PER_SAMPLE
    inner = _format() + _chunk(b"id3 ", id3)
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


_SIZES_BYTES = 36


def _sizes(riff_bytes: int, data_bytes: int, samples: int) -> bytes:
    """The ds64 chunk."""
    numbers = b"".join(size.to_bytes(8, "little") for size in (riff_bytes, data_bytes, samples))
    return _chunk(b"ds64", numbers + bytes(4))
