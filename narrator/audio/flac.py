"""FLAC files written in a stream by libsndfile, and given tags and a picture of our own."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import SEEK_CUR, SEEK_END, SEEK_SET, BytesIO
from pathlib import Path
from typing import BinaryIO

import soundfile

from narrator.audio.encoder import BLOCK_BYTES
from narrator.audio.pcm import Samples
from narrator.audio.tags import Tags
from narrator.audio.vorbis import comments, picture_block
from narrator.domain.errors import ToolFailed
from narrator.domain.voices import SAMPLE_RATE

WRITER = f"libsndfile {soundfile.__libsndfile_version__} of soundfile {soundfile.__version__}"
"""What encodes; another one may encode the same samples as other bytes."""

_BLOCK_SAMPLES = BLOCK_BYTES // 2
_MARKER = b"fLaC"
_STREAMINFO, _COMMENTS, _PICTURE = 0, 4, 6  # RFC 9639, section 8.1
_LAST = 0x80


@contextmanager
def writing(path: Path) -> Iterator[Callable[[Samples], object]]:
    """A new FLAC file, written block by block; raises ToolFailed when there is no room for it."""
    try:
        with soundfile.SoundFile(
            path, "w", samplerate=SAMPLE_RATE, channels=1, format="FLAC", subtype="PCM_16"
        ) as file:
            yield file.write
    except soundfile.SoundFileError as error:
        reason = "a FLAC file could not be written"
        raise ToolFailed(reason, remedy="see that the disk has room") from error


def read_blocks(paths: Iterable[Path]) -> Iterator[Samples]:
    """The samples of some files, one after another; raises ToolFailed where one is not FLAC."""
    for path in paths:
        try:
            with soundfile.SoundFile(path) as file:
                yield from file.blocks(_BLOCK_SAMPLES, dtype="int16")
        except soundfile.SoundFileError as error:
            reason = "a rendered chapter is not a readable FLAC file"
            raise ToolFailed(reason, remedy="render it again") from error


def stream(blocks: Iterable[Samples], *, samples: int, tags: Tags) -> Iterator[bytes]:
    """A FLAC file of so many samples, with these tags, as it comes into being.

    Nothing of it is written twice: it says from the start how long it is. Only its digest of all
    samples is left out (RFC 9639, section 8.2: zeros say so); each frame has a checksum. libsndfile
    writes neither pictures nor chapter marks, so that its head is exchanged for ours.
    """
    sink = _Sink()
    try:
        with soundfile.SoundFile(
            sink, "w", samplerate=SAMPLE_RATE, channels=1, format="FLAC", subtype="PCM_16"
        ) as file:
            for number, block in enumerate(blocks):
                file.write(block)
                if not number:
                    yield _head(_of_length(sink.streaminfo(), samples), tags)
                yield sink.taken()
        yield sink.taken()
    except soundfile.SoundFileError as error:
        reason = "a FLAC stream could not be written"
        raise ToolFailed(reason, remedy="the step is repeated") from error


class _Sink:
    """What libsndfile takes for a file. What it writes last, its head anew, is let go."""

    def __init__(self) -> None:
        self._new = bytearray()
        self._at = self._end = 0

    def write(self, data: bytes) -> int:
        """Only what is behind everything else is kept."""
        if self._at == self._end:
            self._new += data
            self._end += len(data)
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        """To anywhere."""
        self._at = offset + {SEEK_SET: 0, SEEK_CUR: self._at, SEEK_END: self._end}[whence]
        return self._at

    def tell(self) -> int:
        """Where it is."""
        return self._at

    def read(self, _size: int = -1) -> bytes:
        """Nothing comes back."""
        return b""

    def taken(self) -> bytes:
        """What was written since this was asked last."""
        new = bytes(self._new)
        self._new.clear()
        return new

    def streaminfo(self) -> bytes:
        """The first metadata block; from now on only frames are there to be taken."""
        file = BytesIO(self._new)
        found = _streaminfo(file)
        del self._new[: file.tell()]
        return found


def _of_length(streaminfo: bytes, samples: int) -> bytes:
    """A STREAMINFO (RFC 9639, section 8.2) for so many samples; sizes of frames, digest: unknown.

    The number has 36 bits, the upper four of which share a byte with the sample size.
    """
    return (
        streaminfo[:4]
        + bytes(6)
        + streaminfo[10:13]
        + bytes([streaminfo[13] & 0xF0 | samples >> 32])
        + (samples & 0xFFFFFFFF).to_bytes(4, "big")
        + bytes(16)
    )


def _streaminfo(file: BinaryIO) -> bytes:
    """The first metadata block; leaves the file where its frames begin."""
    found = b""
    last = file.read(len(_MARKER)) != _MARKER
    while not last:
        header = file.read(4)
        body = file.read(int.from_bytes(header[1:], "big"))
        found = found or body
        last = bool(header[0] & _LAST)
    return found


def _head(streaminfo: bytes, tags: Tags) -> bytes:
    blocks = [(_STREAMINFO, streaminfo), (_COMMENTS, comments(tags, with_picture=False))]
    if tags.picture:
        blocks.append((_PICTURE, picture_block(tags.picture)))
    *others, (kind, body) = blocks
    head = b"".join(_block(each, data) for each, data in others)
    return _MARKER + head + _block(kind | _LAST, body)


def _block(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + len(body).to_bytes(3, "big") + body
