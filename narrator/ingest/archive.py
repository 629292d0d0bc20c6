"""The zip archive that an EPUB is: every read bounded, whatever the archive says of itself."""

import io
import posixpath
import unicodedata
import zipfile
import zlib
from urllib.parse import unquote, urlsplit

from narrator.domain.errors import DocumentRefused
from narrator.ingest.limits import MEBIBYTE, MOST_ENTRIES, MOST_MEMBER_BYTES, MOST_TEXT_BYTES

_SHOWN_CHARS = 200  # of a path: a document may write a book there
_ENCRYPTED = 0x1  # bit 0 of an entry's general purpose flags (APPNOTE 4.4.4)
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,  # a compression method that zipfile does not know
    RuntimeError,  # an encrypted entry
    OSError,
    ValueError,
)


class Archive:
    """Files by path within a zip archive held in memory.

    Raises DocumentRefused for an archive that is broken, encrypted or unreasonably large.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self._name = name
        self._read_bytes = 0
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _BROKEN as error:
            raise self._broken() from error
        entries = self._zip.infolist()
        if len(entries) > MOST_ENTRIES:
            raise self._too_large(f"more than {MOST_ENTRIES} files")
        if any(entry.flag_bits & _ENCRYPTED for entry in entries):
            raise DocumentRefused(
                f"{name} is encrypted with a password", remedy="hand in a copy without one"
            )
        self._entries = {entry.filename: entry for entry in entries}
        self._folded = {_folded(path): path for path in self._entries}

    def __contains__(self, path: str) -> bool:
        return self._find(path) is not None

    def read(self, path: str) -> bytes:
        """The bytes of a file; DocumentRefused if it is absent, broken or too large."""
        entry = self._find(path)
        if entry is None:
            raise DocumentRefused(
                f"{self._name} names a file {path[:_SHOWN_CHARS]} that it does not hold",
                remedy="the EPUB is incomplete: download or convert it anew",
            )
        try:
            with self._zip.open(entry) as stream:
                data = stream.read(MOST_MEMBER_BYTES + 1)
        except _BROKEN as error:
            raise self._broken() from error
        self._read_bytes += len(data)
        if len(data) > MOST_MEMBER_BYTES:
            raise self._too_large(
                f"a file {path[:_SHOWN_CHARS]} above {MOST_MEMBER_BYTES // MEBIBYTE} MB"
            )
        if self._read_bytes > MOST_TEXT_BYTES:
            raise self._too_large(f"more than {MOST_TEXT_BYTES // MEBIBYTE} MB of text")
        return data

    def stored_as(self, path: str) -> str:
        """The path as the archive itself writes it; the same for a file that it does not hold."""
        entry = self._find(path)
        return entry.filename if entry else path

    def _find(self, path: str) -> zipfile.ZipInfo | None:
        found = self._entries.get(path)
        return found or self._entries.get(self._folded.get(_folded(path), ""))

    def _broken(self) -> DocumentRefused:
        return DocumentRefused(
            f"{self._name} is a broken zip archive", remedy="download or convert it anew"
        )

    def _too_large(self, what: str) -> DocumentRefused:
        return DocumentRefused(
            f"{self._name} holds {what}", remedy="split the document, or convert it anew"
        )


def _folded(path: str) -> str:
    """A path as those write it who heed neither case, nor composed characters, nor slashes."""
    return unicodedata.normalize("NFC", path).casefold().replace("\\", "/")


def resolved(base: str, href: str) -> str:
    """The place (`path` or `path#id`) that a link in file `base` leads to; empty if outside."""
    try:
        parts = urlsplit(href.strip())
    except ValueError:
        return ""
    if parts.scheme or parts.netloc:
        return ""
    # Whatever climbs above the root stays at it (EPUB 3.3, 4.2.5: the root's URL is its parent's).
    joined = posixpath.join("/", posixpath.dirname(base), unquote(parts.path))
    path = posixpath.normpath(joined).lstrip("/") if parts.path else base
    return f"{path}#{unquote(parts.fragment)}" if parts.fragment else path
