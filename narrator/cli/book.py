"""The document a command is given: a file, standard input, or a URL."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from narrator.domain.errors import OptionRefused
from narrator.domain.outbound import named_by
from narrator.settings import load

STANDARD_INPUT = "-"
_BLOCK_BYTES = 1 << 20


def document_name(book: str, *, otherwise: str = "narration") -> str:
    """What to call the document: its file's name, or `otherwise` for standard input.

    Raises OptionRefused for a URL that cannot be used.
    """
    if is_url(book):
        return named_by(book)
    return otherwise if book == STANDARD_INPUT else Path(book).name


def is_url(book: str) -> bool:
    """Whether a document is to be fetched."""
    return book.lower().startswith(("http://", "https://"))


@contextmanager
def readable(book: str, *, most_bytes: int) -> Iterator[Path]:
    """The document as a file: the one named, or a copy of standard input for `-`, or of a URL.

    Of standard input no more is copied than one byte beyond `most_bytes`, by which the reader tells
    that it is too large.

    Raises OptionRefused where there is no such file, and what `Fetcher.fetch` raises.
    """
    if is_url(book):
        with tempfile.TemporaryDirectory(prefix="narrator-url-") as folder:
            yield _fetched(book, Path(folder) / "document")
        return
    if book == STANDARD_INPUT:
        with tempfile.TemporaryDirectory(prefix="narrator-stdin-") as folder:
            yield _copied(Path(folder) / "document", most_bytes + 1)
        return
    path = Path(book)
    if not path.is_file():
        raise OptionRefused(
            f"there is no file {book}",
            remedy="name a file, a URL that begins with https://, or - for standard input",
        )
    yield path


def _fetched(url: str, path: Path) -> Path:
    # All adapters come with it, which whoever has a file need not wait for.
    from narrator.bootstrap import fetcher  # noqa: PLC0415

    fetcher(load()).fetch(url, path)
    return path


def _copied(path: Path, left_bytes: int) -> Path:
    with path.open("wb") as file:
        while block := sys.stdin.buffer.read(min(_BLOCK_BYTES, left_bytes)):
            file.write(block)
            left_bytes -= len(block)
    return path
