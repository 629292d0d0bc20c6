"""Links from one file of a book to another."""

import posixpath
from urllib.parse import quote


def relative(path: str, since: str) -> str:
    """A link to the file at `path`, as the file at `since` has to write it."""
    return quote(posixpath.relpath(path, posixpath.dirname(since) or "."))
