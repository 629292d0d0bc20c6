"""Packets of AAC (in ADTS) and MP3: counted and cut without decoding them.

An encoder adds what it looked ahead for at the end of each chapter. Chapters are whole numbers of
packets long (`CHAPTER_QUANTUM`), so keeping exactly samples / packet length of them makes the next
chapter begin where the timeline says; only the last chapter keeps what the decoder needs to finish.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from narrator.domain.errors import ToolFailed
from narrator.domain.voices import SAMPLE_RATE

AAC_PACKET = 1024  # samples, ISO/IEC 14496-3: AAC-LC
OPUS_PACKET = 480  # samples at 24 kHz, RFC 6716: 20 ms

AAC_DELAY = 1024  # samples by which ffmpeg's encoder sets back the sound
MP3_DELAY = 576  # LAME's own; the 529 of the decoder are known to players

HEADER_BYTES = 7  # of ADTS without a checksum; an MP3 header needs 4

FrameSize = Callable[[bytes, int], int]
"""The size in bytes of the frame whose header is at a position; raises ToolFailed if none is.

A book has a million of them: whatever is done here is done a million times."""


def adts_size(data: bytes, at: int) -> int:
    """The size of an ADTS frame, header included (ISO/IEC 13818-7, adts_fixed_header).

    The header begins with the sync word, the layer, and a bit for "no checksum".
    """
    size = (data[at + 3] & 0x03) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
    if data[at] != 0xFF or data[at + 1] & 0xF7 != 0xF1 or size < HEADER_BYTES:  # noqa: PLR2004
        raise _astray("an AAC")
    return size


@dataclass(frozen=True, slots=True, kw_only=True)
class Mp3Form:
    """What distinguishes the two streams we make: MPEG-2 at 24 kHz, and MPEG-1 at 44.1 kHz.

    `packet` counts samples at `rate` a second; `side_info_bytes` are those of one channel. ISO/IEC
    11172-3 and 13818-3, section 2.4.2.3: of a packet of 1,152 samples each eighth is a byte a
    second, and `kbps` are the bit rates by their index, 0 for one that tells nothing of a size.
    """

    rate: int
    packet: int
    side_info_bytes: int
    kbps: tuple[int, ...]

    def packets(self, samples: int) -> int:
        """How many packets some samples at 24 kHz fill, of chapters that fill whole ones."""
        return samples * self.rate // SAMPLE_RATE // self.packet


_SLOW = Mp3Form(
    rate=24_000,
    packet=576,
    side_info_bytes=9,
    kbps=(0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
)
_FAST = Mp3Form(
    rate=44_100,
    packet=1_152,
    side_info_bytes=17,
    kbps=(0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),
)
_MP3_FORMS = {(0xF3, 0b01): _SLOW, (0xFB, 0b00): _FAST}
"""By the header's second byte (sync, version, Layer III; the last bit says "no checksum") and by
the two bits of the third that tell the rate."""


def _mp3_sizes() -> dict[int, int]:
    """Sizes of frames by the second and third byte of their headers, last bits set."""
    return {
        version << 8 | index << 4 | rate << 2 | padding << 1 | 1: (
            form.packet * form.kbps[index] * 1000 // 8 // form.rate + padding
        )
        for (version, rate), form in _MP3_FORMS.items()
        for index in range(1, 15)
        for padding in (0, 1)
    }


_MP3_SIZES = _mp3_sizes()


def mp3_size(data: bytes, at: int) -> int:
    """The size of a Layer III frame of either form."""
    size = _MP3_SIZES.get((data[at + 1] << 8 | data[at + 2]) | 0x0101)
    if data[at] != 0xFF or size is None:  # noqa: PLR2004 - the sync word's first byte
        raise _astray("an MP3")
    return size


def mp3_form(frame: bytes) -> Mp3Form:
    """The form of the stream that a frame is of; raises ToolFailed for none of ours."""
    mp3_size(frame, 0)
    return _MP3_FORMS[frame[1] | 1, frame[2] >> 2 & 0b11]


def _astray(kind: str) -> ToolFailed:
    return ToolFailed(f"a rendered chapter is not {kind} stream", remedy="render it again")


@dataclass(frozen=True, slots=True)
class Frames:
    """Some frames, one after another: where each of them begins, and where the last one ends."""

    data: bytes
    edges: list[int]

    def payloads(self) -> bytes:
        """What ADTS frames hold behind their headers."""
        return b"".join(self.data[a + HEADER_BYTES : b] for a, b in pairwise(self.edges))


def cut_frames(
    blocks: Iterable[bytes], size: FrameSize, *, frames: int | None = None
) -> Iterator[Frames]:
    """The first so many frames, or all of them, in pieces of about a block each.

    Raises ToolFailed when there are fewer, or when what is there does not end with a whole frame.
    """
    kept = 0
    rest = b""
    for block in blocks:
        data = rest + block
        edges = _walk(data, size, None if frames is None else frames - kept)
        kept += len(edges) - 1
        yield Frames(data[: edges[-1]], edges)
        rest = data[edges[-1] :]
        if kept == frames:
            return
    if rest or frames is not None:
        raise ToolFailed("a rendered chapter ends too soon", remedy="render it again")


def _walk(data: bytes, size: FrameSize, most: int | None) -> list[int]:
    """Where the whole frames in the data begin (`most` at most), and where the last one ends."""
    edges = [0]
    at = 0
    end = len(data)
    while len(edges) - 1 != most and at + HEADER_BYTES <= end:
        at += size(data, at)
        if at > end:
            break
        edges.append(at)
    return edges


def mp3_info_frame(first: bytes, *, frames: int, stream_bytes: int, samples: int) -> bytes:
    """A silent MP3 frame that tells how many follow and what to leave out when they are decoded.

    `first` is the first frame of the stream of `frames` frames and `stream_bytes` bytes (both
    without this one); `samples` of it, at 24 kHz, are sound. Players that know the Info tag
    (Xing's, with LAME's extension) then begin and end on the very sample; to others it is a packet
    of silence.
    """
    size = mp3_size(first, 0)
    form = mp3_form(first)
    padding = frames * form.packet - MP3_DELAY - samples * form.rate // SAMPLE_RATE
    seconds = bytes(step * 256 // 100 for step in range(100))  # evenly: the rate is constant
    tag = b"Info" + (0x0F).to_bytes(4, "big") + frames.to_bytes(4, "big")
    tag += (stream_bytes + size).to_bytes(4, "big") + seconds + bytes(4)
    lame = b"LAME".ljust(9) + b"\x01" + bytes(1 + 4 + 2 + 2 + 1) + bytes([mp3_kbps(first)])
    lame += (MP3_DELAY << 12 | padding).to_bytes(3, "big") + bytes(1 + 1 + 2)
    lame += (stream_bytes + size).to_bytes(4, "big") + bytes(2)
    head = first[:4] + bytes(form.side_info_bytes) + tag + lame
    return (head + crc16(head).to_bytes(2, "big")).ljust(size, b"\0")


def mp3_kbps(frame: bytes) -> int:
    """The bit rate of a frame in kbit/s."""
    return mp3_form(frame).kbps[frame[2] >> 4]


def crc16(data: bytes) -> int:
    """CRC-16/ARC, as LAME's extension of the Info tag wants it."""
    register = 0
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0xA001 if register & 1 else 0)
    return register
