"""ID3v2.3 tags (id3.org: ID3v2.3.0, Chapter Frame Addendum), for MP3 and WAV.

2.3 rather than 2.4, because every player reads it; hence texts in UTF-16.
"""

from collections.abc import Sequence

from narrator.audio.pictures import Picture
from narrator.audio.tags import Mark, Tags

_UTF_16 = b"\x01"
_FRONT_COVER = b"\x03"
_NO_OFFSET = b"\xff" * 4
_MOST_CHILDREN = 255  # a table of contents counts its entries in a byte
_ORDERED, _TOP_LEVEL = 1, 2


def tag(tags: Tags) -> bytes:
    """A whole ID3v2.3 tag."""
    frames = [_text(name, text) for name, text in _texts(tags) if text]
    own = [("SERIES", tags.series), ("SERIES-PART", tags.series_part)]
    frames += [_own_text(name, text) for name, text in own if text]
    if tags.description:
        frames.append(_comment(tags.description))
    frames += _contents(tags.marks)
    if tags.picture:
        frames.append(_picture(tags.picture))
    body = b"".join(frames)
    return b"ID3\x03\x00\x00" + _seven_bits(len(body)) + body


def _texts(tags: Tags) -> list[tuple[str, str]]:
    return [
        ("TIT2", tags.title),
        ("TALB", tags.album),
        ("TRCK", tags.track),
        ("TIT1", tags.grouping),
        ("TPE1", tags.authors),
        ("TPE2", tags.authors),
        ("TCOM", tags.narrator),
        ("TCON", "Audiobook"),
        ("TYER", tags.year),
        ("TLAN", tags.language_code),
        ("TPUB", tags.publisher),
    ]


def _seven_bits(size: int) -> bytes:
    """A tag's size, seven bits a byte, so that no decoder takes it for the start of a frame."""
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


def _frame(name: str, body: bytes) -> bytes:
    return name.encode() + len(body).to_bytes(4, "big") + bytes(2) + body


def _utf_16(text: str) -> bytes:
    return b"\xff\xfe" + text.encode("utf-16-le")


def _text(name: str, text: str) -> bytes:
    return _frame(name, _UTF_16 + _utf_16(text))


def _own_text(name: str, text: str) -> bytes:
    return _frame("TXXX", _UTF_16 + _utf_16(name) + bytes(2) + _utf_16(text))


def _comment(text: str) -> bytes:
    return _frame("COMM", _UTF_16 + b"und" + _utf_16("") + bytes(2) + _utf_16(text))


def _picture(picture: Picture) -> bytes:
    kind = picture.media_type.encode() + b"\0"
    return _frame("APIC", b"\0" + kind + _FRONT_COVER + b"\0" + picture.data)


def _contents(marks: Sequence[Mark]) -> list[bytes]:
    """A table of contents and its chapters; beyond 255 of them a table of tables."""
    names = [f"ch{number}" for number in range(len(marks))]
    groups = [names[at : at + _MOST_CHILDREN] for at in range(0, len(names), _MOST_CHILDREN)]
    if not groups:
        return []
    chapters = [_chapter(name, mark) for name, mark in zip(names, marks, strict=True)]
    if len(groups) == 1:
        return [_table("toc", _TOP_LEVEL | _ORDERED, names), *chapters]
    tables = [_table(f"toc{number}", _ORDERED, group) for number, group in enumerate(groups)]
    parts = [f"toc{number}" for number in range(len(groups))]
    return [_table("toc", _TOP_LEVEL | _ORDERED, parts), *tables, *chapters]


def _table(name: str, flags: int, children: Sequence[str]) -> bytes:
    entries = b"".join(child.encode() + b"\0" for child in children)
    return _frame("CTOC", name.encode() + b"\0" + bytes([flags, len(children)]) + entries)


def _chapter(name: str, mark: Mark) -> bytes:
    times = mark.start_ms.to_bytes(4, "big") + mark.end_ms.to_bytes(4, "big")
    title = _text("TIT2", mark.title)
    return _frame("CHAP", name.encode() + b"\0" + times + _NO_OFFSET * 2 + title)
