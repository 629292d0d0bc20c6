"""Makes recordings of rendered chapters, and listens to finished ones."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from narrator.audio import joining
from narrator.audio.encoder import Ffmpeg
from narrator.audio.pcm import envelopes
from narrator.audio.pictures import picture_of
from narrator.audio.tags import Mark, Tags, clean, tags_of
from narrator.domain.artifacts import AudioFormat
from narrator.domain.documents import Cover, Metadata
from narrator.domain.timeline import chapter_starts
from narrator.services.ports import ChapterFile, Heard


class Press:
    """The half of the port `Studio` that comes after rendering. Keeps no state between calls."""

    def __init__(self, ffmpeg: Ffmpeg) -> None:
        self._ffmpeg = ffmpeg

    def publish(
        self,
        chapters: Sequence[ChapterFile],
        *,
        format: AudioFormat,
        metadata: Metadata,
        narrator: str,
        cover: Cover | None,
        path: Path,
    ) -> None:
        """Join chapters rendered for this format into one file; raises ToolFailed."""
        tags = tags_of(
            metadata, narrator=narrator, marks=_marks(chapters), picture=picture_of(cover)
        )
        self._join(format, chapters, tags, path)

    def _join(
        self, kind: AudioFormat, chapters: Sequence[ChapterFile], tags: Tags, path: Path
    ) -> None:
        match kind:
            case AudioFormat.M4B:
                joining.join_m4b(chapters, tags, path, self._ffmpeg)
            case AudioFormat.MP3:
                joining.join_mp3(chapters, tags, path)
            case AudioFormat.OPUS:
                joining.join_opus(chapters, tags, path)
            case AudioFormat.FLAC:
                joining.join_flac(chapters, tags, path)
            case AudioFormat.WAV:
                joining.join_wav(chapters, tags, path)

    def decode(self, path: Path) -> Iterator[bytes]:
        """A finished recording's samples (s16le mono 24 kHz) in blocks; raises ToolFailed."""
        return self._ffmpeg.decoded(path)

    def listen(self, path: Path, stretches: Sequence[tuple[int, int]]) -> Heard:
        """The length of a recording and the envelope of each stretch of it, decoding it once."""
        samples, found = envelopes(self._ffmpeg.decoded_samples(path), stretches)
        return Heard(samples=samples, envelopes=found)


def _marks(chapters: Sequence[ChapterFile]) -> list[Mark]:
    starts = chapter_starts(chapter.samples for chapter in chapters)
    return [
        Mark(start_samples=start, end_samples=start + chapter.samples, title=clean(chapter.title))
        for start, chapter in zip(starts, chapters, strict=True)
    ]
