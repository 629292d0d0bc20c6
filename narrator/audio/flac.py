"""FLAC files written in a stream by libsndfile, and given tags and a picture of our own."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import soundfile

from narrator.audio.encoder import BLOCK_BYTES
from narrator.audio.pcm import Samples
from narrator.audio.tags import Tags
from narrator.audio.vorbis import comments, picture_block
from narrator.domain.errors import ToolFailed
from narrator.domain.voices import SAMPLE_RATE

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


def write_tagged(blocks: Iterable[Samples], tags: Tags, path: Path) -> None:
    """Write samples as FLAC with these tags.

    libsndfile can write neither pictures nor chapter marks, so its file is copied behind our head.
    """
    bare = path.with_name(path.name + ".bare")
    try:
        with writing(bare) as write:
            for block in blocks:
                write(block)
        with bare.open("rb") as source, path.open("wb") as target:
            target.write(_head(_streaminfo(source), tags))
            shutil.copyfileobj(source, target, BLOCK_BYTES)
    finally:
        bare.unlink(missing_ok=True)


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
