"""Bytes → characters: a byte order mark first, then what is declared, then UTF-8, a guess last."""

import codecs
import importlib
import re

from narrator.domain.errors import DocumentRefused

_MARKS = (  # the longer first: UTF-32's little-endian mark begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNMARKED = ((b"<\0?\0", "utf-16-le"), (b"\0<\0?", "utf-16-be"))
"""How XML begins that is in UTF-16 and has no mark, as it should (XML 1.0, appendix F.1)."""

_DECLARED = (
    re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})"),
    re.compile(rb"<meta[^>]{0,400}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE),
)
_HEAD_BYTES = 4096
_COMMONEST = "cp1252"
# Labels that mean another encoding than they say (WHATWG Encoding Standard, section 4.2).
_MEANT = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252"}


def decode(data: bytes, name: str) -> str:
    """The characters of a text file, with what marks its encoding taken off.

    Raises DocumentRefused for what is no text in any encoding; `name` is named in it.
    """
    for mark, encoding in (*_MARKS, *_UNMARKED):
        if data.startswith(mark):
            return _decoded(data, encoding) or data.decode(encoding, "replace")
    for encoding in (_declared(data), "utf-8"):
        text = _decoded(data, encoding)
        if text is not None:
            return text
    return _guessed(data, name)


def _declared(data: bytes) -> str:
    for pattern in _DECLARED:
        match = pattern.search(data, 0, _HEAD_BYTES)
        if match:
            label = match[1].decode("ascii").lower()
            # A declaration that can be read byte by byte is in no two-byte encoding.
            return "utf-8" if label.startswith(("utf-16", "utf-32", "ucs")) else label
    return "utf-8"


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(_MEANT.get(encoding, encoding))
    except (UnicodeError, LookupError):
        return None


def _guessed(data: bytes, name: str) -> str:
    # A third of the start-up time of a reader, and needed by few documents: loaded when it is.
    found = list(importlib.import_module("charset_normalizer").from_bytes(data))
    if b"\0" in data or not found:
        raise DocumentRefused(
            f"{name} is not text in any encoding that can be told",
            remedy="save it as UTF-8, or hand in an EPUB, a .txt, .md or .html file",
        )
    # Of likely encodings the commonest; a short text fits its neighbours no worse.
    if any(_COMMONEST in match.could_be_from_charset for match in found):
        return data.decode(_COMMONEST, "replace")
    return str(found[0])
