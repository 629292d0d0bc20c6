"""Makes recordings of rendered chapters, proves them, and listens to finished ones."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from narrator.audio import flac, id3, riff
from narrator.audio.encoder import Ffmpeg
from narrator.audio.joining import (
    join_m4b,
    join_mp3,
    join_opus,
    m4b_packets,
    packets_digest,
)
from narrator.audio.pcm import Samples, envelopes
from narrator.audio.pictures import picture_of
from narrator.audio.tags import Tags, tags_of
from narrator.domain.artifacts import AudioFormat
from narrator.domain.errors import ToolFailed
from narrator.services.ports import Heard, Label


class Press:
    """The half of the port `Studio` that comes after rendering. Keeps no state between calls."""

    def __init__(self, ffmpeg: Ffmpeg) -> None:
        self._ffmpeg = ffmpeg

    @property
    def writer(self) -> str:
        """What encodes FLAC: WAV has nothing to encode."""
        return flac.WRITER

    def publish(
        self, chapters: Iterable[Path], *, format: AudioFormat, label: Label, path: Path
    ) -> None:
        """Join chapters rendered for this format into one file.

        The file is read again by who did not write it, and must hold the very packets of the
        chapters. Raises ToolFailed.
        """
        tags = tags_of(label, picture_of(label.cover))
        if format.is_lossless:
            with path.open("wb") as file:
                file.writelines(self._streamed(chapters, format, tags))
            return
        joined = self._join(chapters, format, tags, path)
        if self._found(format, path) != joined:
            raise _unlike()

    def _found(self, kind: AudioFormat, path: Path) -> str:
        """The packets' digest, by who has not written the file."""
        return m4b_packets(path) if kind is AudioFormat.M4B else self._ffmpeg.packets_md5(path)

    def _join(self, chapters: Iterable[Path], kind: AudioFormat, tags: Tags, path: Path) -> str:
        match kind:
            case AudioFormat.M4B:
                return join_m4b(chapters, tags, path, self._ffmpeg)
            case AudioFormat.MP3:
                return join_mp3(chapters, tags, path)
            case _:
                return join_opus(chapters, tags, path)

    def stream(
        self, chapters: Iterable[Path], *, format: AudioFormat, label: Label
    ) -> Iterator[bytes]:
        """A FLAC or WAV file of rendered chapters, in blocks, as it comes into being.

        Another program decodes it meanwhile, and must find the very samples of the chapters. Raises
        ToolFailed, after the last block if need be.
        """
        return self._streamed(chapters, format, tags_of(label, picture_of(label.cover)))

    def _streamed(self, chapters: Iterable[Path], kind: AudioFormat, tags: Tags) -> Iterator[bytes]:
        digest = packets_digest()

        def noted() -> Iterator[Samples]:
            for block in flac.read_blocks(chapters):
                digest.update(block.astype("<i2", copy=False).tobytes())
                yield block

        with self._ffmpeg.decoding(kind) as witness:
            for block in _file(noted(), kind, tags):
                witness.write(block)
                yield block
        if witness.md5 != digest.hexdigest():
            raise _unlike()

    def decode(self, path: Path) -> Iterator[bytes]:
        """A finished recording's samples (s16le mono 24 kHz) in blocks; raises ToolFailed."""
        return self._ffmpeg.decoded(path)

    def listen(self, path: Path, stretches: Sequence[tuple[int, int]]) -> Heard:
        """The length of a recording and the envelope of each stretch of it, decoding it once."""
        samples, found = envelopes(self._ffmpeg.decoded_samples(path), stretches)
        return Heard(samples=samples, envelopes=found)


def _file(blocks: Iterable[Samples], kind: AudioFormat, tags: Tags) -> Iterator[bytes]:
    if kind is AudioFormat.FLAC:
        yield from flac.stream(blocks, samples=tags.samples, tags=tags)
        return
    yield riff.head(samples=tags.samples, id3=id3.tag(tags))
    for block in blocks:
        yield block.astype("<i2", copy=False).tobytes()


def _unlike() -> ToolFailed:
    reason = "a recording does not hold what its chapters do"
    return ToolFailed(reason, remedy="the step is repeated; if it happens again, report it")
