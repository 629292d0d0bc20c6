"""What a cover says of itself: its kind and its size, read from its first bytes."""

from dataclasses import dataclass

from narrator.domain.documents import Cover

MOST_PICTURE_BYTES = 8 << 20
"""Larger covers are left out: FLAC stops at 16 MiB a block, and players well before."""

_PNG = b"\x89PNG\r\n\x1a\n"

# JPEG markers that begin a frame, which holds the size (ITU T.81, table B.1); C4, C8 and CC do not.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A JPEG or PNG with its size in pixels."""

    media_type: str
    data: bytes
    width: int
    height: int


def picture_of(cover: Cover | None) -> Picture | None:
    """The cover as a picture; None where there is none, or none that players could show.

    What it is, is told by its bytes. A broken cover costs the cover, never the book.
    """
    if cover is None or len(cover.data) > MOST_PICTURE_BYTES:
        return None
    if cover.data.startswith(_PNG) and cover.data[12:16] == b"IHDR":
        width, height = (int.from_bytes(cover.data[at : at + 4], "big") for at in (16, 20))
        return _picture("image/png", cover.data, width, height)
    if cover.data.startswith(b"\xff\xd8\xff"):
        return _picture("image/jpeg", cover.data, *_jpeg_size(cover.data))
    return None


def _picture(media_type: str, data: bytes, width: int, height: int) -> Picture | None:
    if not (width and height):
        return None
    return Picture(media_type=media_type, data=data, width=width, height=height)


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """Width and height from the frame header; (0, 0) where there is none."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:  # noqa: PLR2004 - a marker's first byte
        marker = data[at + 1]
        if marker in _FRAMES:
            height, width = data[at + 5 : at + 7], data[at + 7 : at + 9]
            return int.from_bytes(width, "big"), int.from_bytes(height, "big")
        if marker == 0xFF or marker in _ALONE:  # noqa: PLR2004 - fill byte
            at += 1 if marker == 0xFF else 2  # noqa: PLR2004
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return 0, 0
