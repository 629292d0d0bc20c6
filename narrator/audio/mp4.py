"""The packets of an MP4 file (ISO/IEC 14496-12), found by its tables and read as they lie there.

Only as much of the format as is needed to prove a file that another program wrote.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from narrator.domain.errors import ToolFailed

_BLOCK_BYTES = 1 << 20
_MOST_HEAD_BYTES = 256 << 20
"""The tables of a hundred hours and the largest cover are far below."""

_MOST_PACKETS = 1 << 24
"""Of AAC at 24 kHz they are two hundred hours."""

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sound:
    """The stretches of a file that hold the packets of sound.

    `begins_at` is the first sample to be heard, by the edit list: the encoder's delay.
    """

    offsets: Numbers
    sizes: Numbers
    begins_at: int


def sound_blocks(path: Path, *, delay: int) -> Iterator[bytes]:
    """The packets of the file's one track of sound, in blocks.

    Raises ToolFailed for a file without one, or that does not leave out so many samples.
    """
    with path.open("rb") as file:
        found = sound_of(_head(file))
        if found.begins_at != delay:
            raise _astray("does not leave out the encoder's delay")
        for offset, size in zip(found.offsets.tolist(), found.sizes.tolist(), strict=True):
            file.seek(offset)
            yield from _read(file, size)


def _read(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size:
        block = file.read(min(size, _BLOCK_BYTES))
        if not block:
            raise _astray("ends too soon")
        size -= len(block)
        yield block


def _head(file: BinaryIO) -> bytes:
    """The `moov` box, which lies before the data."""
    while header := file.read(8):
        size, kind = int.from_bytes(header[:4], "big"), header[4:]
        if kind == b"moov" and size <= _MOST_HEAD_BYTES:
            return file.read(size - 8)
        if kind not in (b"ftyp", b"free") or size < len(header):
            break
        file.seek(size - 8, 1)
    raise _astray("does not begin with its tables")


def sound_of(moov: bytes) -> Sound:
    """The track of sound, by the body of a `moov` box; raises ToolFailed where there is none."""
    for kind, trak in _boxes(moov):
        if kind == b"trak" and _at(trak, b"mdia", b"hdlr")[8:12] == b"soun":
            try:
                return _sound(trak)
            except (ValueError, IndexError) as error:  # numpy's, for tables that are too short
                raise _contradiction() from error
    raise _astray("has no track of sound")


def _sound(trak: bytes) -> Sound:
    table = _at(trak, b"mdia", b"minf", b"stbl")
    sizes = _sample_sizes(_at(table, b"stsz"))
    offsets = _chunk_offsets(table)
    ends = np.cumsum(_samples_a_chunk(_at(table, b"stsc"), len(offsets)))
    if len(ends) != len(offsets) or (ends[-1] if len(ends) else 0) != len(sizes):
        raise _contradiction()
    summed = np.concatenate(([0], np.cumsum(sizes)))[np.concatenate(([0], ends))]
    return Sound(
        offsets=offsets,
        sizes=np.diff(summed),
        begins_at=_begins_at(_at(trak, b"edts", b"elst")),
    )


def _sample_sizes(stsz: bytes) -> Numbers:
    """Section 8.7.3: one size for all, or one for each."""
    size, count = (int.from_bytes(stsz[at : at + 4], "big") for at in (4, 8))
    if count > _MOST_PACKETS:
        raise _astray("has more packets than any recording")
    return np.full(count, size) if size else _numbers(stsz[12:], count)


def _chunk_offsets(table: bytes) -> Numbers:
    """Section 8.7.5: in 32 bits, or in 64."""
    if short := _at(table, b"stco"):
        return _numbers(short[8:], int.from_bytes(short[4:8], "big"))
    return _numbers(_at(table, b"co64")[8:], -1, width=8)


def _samples_a_chunk(stsc: bytes, chunks: int) -> Numbers:
    """Section 8.7.4: runs of chunks that hold as many."""
    runs = _numbers(stsc[8:], -1).reshape(-1, 3)
    edges = np.append(runs[:, 0] - 1, chunks)
    return np.repeat(runs[:, 1], np.diff(edges))


def _begins_at(elst: bytes) -> int:
    """Section 8.6.6: the media time of the one edit; 0 for none."""
    if not elst:
        return 0
    wide = elst[0] == 1
    return int.from_bytes(elst[16:24] if wide else elst[12:16], "big")


def _numbers(data: bytes, count: int, *, width: int = 4) -> Numbers:
    return np.frombuffer(data, f">u{width}", count).astype(np.int64)


def _at(data: bytes, *path: bytes) -> bytes:
    """The body of a box inside boxes; empty where it is not there."""
    for kind in path:
        data = next((body for found, body in _boxes(data) if found == kind), b"")
    return data


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size < 8:  # noqa: PLR2004 - a header's own
            raise _astray("has a box that is too small")
        yield data[at + 4 : at + 8], data[at + 8 : at + size]
        at += size


def _contradiction() -> ToolFailed:
    return _astray("has tables that contradict each other")


def _astray(what: str) -> ToolFailed:
    reason = f"an M4B file {what}"
    return ToolFailed(reason, remedy="the step is repeated; if it happens again, report it")
