"""A studio that renders a chapter once, however often the same takes come: for books of days."""

import os
import pickle
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from narrator.audio.studio import FfmpegStudio
from narrator.domain.plan import Boundary
from narrator.services.ports import Commission, RenderedChapter, TakeAudio


class RememberingStudio(FfmpegStudio):
    """The usual studio; what it rendered is kept in a folder, which processes may share.

    Everything else is done each time: takes fetched and judged, files stored, books made of them.
    """

    def __init__(self, kept: Path) -> None:
        super().__init__()
        self._kept = kept
        kept.mkdir(exist_ok=True)

    def render(self, takes: Iterable[TakeAudio], commission: Commission) -> RenderedChapter:
        """Render them, or give what was made of them before."""
        spool = commission.folder / "takes"
        sizes = _spooled(takes, spool)
        note = self._kept / _name(spool, sizes, commission.formats, commission.production)
        if not note.exists():
            self._keep(note, super().render(_read(spool, sizes), commission))
        spool.unlink()
        return _linked(note, commission.folder)

    def _keep(self, note: Path, made: RenderedChapter) -> None:
        room = note.with_name(f"{note.name}-{os.getpid()}")
        room.mkdir()
        for path in {file.path for file in made.files}:
            path.rename(room / path.name)
        files = tuple(replace(file, path=room / file.path.name) for file in made.files)
        _write(note, replace(made, files=files))


def _spooled(takes: Iterable[TakeAudio], path: Path) -> list[tuple[int, Boundary]]:
    with path.open("wb") as file:
        return [(file.write(take.pcm), take.boundary) for take in takes]


def _read(path: Path, sizes: Sequence[tuple[int, Boundary]]) -> Iterator[TakeAudio]:
    with path.open("rb") as file:
        for size, boundary in sizes:
            yield TakeAudio(pcm=file.read(size), boundary=boundary)


def _name(spool: Path, *settings: object) -> str:
    digest = sha256(repr(settings).encode())
    with spool.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _linked(note: Path, folder: Path) -> RenderedChapter:
    made: RenderedChapter = pickle.loads(note.read_bytes())  # noqa: S301 — of our own making
    for path in {file.path for file in made.files}:
        os.link(path, folder / path.name)
    return replace(
        made, files=tuple(replace(file, path=folder / file.path.name) for file in made.files)
    )


def _write(path: Path, value: Any) -> None:  # noqa: ANN401 — whatever is kept
    part = path.with_name(f"{path.name}.{os.getpid()}")
    part.write_bytes(pickle.dumps(value))
    part.replace(path)
