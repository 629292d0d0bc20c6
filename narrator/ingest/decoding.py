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
# Encodings that mean another one (WHATWG Encoding Standard, section 4.2), by Python's names.
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874"}
_ENCODING = re.compile(
    r"utf-(8|8-sig|16|16-le|16-be|32|32-le|32-be)|cp\d+|iso8859-\d+|koi8-[ru]|mac-(roman|cyrillic)"
    r"|gb2312|gbk|gb18030|big5|big5hkscs|euc_jp|iso2022_jp|shift_jis|euc_kr"
)
"""What documents are written in, by Python's names: the Encoding Standard's, and code pages. Not
all that Python knows: to decode punycode takes the square of its length."""


def encoding_of(label: str) -> str | None:
    """Python's name of the encoding that a label of others means; None for none of a document's."""
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):  # a NUL in it is a ValueError
        return None
    name = _MEANT.get(name, name)
    return name if _ENCODING.fullmatch(name) else None


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


def _decoded(data: bytes, label: str) -> str | None:
    encoding = encoding_of(label)
    try:
        return data.decode(encoding) if encoding else None
    except UnicodeError:
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
