"""The document a command is given: a file, or standard input."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from narrator.domain.errors import OptionRefused

STANDARD_INPUT = "-"
_BLOCK_BYTES = 1 << 20


def document_name(book: str, *, otherwise: str = "narration") -> str:
    """What to call the document: its file's name, or `otherwise` for standard input."""
    return otherwise if book == STANDARD_INPUT else Path(book).name


@contextmanager
def readable(book: str, *, most_bytes: int) -> Iterator[Path]:
    """The document as a file: the one named, or a copy of standard input for `-`.

    Of standard input no more is copied than one byte beyond `most_bytes`, by which the reader tells
    that it is too large.

    Raises OptionRefused where there is no such file.
    """
    if book == STANDARD_INPUT:
        with tempfile.TemporaryDirectory(prefix="narrator-stdin-") as folder:
            yield _copied(Path(folder) / "document", most_bytes + 1)
        return
    path = Path(book)
    if not path.is_file():
        raise OptionRefused(
            f"there is no file {book}",
            remedy="name an EPUB, HTML, Markdown or text file, or - for standard input",
        )
    yield path


def _copied(path: Path, left_bytes: int) -> Path:
    with path.open("wb") as file:
        while block := sys.stdin.buffer.read(min(_BLOCK_BYTES, left_bytes)):
            file.write(block)
            left_bytes -= len(block)
    return path
