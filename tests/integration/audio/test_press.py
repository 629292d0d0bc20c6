"""A recording that does not hold the very packets of its chapters is not published."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from narrator.audio.encoder import Ffmpeg, Witness, find_ffmpeg
from narrator.audio.press import Press
from narrator.audio.studio import FfmpegStudio
from narrator.domain.artifacts import AudioFormat
from narrator.domain.documents import Metadata
from narrator.domain.errors import ToolFailed
from narrator.domain.plan import Boundary
from narrator.domain.production import Production, Profile
from narrator.services.ports import Commission, Label, TakeAudio
from tests.unit.audio.sounds import speech_like

pytestmark = pytest.mark.integration

AS_SPOKEN = Production(profile=Profile.OFF)
LOSSLESS = [kind for kind in AudioFormat if kind.is_lossless]


def damaged(data: bytes) -> bytes:
    """With a bit turned over in the middle, where the sound is."""
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


class Careless(Ffmpeg):
    """Writes M4B with a bit that is another, and finds one in whatever it reads."""

    @contextmanager
    def fed(self, arguments: Sequence[str]) -> Iterator[Callable[[bytes], object]]:
        with super().fed(arguments) as write:
            yield write
        path = Path(arguments[-1].removeprefix("file:"))
        path.write_bytes(damaged(path.read_bytes()))

    def packets_md5(self, path: Path) -> str:
        path.write_bytes(damaged(path.read_bytes()))
        return super().packets_md5(path)

    @contextmanager
    def decoding(self, kind: str) -> Iterator[Witness]:
        with super().decoding(kind) as witness:
            yield Misled(witness)


class Misled(Witness):
    """Is shown a bit that is another."""

    def __init__(self, witness: Witness) -> None:
        self._witness = witness

    @property
    def md5(self) -> str:  # type: ignore[override]  # what it finds is known only at the end
        return self._witness.md5

    def write(self, block: bytes) -> None:
        self._witness.write(damaged(block) if len(block) > 1 << 14 else block)


def chapters(folder: Path, kind: AudioFormat) -> tuple[list[Path], Label]:
    """Two chapters, and what is written on their recording."""
    paths, lengths = [], []
    for number in range(2):
        room = folder / str(number)
        room.mkdir()
        take = TakeAudio(pcm=speech_like(number, 2.0), boundary=Boundary.CHAPTER)
        commission = Commission(production=AS_SPOKEN, formats=[kind], folder=room)
        made = FfmpegStudio().render([take], commission)
        paths.append(made.files[0].path)
        lengths.append(made.samples)
    named = tuple(zip("xy", lengths, strict=True))
    label = Label(metadata=Metadata(title="Emma"), narrator="Thalia", cover=None, chapters=named)
    return paths, label


@pytest.mark.parametrize("kind", AudioFormat)
def test_a_recording_of_other_packets_than_its_chapters_is_refused(
    tmp_path: Path, kind: AudioFormat
) -> None:
    paths, label = chapters(tmp_path, kind)
    press = Press(Careless(find_ffmpeg()))
    with pytest.raises(ToolFailed, match="does not hold what its chapters do"):
        press.publish(paths, format=kind, label=label, path=tmp_path / "book")


@pytest.mark.parametrize("kind", LOSSLESS)
def test_a_stream_of_other_samples_than_its_chapters_is_refused_at_its_end(
    tmp_path: Path, kind: AudioFormat
) -> None:
    paths, label = chapters(tmp_path, kind)
    blocks = Press(Careless(find_ffmpeg())).stream(paths, format=kind, label=label)
    assert len(next(blocks)) > 0
    with pytest.raises(ToolFailed, match="does not hold what its chapters do"):
        list(blocks)


@pytest.mark.parametrize("kind", LOSSLESS)
def test_of_a_stream_only_the_head_depends_on_its_label(tmp_path: Path, kind: AudioFormat) -> None:
    """The head comes first: objects are named by it, by the chapters, and by what encodes them."""
    paths, label = chapters(tmp_path, kind)
    press = Press(Ffmpeg(find_ffmpeg()))
    head, *sound = press.stream(paths, format=kind, label=label)
    other, *same = press.stream(paths, format=kind, label=replace(label, narrator="Orion"))
    assert head != other
    assert b"".join(sound) == b"".join(same)
