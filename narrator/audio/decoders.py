"""What an encoded chapter holds, once decoded: the check of what the encoders made."""

from collections.abc import Iterator
from pathlib import Path

import soundfile

from narrator.audio import flac
from narrator.audio.encoder import BLOCK_BYTES, Ffmpeg
from narrator.audio.encoders import Form
from narrator.audio.pcm import Samples
from narrator.domain.errors import ToolFailed
from narrator.domain.voices import BYTES_PER_SAMPLE, SAMPLE_RATE


def decoded(path: Path, form: Form, ffmpeg: Ffmpeg) -> Iterator[Samples]:
    """An encoded chapter's samples (mono, 24 kHz) in blocks, the encoder's delay left out.

    Raises ToolFailed for what cannot be decoded.
    """
    return _without(form.delay_samples, _blocks(path, form, ffmpeg))


def _blocks(path: Path, form: Form, ffmpeg: Ffmpeg) -> Iterator[Samples]:
    if not form.encoding:
        return flac.read_blocks([path])
    if form.name.endswith(".mp3") and str(SAMPLE_RATE) in form.encoding and _reads_mp3():
        return _mp3_blocks(path)
    return ffmpeg.decoded_samples(path, "aac,mp3,ogg")


def _reads_mp3() -> bool:
    """Whether libsndfile was built with mpg123: it has it in its wheels, from 1.1 on."""
    return "MP3" in soundfile.available_formats()


class _Straight(soundfile.SoundFile):  # type: ignore[misc]  # it comes without types
    """A file that is read on and on: `read` else seeks, after which an MP3 decoder errs."""

    def seekable(self) -> bool:
        """Say that it is not."""
        return False


def _mp3_blocks(path: Path) -> Iterator[Samples]:
    """MP3 of our own making; a third of what it takes ffmpeg, and the same samples to a step."""
    try:
        with _Straight(path) as file:
            if file.samplerate != SAMPLE_RATE or file.channels != 1:
                raise _unreadable()
            while len(block := file.read(BLOCK_BYTES // BYTES_PER_SAMPLE, dtype="int16")):
                yield block
    except soundfile.SoundFileError as error:
        raise _unreadable() from error


def _unreadable() -> ToolFailed:
    return ToolFailed("an encoded chapter is not what was asked for", remedy="render it again")


def _without(delay: int, blocks: Iterator[Samples]) -> Iterator[Samples]:
    """All but the first samples."""
    for block in blocks:
        yield block[delay:]
        delay = max(0, delay - len(block))
