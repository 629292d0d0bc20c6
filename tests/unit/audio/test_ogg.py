"""Ogg pages, joined."""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrator.audio import ogg
from narrator.audio.ogg import Page, crc32, read_pages
from narrator.domain.errors import ToolFailed

HEAD = b"OpusHead\x01\x01" + (312).to_bytes(2, "little") + (24_000).to_bytes(4, "little") + bytes(3)


def join_opus(
    chapters: list[tuple[list[Page], int]], *, tags: bytes, heard: bytearray | None = None
) -> Iterator[bytes]:
    """The pages of a stream of chapters, each given by its pages and its samples."""
    pages, samples = zip(*chapters, strict=True)
    told = bytearray() if heard is None else heard
    return ogg.join_opus(pages, samples, tags=tags, heard=told.extend)


@dataclass(frozen=True)
class Raw:
    """A page as it lies in a file."""

    flags: int
    granule: int
    serial: int
    sequence: int
    packets: list[bytes]
    sound: bool  # its checksum


def raw_pages(data: bytes) -> list[Raw]:
    """An independent reader of Ogg, for pages on which packets do not run over."""
    found = []
    while data:
        count = data[26]
        lacing = data[27 : 27 + count]
        body = data[27 + count : 27 + count + sum(lacing)]
        page, data = data[: 27 + count + sum(lacing)], data[27 + count + sum(lacing) :]
        packets = [b""]
        for size in lacing:
            packets[-1] += body[:size]
            body = body[size:]
            if size < 255:
                packets.append(b"")
        check = int.from_bytes(page[22:26], "little")
        sound = slow_crc32(page[:22] + bytes(4) + page[26:]) == check
        granule, serial, sequence = struct.unpack_from("<QII", page, 6)
        found.append(Raw(page[5], granule, serial, sequence, packets[:-1], sound))
    return found


def slow_crc32(data: bytes) -> int:
    """As RFC 3533 words it: polynomial 0x04c11db7, from the left, beginning with zero."""
    register = 0
    for byte in data:
        register ^= byte << 24
        for _ in range(8):
            register = register << 1 ^ (0x04C11DB7 if register >> 31 else 0)
            register &= 0xFFFFFFFF
    return register


def page_of(*packets: bytes) -> Page:
    lacing = b"".join(b"\xff" * (len(p) // 255) + bytes([len(p) % 255]) for p in packets)
    return Page(lacing=lacing, body=b"".join(packets))


def chapter(number: int, packets: int, *, page: int = 50) -> list[Page]:
    """A chapter of numbered packets, the last of which is the encoder's flush."""
    sound = [f"{number}:{index}".encode() * 9 for index in range(packets + 1)]
    pages = [page_of(*sound[at : at + page]) for at in range(0, len(sound), page)]
    return [page_of(HEAD), page_of(b"OpusTags"), *pages]


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_the_checksum_is_that_of_the_rfc(data: bytes) -> None:
    assert crc32(data) == slow_crc32(data)


@settings(deadline=None)
@given(st.lists(st.integers(1, 130), min_size=1, max_size=5), st.integers(1, 60))
def test_each_chapter_keeps_its_own_packets_and_the_last_one_all(
    lengths: list[int], page: int
) -> None:
    chapters = [(chapter(n, length, page=page), 480 * length) for n, length in enumerate(lengths)]
    heard = bytearray()
    pages = raw_pages(b"".join(join_opus(chapters, tags=b"OpusTags", heard=heard)))[2:]
    found = [packet for p in pages for packet in p.packets]
    assert heard == b"".join(found)
    wanted = [f"{n}:{i}".encode() * 9 for n, length in enumerate(lengths) for i in range(length)]
    assert found == [*wanted, f"{len(lengths) - 1}:{lengths[-1]}".encode() * 9]


@settings(deadline=None)
@given(st.lists(st.integers(1, 130), min_size=1, max_size=5))
def test_it_is_one_stream_of_sound_pages(lengths: list[int]) -> None:
    chapters = [(chapter(n, length), 480 * length) for n, length in enumerate(lengths)]
    pages = raw_pages(b"".join(join_opus(chapters, tags=b"OpusTags")))
    assert all(page.sound for page in pages)
    assert [page.sequence for page in pages] == list(range(len(pages)))
    assert len({page.serial for page in pages}) == 1
    assert [page.flags for page in pages] == [2, *[0] * (len(pages) - 2), 4]


@settings(deadline=None)
@given(st.lists(st.integers(1, 130), min_size=1, max_size=5))
def test_times_grow_and_end_with_the_last_sample(lengths: list[int]) -> None:
    """RFC 7845: the last page's granule position tells what to leave out at the end."""
    chapters = [(chapter(n, length), 480 * length) for n, length in enumerate(lengths)]
    times = [page.granule for page in raw_pages(b"".join(join_opus(chapters, tags=b"OpusTags")))]
    assert times == sorted(times)
    assert times[-1] == 312 + 960 * sum(lengths)


def test_long_tags_run_over_several_pages() -> None:
    tags = b"OpusTags" + bytes(range(256)) * 800
    joined = b"".join(join_opus([(chapter(0, 3), 1_440)], tags=tags))
    pages = list(read_pages(io.BytesIO(joined)))
    assert [page.continued for page in pages] == [False, False, True, True, True, False]
    assert b"".join(page.body for page in pages[1:5]) == tags
    assert raw_pages(joined)[1].granule == (1 << 64) - 1
    assert raw_pages(joined)[4].granule == 0


def test_tags_of_a_multiple_of_255_bytes_still_end() -> None:
    joined = b"".join(join_opus([(chapter(0, 3), 1_440)], tags=b"OpusTags".ljust(510, b"x")))
    assert list(read_pages(io.BytesIO(joined)))[1].lacing == b"\xff\xff\x00"


def test_reading_gives_back_what_was_written() -> None:
    pages = chapter(0, 120)
    joined = b"".join(join_opus([(pages, 480 * 120)], tags=b"OpusTags"))
    assert list(read_pages(io.BytesIO(joined))) == pages


@pytest.mark.parametrize("data", [b"fLaC" * 20, b"OggS", b"OggS" + bytes(22) + b"\x05\xff"])
def test_what_is_not_ogg_is_an_error(data: bytes) -> None:
    with pytest.raises(ToolFailed):
        list(read_pages(io.BytesIO(data)))


@pytest.mark.parametrize(
    ("pages", "reason"),
    [
        ([], "not an Opus stream"),
        ([page_of(b"vorbis")], "not an Opus stream"),
        (chapter(0, 3), "too soon"),
        ([*chapter(0, 3)[:2], Page(lacing=b"\x01", body=b"x", continued=True)], "two pages"),
    ],
    ids=["empty", "other codec", "short", "continued"],
)
def test_a_chapter_that_cannot_be_joined_is_an_error(pages: list[Page], reason: str) -> None:
    with pytest.raises(ToolFailed, match=reason):
        list(join_opus([(pages, 480 * 9), (chapter(1, 9), 480 * 9)], tags=b"OpusTags"))
