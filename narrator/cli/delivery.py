"""Where a job's artifacts go: beside one another, all of them named after the audiobook."""

from collections.abc import Collection, Iterator
from pathlib import Path

from narrator.cli.request import Request
from narrator.domain.artifacts import MANIFEST_NAME
from narrator.domain.companions import SUFFIXES
from narrator.domain.errors import ToolFailed
from narrator.domain.manifest import Recording
from narrator.domain.manifest_json import from_json
from narrator.domain.production import Companion
from narrator.domain.recordings import file_stem


def place_of(name: str, request: Request, *, title: str) -> Path:
    """Where the artifact of that name goes; `title` is the document's.

    The job named its files after the title, the user named one of them: what follows the title in
    a name (a part's number, an extension) follows the user's name instead.
    """
    if name == MANIFEST_NAME:
        return request.manifest
    return named_after(request.out, name, title=title, extension=request.options.format)


def superseded(request: Request, places: Collection[Path], *, title: str) -> list[Path]:
    """Files of an earlier delivery of the same book that the new one, to `places`, leaves.

    They are the recordings of the manifest that still lies there, of another split or other
    formats, and what went along with them: soon no manifest tells of them. They are nobody's to
    remove but the user's.
    """
    try:
        earlier = from_json(request.manifest.read_bytes())
    except (OSError, ToolFailed):
        return []
    names = [name for each in earlier.files for name in (each.name, *_along(each))]
    names += [file_stem(title) + SUFFIXES[Companion.EPUB]]  # one, however many the recordings are
    named = (place_of(name, request, title=title) for name in dict.fromkeys(names))
    return [path for path in named if path not in places and path.is_file()]


def _along(recording: Recording) -> Iterator[str]:
    """What the files are called that may go along with a recording."""
    stem = recording.name.removesuffix(f".{recording.format}")
    return (stem + suffix for suffix in SUFFIXES.values())


def named_after(out: Path, name: str, *, title: str, extension: str) -> Path:
    """The place of one of the recording's files: `out` for what ends in `extension` alone."""
    rest = name.removeprefix(file_stem(title))
    return out if rest == f".{extension}" else out.with_name(out.stem + rest)
