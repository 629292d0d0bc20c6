"""The studio's twin: same timeline, no encoder. A recording is a word and then its samples.

It neither trims nor fades, and so places every take where its whole length lies.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from narrator.audio.pcm import envelope, envelopes, samples_of
from narrator.domain.artifacts import AudioFormat
from narrator.domain.documents import Cover, Metadata
from narrator.domain.errors import TakeCorrupt, ToolFailed
from narrator.domain.loudness import Measured, gain_db
from narrator.domain.production import Level
from narrator.domain.timeline import Pauses, Placement, Ruler, stretches
from narrator.services.ports import (
    Commission,
    Heard,
    Label,
    RenderedChapter,
    RenderedFile,
    TakeAudio,
)

BLOCK_BYTES = 1 << 16
TAKE = b"take"
CHAPTER = b"chapter "
RECORDING = b"recording "


class FakeStudio:
    """Keeps samples as they are. `published` holds what was written on each recording."""

    def __init__(self, pauses: Pauses | None = None) -> None:
        self.pauses = pauses or Pauses()
        self.published: list[tuple[Metadata, str, Cover | None, tuple[str, ...]]] = []

    @property
    def fingerprint(self) -> str:
        return repr(self.pauses)

    @property
    def writer(self) -> str:
        return "fake"

    def pack(self, pcm: bytes) -> bytes:
        _whole(pcm)
        return TAKE + hashlib.sha256(pcm).digest() + pcm

    def unpack(self, packed: bytes) -> bytes:
        digest, pcm = packed[len(TAKE) : len(TAKE) + 32], packed[len(TAKE) + 32 :]
        if not packed.startswith(TAKE) or hashlib.sha256(pcm).digest() != digest:
            raise TakeCorrupt("a stored take is not a take")
        return pcm

    def render(self, takes: Iterable[TakeAudio], commission: Commission) -> RenderedChapter:
        production, formats = commission.production, commission.formats
        ruler = Ruler.begin(production.paused(self.pauses), quantum=production.quantum(formats[0]))
        placements = []
        kinds = (None,) if production.level is Level.BOOK else tuple(formats)
        path = commission.folder / "chapter"
        with path.open("wb") as file:
            file.write(CHAPTER)
            for take in takes:
                samples = samples_of(_whole(take.pcm))
                file.write(bytes(2 * ruler.silence_samples) + take.pcm)
                placements.append(
                    Placement(
                        start_samples=ruler.start_samples,
                        samples=len(samples),
                        envelope=envelope(samples),
                    )
                )
                ruler = ruler.placed(len(samples), take.boundary)
            file.write(bytes(2 * (ruler.samples - ruler.end_samples)))
        return _rendered(path, kinds, ruler.samples, placements)

    def shared_gain_db(
        self, masters: Iterable[Path], measured: Measured, commission: Commission
    ) -> float:
        assert commission.production.level is Level.BOOK
        assert all(_after(CHAPTER, master) for master in masters)
        assert commission.folder.is_dir()
        return gain_db(commission.production.profile, measured)

    def level(
        self,
        master: Path,
        placements: Sequence[Placement],
        commission: Commission,
        *,
        gain_db: float,
    ) -> RenderedChapter:
        assert commission.production.level is Level.BOOK
        path = commission.folder / "chapter"
        pcm = _after(CHAPTER, master)
        path.write_bytes(CHAPTER + pcm)
        made = _rendered(path, commission.formats, len(pcm) // 2, placements)
        return replace(made, gain_db=gain_db)

    def publish(
        self, chapters: Iterable[Path], *, format: AudioFormat, label: Label, path: Path
    ) -> None:
        with path.open("wb") as file:
            file.writelines(self.stream(chapters, format=format, label=label))

    def stream(
        self, chapters: Iterable[Path], *, format: AudioFormat, label: Label
    ) -> Iterator[bytes]:
        assert format  # one form does for all of them
        yield RECORDING
        for chapter, _ in zip(chapters, label.chapters, strict=True):
            yield _after(CHAPTER, chapter)
        titles = tuple(title for title, _ in label.chapters)
        self.published.append((label.metadata, label.narrator, label.cover, titles))

    def decode(self, path: Path) -> Iterator[bytes]:
        pcm = _after(RECORDING, path)
        for start in range(0, len(pcm), BLOCK_BYTES):
            yield pcm[start : start + BLOCK_BYTES]

    def listen(self, path: Path, stretches: Sequence[tuple[int, int]]) -> Heard:
        samples, found = envelopes(map(samples_of, self.decode(path)), stretches)
        return Heard(samples=samples, envelopes=found)


def _rendered(
    path: Path,
    kinds: Sequence[AudioFormat | None],
    samples: int,
    placements: Sequence[Placement],
) -> RenderedChapter:
    """Every format is kept alike, in a file of its own. Nothing is measured."""
    for kind in kinds:
        path.with_suffix(f".{kind or 'master'}").write_bytes(path.read_bytes())
    measured = Measured(
        samples=samples, squares=0, sample_peak=0.0, true_peak=0.0, floor_rms=0.0, blocks=()
    )
    listened_to = stretches(placements, samples)
    heard, found = envelopes([samples_of(_after(CHAPTER, path))], listened_to)
    return RenderedChapter(
        files=tuple(
            RenderedFile(
                format=kind,
                path=path.with_suffix(f".{kind or 'master'}"),
                media_type="application/octet-stream",
                heard=Heard(samples=heard, envelopes=found, measured=measured),
            )
            for kind in kinds
        ),
        samples=samples,
        placements=tuple(placements),
        measured=measured,
    )


def _whole(pcm: bytes) -> bytes:
    if not pcm or len(pcm) % 2:
        raise TakeCorrupt("a take is not whole samples")
    return pcm


def _after(word: bytes, path: Path) -> bytes:
    data = path.read_bytes()
    if not data.startswith(word):
        raise ToolFailed("this is not what this studio wrote")
    return data.removeprefix(word)
