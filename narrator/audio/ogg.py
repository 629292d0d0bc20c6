"""Ogg pages (RFC 3533) and Opus in them (RFC 7845): joined without decoding.

Ogg files laid end to end are a chain of streams, which many players stop at or seek wrongly in.
Here the pages of all chapters become those of one stream: same packets, new numbers, new times.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import BinaryIO

from narrator.audio.frames import OPUS_PACKET
from narrator.domain.errors import ToolFailed

_HEADER_BYTES = 27
_CONTINUED, _FIRST, _LAST = 1, 2, 4
_SERIAL = 0x4E415252  # any number does; the same one gives the same bytes
_NO_PACKET_ENDS = (1 << 64) - 1
_MOST_SEGMENTS = 255

OPUS_TICKS = 2  # Opus counts at 48 kHz, we at 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page's packets. `lacing` holds the length of each segment; one below 255 ends a packet."""

    lacing: bytes
    body: bytes
    continued: bool = False

    @property
    def packets(self) -> int:
        """How many packets end on it."""
        return len(self.lacing) - self.lacing.count(255)

    def first(self, packets: int) -> "Page":
        """The page cut behind its first so many packets."""
        end = segments = 0
        while packets:
            end += self.lacing[segments]
            packets -= self.lacing[segments] < 255  # noqa: PLR2004 - see `lacing`
            segments += 1
        return replace(self, lacing=self.lacing[:segments], body=self.body[:end])


def read_pages(file: BinaryIO) -> Iterator[Page]:
    """The pages of a file, one at a time; raises ToolFailed where it is not Ogg."""
    while header := file.read(_HEADER_BYTES):
        if len(header) < _HEADER_BYTES or header[:4] != b"OggS":
            raise _astray("is not an Ogg file")
        lacing = file.read(header[26])
        body = file.read(sum(lacing))
        if len(lacing) < header[26] or len(body) < sum(lacing):
            raise _astray("ends too soon")
        yield Page(lacing=lacing, body=body, continued=bool(header[5] & _CONTINUED))


def _astray(what: str) -> ToolFailed:
    return ToolFailed(f"a rendered chapter {what}", remedy="render it again")


def join_opus(
    chapters: Iterable[Iterable[Page]],
    samples: Sequence[int],
    *,
    tags: bytes,
    heard: Callable[[bytes], object],
) -> Iterator[bytes]:
    """The pages of one Ogg Opus stream made of chapters, each given by its pages and its samples.

    `tags` is the OpusTags packet; `heard` is told of all packets of sound, several at a time.
    Raises ToolFailed for a chapter with too few packets.
    """
    coming = iter(chapters)
    head, audio = _open(next(coming, ()))
    yield _page(head, flags=_FIRST, granule=0, sequence=0)
    sequence = 1
    for page, granule in _laced(tags):
        flags = _CONTINUED if page.continued else 0
        yield _page(page, flags=flags, granule=granule, sequence=sequence)
        sequence += 1
    delay = int.from_bytes(head.body[10:12], "little")
    total = delay + OPUS_TICKS * sum(samples)
    streams = chain([audio], (_open(pages)[1] for pages in coming))
    packets = 0
    for page, last in _marked(_kept(streams, samples)):
        heard(page.body)
        packets += page.packets
        granule = total if last else packets * OPUS_PACKET * OPUS_TICKS
        flags = _LAST if last else 0
        yield _page(page, flags=flags, granule=granule, sequence=sequence)
        sequence += 1


def _open(pages: Iterable[Page]) -> tuple[Page, Iterator[Page]]:
    """A stream's OpusHead page, and its pages of audio."""
    stream = iter(pages)
    head = next(stream, None)
    if head is None or not head.body.startswith(b"OpusHead"):
        raise _astray("is not an Opus stream")
    while not next(stream, head).packets:  # the tags may run over several pages
        pass
    return head, stream


def _kept(streams: Iterable[Iterator[Page]], samples: Sequence[int]) -> Iterator[Page]:
    """Of each chapter as many packets as its samples fill; of the last one all."""
    for number, (pages, length) in enumerate(zip(streams, samples, strict=True), start=1):
        whole = _whole(pages)
        yield from whole if number == len(samples) else _cut(whole, length // OPUS_PACKET)


def _whole(pages: Iterable[Page]) -> Iterator[Page]:
    """The pages, none of which begins inside a packet (at our bit rates none does)."""
    for page in pages:
        if page.continued:
            raise _astray("has a packet that runs over two pages")
        yield page


def _cut(pages: Iterable[Page], packets: int) -> Iterator[Page]:
    for page in pages:
        yield page if page.packets <= packets else page.first(packets)
        packets -= min(packets, page.packets)
        if not packets:
            return
    raise _astray("ends too soon")


def _marked(pages: Iterator[Page]) -> Iterator[tuple[Page, bool]]:
    """Each page, and whether it is the last."""
    held = next(pages)
    for page in pages:
        yield held, False
        held = page
    yield held, True


def _laced(packet: bytes) -> Iterator[tuple[Page, int]]:
    """A long packet spread over as many pages as it needs, each with its granule position."""
    lacing = b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255])
    for at in range(0, len(lacing), _MOST_SEGMENTS):
        piece = lacing[at : at + _MOST_SEGMENTS]
        body = packet[at * 255 : at * 255 + sum(piece)]
        ends = at + _MOST_SEGMENTS >= len(lacing)
        yield Page(lacing=piece, body=body, continued=at > 0), 0 if ends else _NO_PACKET_ENDS


def _page(page: Page, *, flags: int, granule: int, sequence: int) -> bytes:
    """A page's bytes (RFC 3533, section 6)."""
    head = b"OggS\0" + bytes([flags]) + granule.to_bytes(8, "little")
    head += _SERIAL.to_bytes(4, "little") + sequence.to_bytes(4, "little")
    tail = bytes([len(page.lacing)]) + page.lacing + page.body
    return head + crc32(head + bytes(4) + tail).to_bytes(4, "little") + tail


_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def crc32(data: bytes) -> int:
    """Ogg's checksum: CRC-32 with bits from left to right, nothing inverted.

    zlib computes the same polynomial from right to left and inverts; mirroring each byte on the way
    in and the result on the way out, and undoing the inversions, gives Ogg's at zlib's speed.
    """
    mirrored = zlib.crc32(data.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_MIRRORED), "big")
