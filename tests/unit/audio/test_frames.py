"""Frames of AAC and MP3, counted and cut."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrator.audio.frames import (
    FrameSize,
    adts_size,
    crc16,
    cut_frames,
    mp3_info_frame,
    mp3_kbps,
    mp3_size,
)
from narrator.domain.errors import ToolFailed


def adts(payload: int) -> bytes:
    """An ADTS frame of LC at 24 kHz mono with so many bytes of payload."""
    size = payload + 7
    head = bytes([0xFF, 0xF1, 0x58, 0x40 | size >> 11, size >> 3 & 0xFF, size << 5 & 0xFF | 0x1F])
    return head + b"\xfc" + bytes(payload)


MP3_FRAME = bytes([0xFF, 0xF3, 0x84, 0xC4]).ljust(192, b"\x55")  # 64 kbit/s at 24 kHz, mono

payloads = st.lists(st.integers(0, 400), min_size=1, max_size=30)


def cut(pieces: list[bytes], size: FrameSize, *, frames: int | None = None) -> list[bytes]:
    return [kept.data for kept in cut_frames(pieces, size, frames=frames)]


def blocks(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@settings(deadline=None)
@given(payloads, st.integers(1, 500), st.data())
def test_exactly_so_many_frames_are_kept_however_the_blocks_fall(
    payloads: list[int], block: int, data: st.DataObject
) -> None:
    frames = [adts(payload) for payload in payloads]
    keep = data.draw(st.integers(1, len(frames)))
    kept = b"".join(cut(blocks(b"".join(frames), block), adts_size, frames=keep))
    assert kept == b"".join(frames[:keep])


@settings(deadline=None)
@given(payloads, st.integers(1, 500))
def test_all_frames_are_kept_when_no_number_is_given(payloads: list[int], block: int) -> None:
    whole = b"".join(adts(payload) for payload in payloads)
    assert b"".join(cut(blocks(whole, block), adts_size)) == whole


@settings(deadline=None)
@given(payloads)
def test_pieces_end_where_frames_do(payloads: list[int]) -> None:
    whole = b"".join(adts(payload) for payload in payloads)
    for piece in cut(blocks(whole, 97), adts_size):
        assert cut([piece], adts_size) == [piece]


def test_too_few_frames_are_an_error() -> None:
    with pytest.raises(ToolFailed, match="too soon"):
        cut([adts(10) * 3], adts_size, frames=4)


def test_half_a_frame_at_the_end_is_an_error() -> None:
    with pytest.raises(ToolFailed, match="too soon"):
        cut([adts(10) + adts(90)[:50]], adts_size)


@pytest.mark.parametrize("size", [adts_size, mp3_size], ids=["adts", "mp3"])
@pytest.mark.parametrize("junk", [bytes(20), b"RIFF" * 5, b"\xff" * 20], ids=["0", "riff", "ff"])
def test_what_is_no_frame_is_an_error(size, junk: bytes) -> None:
    with pytest.raises(ToolFailed):
        cut([junk], size)


def test_an_mp3_frame_at_64_kbit_has_192_bytes() -> None:
    assert mp3_size(MP3_FRAME, 0) == 192
    assert mp3_kbps(MP3_FRAME) == 64


def test_the_info_frame_is_a_frame_like_the_others() -> None:
    info = mp3_info_frame(MP3_FRAME, frames=242, stream_bytes=242 * 192, samples=138_240)
    assert len(info) == mp3_size(info, 0) == 192
    assert info[:4] == MP3_FRAME[:4]


def test_the_info_frame_declares_frames_delay_and_padding() -> None:
    """Their places are those of the Xing header (MPEG-2 mono) and of LAME's extension."""
    info = mp3_info_frame(MP3_FRAME, frames=242, stream_bytes=242 * 192, samples=138_240)
    assert info[13:17] == b"Info"
    assert int.from_bytes(info[21:25], "big") == 242
    assert int.from_bytes(info[25:29], "big") == 243 * 192
    assert info[133:137] == b"LAME"
    delays = int.from_bytes(info[154:157], "big")
    assert (delays >> 12, delays & 0xFFF) == (576, 242 * 576 - 576 - 138_240)


def test_the_checksum_is_crc_16_arc() -> None:
    assert crc16(b"123456789") == 0xBB3D
