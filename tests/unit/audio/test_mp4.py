"""The packets of an MP4 file, found by its tables."""

import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.audio.mp4 import sound_blocks, sound_of
from narrator.domain.errors import ToolFailed

DELAY = 1_024
PACKETS = [bytes([n]) * size for n, size in enumerate((5, 7, 11, 13, 17))]
RUNS = [(1, 2, 1), (3, 1, 1)]  # two chunks of two packets, then chunks of one
FTYP = struct.pack(">I4s4sI", 16, b"ftyp", b"M4B ", 512)


def box(kind: bytes, *bodies: bytes) -> bytes:
    body = b"".join(bodies)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def table(kind: bytes, *numbers: int, wide: bool = False) -> bytes:
    """A box with version, flags and numbers of 32 or, behind the first, 64 bits."""
    first, *others = numbers
    return box(kind, struct.pack(f">II{len(others)}{'Q' if wide else 'I'}", 0, first, *others))


def edits(delay: int, *, wide: bool = False) -> bytes:
    entry = struct.pack(">Qq", 1, delay) if wide else struct.pack(">Ii", 1, delay)
    return box(b"edts", box(b"elst", bytes([wide, 0, 0, 0]), struct.pack(">I", 1), entry))


def sizes_box(*, alike: int = 0) -> bytes:
    own = [] if alike else [len(packet) for packet in PACKETS]
    return table(b"stsz", alike, len(PACKETS), *own)


def runs_box(runs: Sequence[tuple[int, int, int]] = RUNS) -> bytes:
    return table(b"stsc", len(runs), *(number for run in runs for number in run))


def moov(offsets: bytes, *, handler: bytes = b"soun", **other: bytes) -> bytes:
    parts = {"edits": edits(DELAY), "sizes": sizes_box(), "runs": runs_box()} | other
    stbl = box(b"stbl", parts["sizes"], parts["runs"], offsets)
    hdlr = box(b"hdlr", bytes(8), handler, bytes(13))
    video = box(b"trak", box(b"mdia", box(b"hdlr", bytes(8), b"vide", bytes(13))))
    sound = box(b"trak", parts["edits"], box(b"mdia", hdlr, box(b"minf", stbl)))
    return box(b"mvhd", bytes(100)) + video + sound


def mp4(path: Path, *, wide: bool = False, **other: bytes) -> Path:
    """A file whose four chunks lie in reverse order, with something else in between."""
    chunks = [b"".join(PACKETS[:2]), b"".join(PACKETS[2:4]), PACKETS[4]]
    kind = b"co64" if wide else b"stco"
    begins = len(FTYP + box(b"moov", moov(table(kind, 3, 0, 0, 0, wide=wide), **other))) + 8
    data = b""
    offsets: list[int] = []
    for chunk in reversed(chunks):
        data += b"between"
        offsets.insert(0, begins + len(data))
        data += chunk
    found = moov(table(kind, 3, *offsets, wide=wide), **other)
    path.write_bytes(FTYP + box(b"moov", found) + box(b"mdat", data))
    return path


def packets(path: Path) -> bytes:
    return b"".join(sound_blocks(path, delay=DELAY))


def test_packets_come_in_their_order_wherever_they_lie(tmp_path: Path) -> None:
    assert packets(mp4(tmp_path / "a.m4b")) == b"".join(PACKETS)


def test_places_and_times_may_have_64_bits(tmp_path: Path) -> None:
    file = mp4(tmp_path / "a.m4b", wide=True, edits=edits(DELAY, wide=True))
    assert packets(file) == b"".join(PACKETS)


def test_packets_may_all_have_one_size(tmp_path: Path) -> None:
    """Of each chunk as many bytes are read as its number of packets says."""
    file = mp4(tmp_path / "a.m4b", sizes=sizes_box(alike=4))
    assert packets(file) == b"".join(PACKETS[:2])[:8] + b"".join(PACKETS[2:4])[:8] + PACKETS[4][:4]


def test_more_packets_than_any_recording_has_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match="more packets"):
        packets(mp4(tmp_path / "a.m4b", sizes=table(b"stsz", 4, 1 << 31)))


@pytest.mark.parametrize("left_out", [edits(0), edits(DELAY + 1), b""], ids=["0", "more", "none"])
def test_another_delay_than_the_encoders_is_an_error(tmp_path: Path, left_out: bytes) -> None:
    with pytest.raises(ToolFailed, match="delay"):
        packets(mp4(tmp_path / "a.m4b", edits=left_out))


@pytest.mark.parametrize(
    "runs",
    [[], [(1, 2, 1)], [(1, 1, 1)], [(1, 2, 1), (4, 1, 1)], [(2, 4, 1), (3, 1, 1)], [(5, 5, 1)]],
    ids=str,
)
def test_tables_that_do_not_agree_are_an_error(
    tmp_path: Path, runs: list[tuple[int, int, int]]
) -> None:
    with pytest.raises(ToolFailed, match="contradict"):
        packets(mp4(tmp_path / "a.m4b", runs=runs_box(runs)))


def test_a_file_that_ends_too_soon_is_an_error(tmp_path: Path) -> None:
    file = mp4(tmp_path / "a.m4b")
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(ToolFailed, match="too soon"):
        packets(file)


def test_a_file_without_sound_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match="no track of sound"):
        packets(mp4(tmp_path / "a.m4b", handler=b"text"))


WHOLE = moov(table(b"stco", 3, 100, 200, 300))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        FTYP,
        FTYP + box(b"mdat", b"x") + box(b"moov", WHOLE),
        FTYP + struct.pack(">I4s", 1 << 30, b"moov") + WHOLE,
        b"\0\0\0\x04free",
    ],
    ids=["none", "no tables", "tables last", "tables of a gibibyte", "a box of nothing"],
)
def test_a_file_that_does_not_begin_with_its_tables_is_an_error(
    tmp_path: Path, data: bytes
) -> None:
    path = tmp_path / "a.m4b"
    path.write_bytes(data)
    with pytest.raises(ToolFailed, match="begin with its tables"):
        packets(path)


@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=4))
def test_damaged_tables_are_read_or_refused(at: int, damage: bytes) -> None:
    """Whatever the damage, no other error than ours."""
    with suppress(ToolFailed):
        found = sound_of(WHOLE[:at] + damage + WHOLE[at + len(damage) :])
        assert len(found.offsets) == len(found.sizes)
