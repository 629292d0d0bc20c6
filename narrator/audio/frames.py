"""Packets of AAC (in ADTS) and MP3: counted and cut without decoding them.

An encoder adds what it looked ahead for at the end of each chapter. Chapters are whole numbers of
packets long (`CHAPTER_QUANTUM`), so keeping exactly samples / packet length of them makes the next
chapter begin where the timeline says; only the last chapter keeps what the decoder needs to finish.
"""

from collections.abc import Callable, Iterable, Iterator

from narrator.domain.errors import ToolFailed
from narrator.domain.voices import SAMPLE_RATE

AAC_PACKET = 1024  # samples, ISO/IEC 14496-3: AAC-LC
MP3_PACKET = 576  # samples, ISO/IEC 13818-3: Layer III at 24 kHz and below
OPUS_PACKET = 480  # samples at 24 kHz, RFC 6716: 20 ms

AAC_DELAY = 1024  # samples by which ffmpeg's encoder sets back the sound
MP3_DELAY = 576  # LAME's own; the 529 of the decoder are known to players

HEADER_BYTES = 7  # of ADTS without a checksum; an MP3 header needs 4

FrameSize = Callable[[bytes, int], int]
"""The size in bytes of the frame whose header is at a position; raises ToolFailed if none is."""


def adts_size(data: bytes, at: int) -> int:
    """The size of an ADTS frame, header included (ISO/IEC 13818-7, adts_fixed_header)."""
    if _masked(data, at, 0xFFF6) != _ADTS_SYNC:
        raise _astray("an AAC")
    size = (data[at + 3] & 0x03) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
    if size < HEADER_BYTES:
        raise _astray("an AAC")
    return size


_MP3_KBPS = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)
"""Bit rates of MPEG-2 Layer III by their index; 0 is one that says nothing of a frame's size."""

_ADTS_SYNC = 0xFFF0  # sync word and layer
_MP3_SYNC = 0xFFF2  # sync word, MPEG-2, Layer III
_MP3_24_KHZ = 0b01


def mp3_size(data: bytes, at: int) -> int:
    """The size of an MPEG-2 Layer III frame at 24 kHz (ISO/IEC 13818-3, section 2.4.2.3)."""
    index = data[at + 2] >> 4
    rate = data[at + 2] >> 2 & 0b11
    if _masked(data, at, 0xFFFE) != _MP3_SYNC or rate != _MP3_24_KHZ or not _MP3_KBPS[index]:
        raise _astray("an MP3")
    padding = data[at + 2] >> 1 & 1
    return 72 * _MP3_KBPS[index] * 1000 // SAMPLE_RATE + padding


def _masked(data: bytes, at: int, mask: int) -> int:
    return (data[at] << 8 | data[at + 1]) & mask


def _astray(kind: str) -> ToolFailed:
    return ToolFailed(f"a rendered chapter is not {kind} stream", remedy="render it again")


def cut(blocks: Iterable[bytes], size: FrameSize, *, frames: int | None = None) -> Iterator[bytes]:
    """The first so many frames, or all of them, in pieces of about a block each.

    Raises ToolFailed when there are fewer, or when what is there does not end with a whole frame.
    """
    kept = 0
    rest = b""
    for block in blocks:
        data = rest + block
        at, count = _walk(data, size, None if frames is None else frames - kept)
        kept += count
        yield data[:at]
        rest = data[at:]
        if kept == frames:
            return
    if rest or frames is not None:
        raise ToolFailed("a rendered chapter ends too soon", remedy="render it again")


def _walk(data: bytes, size: FrameSize, most: int | None) -> tuple[int, int]:
    """Where the last whole frame in the data ends, and how many there are (`most` at most)."""
    at = count = 0
    while count != most and at + HEADER_BYTES <= len(data):
        following = at + size(data, at)
        if following > len(data):
            break
        at = following
        count += 1
    return at, count


def mp3_info_frame(first: bytes, *, frames: int, stream_bytes: int, samples: int) -> bytes:
    """A silent MP3 frame that tells how many follow and what to leave out when they are decoded.

    `first` is the first frame of the stream of `frames` frames and `stream_bytes` bytes (both
    without this one); `samples` of it are sound. Players that know the Info tag (Xing's, with
    LAME's extension) then begin and end on the very sample; to others it is 24 ms of silence.
    """
    size = mp3_size(first, 0)
    padding = frames * MP3_PACKET - MP3_DELAY - samples
    seconds = bytes(step * 256 // 100 for step in range(100))  # evenly: the rate is constant
    tag = b"Info" + (0x0F).to_bytes(4, "big") + frames.to_bytes(4, "big")
    tag += (stream_bytes + size).to_bytes(4, "big") + seconds + bytes(4)
    lame = b"LAME".ljust(9) + b"\x01" + bytes(1 + 4 + 2 + 2 + 1) + bytes([mp3_kbps(first)])
    lame += (MP3_DELAY << 12 | padding).to_bytes(3, "big") + bytes(1 + 1 + 2)
    lame += (stream_bytes + size).to_bytes(4, "big") + bytes(2)
    head = first[:4] + bytes(_MONO_SIDE_INFO_BYTES) + tag + lame
    return (head + crc16(head).to_bytes(2, "big")).ljust(size, b"\0")


_MONO_SIDE_INFO_BYTES = 9  # MPEG-2, one channel


def mp3_kbps(frame: bytes) -> int:
    """The bit rate of a frame in kbit/s."""
    return _MP3_KBPS[frame[2] >> 4]


def crc16(data: bytes) -> int:
    """CRC-16/ARC, as LAME's extension of the Info tag wants it."""
    register = 0
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0xA001 if register & 1 else 0)
    return register
