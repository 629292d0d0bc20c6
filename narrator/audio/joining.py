"""Rendered chapters joined into one recording, format by format, and marked.

M4B, MP3 and Opus are joined packet by packet, without decoding and without drift. Chapters come one
at a time, one for each mark, and are not looked at again; nothing is ever held but a block.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from narrator.audio import id3, mp4, ogg, vorbis
from narrator.audio.encoder import BIT_EXACT, BLOCK_BYTES, Ffmpeg
from narrator.audio.frames import (
    AAC_DELAY,
    AAC_PACKET,
    Frames,
    FrameSize,
    adts_size,
    cut_frames,
    mp3_form,
    mp3_info_frame,
    mp3_size,
)
from narrator.audio.tags import Tags, ffmetadata
from narrator.domain.errors import ToolFailed
from narrator.domain.voices import SAMPLE_RATE

Chapters = Iterable[Path]


def packets_digest() -> "hashlib._Hash":
    """What the joined packets are compared by with those of the file that was made.

    It guards against slips, not against forgers, and is three times as fast as a better one.
    """
    return hashlib.md5(usedforsecurity=False)


def join_m4b(chapters: Chapters, tags: Tags, path: Path, ffmpeg: Ffmpeg) -> str:
    """AAC in MP4 with the brand of audiobooks, its head before its data; the packets' digest.

    Setting the stream's time back by the encoder's delay makes ffmpeg write an edit list that
    leaves the delay out: the recording begins on its first sample and is as long as its timeline.
    Its clock, and with it the chapters', counts samples: ADTS has one of 28 MHz, which ffmpeg would
    take over, and by which the 32 bits of a chapter's length are 76 seconds.
    """
    digest = packets_digest()
    with TemporaryDirectory(dir=path.parent, prefix="m4b-") as folder:
        notes = Path(folder, "tags.txt")
        notes.write_text(ffmetadata(tags), encoding="utf-8")
        arguments = ["-itsoffset", f"-{AAC_DELAY / SAMPLE_RATE:.9f}", "-f", "aac", "-i", "pipe:0"]
        arguments += ["-f", "ffmetadata", "-i", f"file:{notes}", *_cover(tags, Path(folder))]
        arguments += ["-c", "copy", *BIT_EXACT, "-map_metadata", "1", "-map_chapters", "1"]
        arguments += ["-metadata:s:a:0", f"language={tags.language_code}"]
        arguments += ["-f", "mp4", "-brand", "M4B ", "-movie_timescale", str(SAMPLE_RATE)]
        arguments += ["-movflags", "+faststart", f"file:{path}"]
        with ffmpeg.fed(arguments) as write:
            for frames in _frames(chapters, tags, adts_size, _aac_packets):
                write(frames.data)
                digest.update(frames.payloads())
    return digest.hexdigest()


def m4b_packets(path: Path) -> str:
    """The digest of the packets of an M4B file; raises ToolFailed where it is not as joined.

    ffmpeg wrote it, so that somebody else reads it.
    """
    digest = packets_digest()
    for block in mp4.sound_blocks(path, delay=AAC_DELAY):
        digest.update(block)
    return digest.hexdigest()


def _aac_packets(_start: bytes, samples: int) -> int:
    return samples // AAC_PACKET


def _cover(tags: Tags, folder: Path) -> list[str]:
    """The inputs and the mapping for the sound and, where there is one, the picture."""
    if tags.picture is None:
        return ["-map", "0:a"]
    file = folder / "cover"
    file.write_bytes(tags.picture.data)
    reader = "png_pipe" if tags.picture.media_type == "image/png" else "jpeg_pipe"
    picture = ["-f", reader, "-i", f"file:{file}", "-map", "0:a", "-map", "2:v"]
    return [*picture, "-disposition:v:0", "attached_pic"]


def join_mp3(chapters: Chapters, tags: Tags, path: Path) -> str:
    """MP3 frames behind an ID3 tag and an Info frame that declares delay and padding.

    Returns the packets' digest.
    """
    digest = packets_digest()
    with path.open("wb") as file:
        file.write(id3.tag(tags))
        info_at = file.tell()
        first, count, stream_bytes = b"", 0, 0
        for frames in _frames(chapters, tags, mp3_size, _mp3_packets):
            if not first:
                first = frames.data[: frames.edges[1]]
                file.write(bytes(len(first)))
            digest.update(frames.data)
            count += len(frames.edges) - 1
            stream_bytes += file.write(frames.data)
        info = mp3_info_frame(first, frames=count, stream_bytes=stream_bytes, samples=tags.samples)
        file.seek(info_at)
        file.write(info)
    return digest.hexdigest()


def _mp3_packets(start: bytes, samples: int) -> int:
    return mp3_form(start).packets(samples)


def _frames(
    chapters: Chapters, tags: Tags, size: FrameSize, packets: Callable[[bytes, int], int]
) -> Iterator[Frames]:
    """The packets that make the recording: each chapter's own, and all of the last one's."""
    for number, (path, mark) in enumerate(zip(chapters, tags.marks, strict=True), start=1):
        with path.open("rb") as file:
            start = _beginning(file)
            last = number == len(tags.marks)
            most = None if last else packets(start, mark.end_samples - mark.start_samples)
            found = cut_frames(_blocks(file), size, frames=most)
            yield from (frames for frames in found if frames.data)


def _beginning(file: BinaryIO) -> bytes:
    """The first header."""
    start = file.read(4)
    if len(start) < 4:  # noqa: PLR2004 - an MP3 header
        raise ToolFailed("a rendered chapter is empty", remedy="render it again")
    file.seek(0)
    return start


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(BLOCK_BYTES):
        yield block


def join_opus(chapters: Chapters, tags: Tags, path: Path) -> str:
    """One Ogg Opus stream; the packets' digest."""
    packet = b"OpusTags" + vorbis.comments(tags, with_picture=True)
    digest = packets_digest()
    lengths = [mark.end_samples - mark.start_samples for mark in tags.marks]
    streams = map(_pages, chapters)
    with path.open("wb") as target:
        target.writelines(ogg.join_opus(streams, lengths, tags=packet, heard=digest.update))
    return digest.hexdigest()


def _pages(path: Path) -> Iterator[ogg.Page]:
    with path.open("rb") as file:
        yield from ogg.read_pages(file)
