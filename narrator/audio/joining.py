"""Rendered chapters joined into one recording, format by format, and marked.

M4B, MP3 and Opus are joined packet by packet, without decoding and without drift; FLAC and WAV are
written anew in one streaming pass. Nothing is ever held but a block, whatever the length.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from narrator.audio import flac, id3, ogg, riff, vorbis
from narrator.audio.encoder import BIT_EXACT, BLOCK_BYTES, Ffmpeg
from narrator.audio.frames import (
    AAC_DELAY,
    AAC_PACKET,
    MP3_PACKET,
    FrameSize,
    adts_size,
    cut,
    mp3_info_frame,
    mp3_size,
)
from narrator.audio.tags import Tags, ffmetadata
from narrator.domain.errors import ToolFailed
from narrator.domain.voices import SAMPLE_RATE
from narrator.services.ports import ChapterFile

Chapters = Sequence[ChapterFile]


def join_m4b(chapters: Chapters, tags: Tags, path: Path, ffmpeg: Ffmpeg) -> None:
    """AAC in MP4 with the brand of audiobooks, its head before its data.

    Setting the stream's time back by the encoder's delay makes ffmpeg write an edit list that
    leaves the delay out: the recording begins on its first sample and is as long as its timeline.
    """
    with TemporaryDirectory(dir=path.parent, prefix="m4b-") as folder:
        notes = Path(folder, "tags.txt")
        notes.write_text(ffmetadata(tags), encoding="utf-8")
        arguments = ["-itsoffset", f"-{AAC_DELAY / SAMPLE_RATE:.9f}", "-f", "aac", "-i", "pipe:0"]
        arguments += ["-f", "ffmetadata", "-i", f"file:{notes}", *_cover(tags, Path(folder))]
        arguments += ["-c", "copy", *BIT_EXACT, "-map_metadata", "1", "-map_chapters", "1"]
        arguments += ["-metadata:s:a:0", f"language={tags.language_code}"]
        arguments += ["-f", "mp4", "-brand", "M4B ", "-movflags", "+faststart", f"file:{path}"]
        with ffmpeg.fed(arguments) as write:
            for piece in _frames(chapters, AAC_PACKET, adts_size):
                write(piece)


def _cover(tags: Tags, folder: Path) -> list[str]:
    """The inputs and the mapping for the sound and, where there is one, the picture."""
    if tags.picture is None:
        return ["-map", "0:a"]
    file = folder / "cover"
    file.write_bytes(tags.picture.data)
    reader = "png_pipe" if tags.picture.media_type == "image/png" else "jpeg_pipe"
    picture = ["-f", reader, "-i", f"file:{file}", "-map", "0:a", "-map", "2:v"]
    return [*picture, "-disposition:v:0", "attached_pic"]


def join_mp3(chapters: Chapters, tags: Tags, path: Path) -> None:
    """MP3 frames behind an ID3 tag and an Info frame that declares delay and padding."""
    samples = sum(chapter.samples for chapter in chapters)
    with path.open("wb") as file:
        file.write(id3.tag(tags))
        info_at = file.tell()
        first = _first_frame(chapters[0].path)
        file.write(bytes(len(first)))
        frames = stream_bytes = 0
        for piece in _frames(chapters, MP3_PACKET, mp3_size):
            frames += _count(piece)
            stream_bytes += file.write(piece)
        file.seek(info_at)
        file.write(mp3_info_frame(first, frames=frames, stream_bytes=stream_bytes, samples=samples))


def _first_frame(path: Path) -> bytes:
    with path.open("rb") as file:
        start = file.read(4)
        if len(start) < 4:  # noqa: PLR2004 - an MP3 header
            raise ToolFailed("a rendered chapter is empty", remedy="render it again")
        return start + file.read(mp3_size(start, 0) - 4)


def _count(frames: bytes) -> int:
    """How many MP3 frames there are in whole ones."""
    at = count = 0
    while at < len(frames):
        at += mp3_size(frames, at)
        count += 1
    return count


def _frames(chapters: Chapters, packet_samples: int, size: FrameSize) -> Iterator[bytes]:
    """The packets that make the recording: each chapter's own, and all of the last one's."""
    *others, last = chapters
    for chapter in others:
        yield from cut(_blocks(chapter.path), size, frames=chapter.samples // packet_samples)
    yield from cut(_blocks(last.path), size)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block


def join_opus(chapters: Chapters, tags: Tags, path: Path) -> None:
    """One Ogg Opus stream."""
    packet = b"OpusTags" + vorbis.comments(tags, with_picture=True)
    with ExitStack() as files, path.open("wb") as target:
        opened = [files.enter_context(chapter.path.open("rb")) for chapter in chapters]
        streams = [
            (ogg.read_pages(file), chapter.samples)
            for file, chapter in zip(opened, chapters, strict=True)
        ]
        target.writelines(ogg.join_opus(streams, tags=packet))


def join_flac(chapters: Chapters, tags: Tags, path: Path) -> None:
    """One FLAC file, encoded anew from the chapters' samples."""
    flac.write_tagged(flac.read_blocks(chapter.path for chapter in chapters), tags, path)


def join_wav(chapters: Chapters, tags: Tags, path: Path) -> None:
    """One WAV file (RF64 beyond 4 GiB) of the chapters' samples."""
    samples = sum(chapter.samples for chapter in chapters)
    with path.open("wb") as file:
        file.write(riff.head(tags, samples=samples, id3=id3.tag(tags)))
        for block in flac.read_blocks(chapter.path for chapter in chapters):
            file.write(block.astype("<i2", copy=False).tobytes())
