"""Where a job's artifacts go: beside one another, all of them named after the audiobook."""

from pathlib import Path

from narrator.cli.request import Request
from narrator.domain.artifacts import MANIFEST_NAME
from narrator.domain.recordings import file_stem


def place_of(name: str, request: Request, *, title: str) -> Path:
    """Where the artifact of that name goes; `title` is the document's.

    The job named its files after the title, the user named one of them: what follows the title in
    a name (a part's number, an extension) follows the user's name instead.
    """
    if name == MANIFEST_NAME:
        return request.manifest
    rest = name.removeprefix(file_stem(title))
    if rest == f".{request.options.format}":
        return request.out
    return request.out.with_name(request.out.stem + rest)
