"""The cover: a JPEG or PNG picture, taken out of an SVG drawing if it is wrapped in one."""

import base64
import binascii
import re

from narrator.domain.documents import Cover
from narrator.domain.errors import DocumentRefused
from narrator.ingest.archive import Archive, resolved
from narrator.ingest.decoding import decode
from narrator.ingest.package import Item
from narrator.ingest.xhtml import Element, local_name, parse_xml

_MAGIC = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
_XLINK = "{http://www.w3.org/1999/xlink}href"
_DATA = re.compile(r"\s*data:[^,]{0,100};base64,(.*)", re.DOTALL | re.IGNORECASE)


def read_cover(archive: Archive, item: Item | None) -> Cover | None:
    """The cover that an EPUB names; none if there is none that can be shown.

    A cover that cannot be read is no reason to refuse a book.
    """
    if item is None:
        return None
    try:
        data = archive.read(item.path)
        return _raster(data) or _from_drawing(archive, item.path, data)
    except DocumentRefused:
        return None


def _raster(data: bytes) -> Cover | None:
    """The picture, by what its bytes are, whatever it is called."""
    for magic, media_type in _MAGIC.items():
        if data.startswith(magic):
            return Cover(media_type=media_type, data=data)
    return None


def _from_drawing(archive: Archive, path: str, data: bytes) -> Cover | None:
    """The largest picture in an SVG drawing (or in a page that shows one)."""
    root = parse_xml(decode(data, path), path)
    pictures = (_picture(archive, path, each) for each in root.iter())
    return max(
        (picture for picture in pictures if picture),
        key=lambda picture: len(picture.data),
        default=None,
    )


def _picture(archive: Archive, path: str, element: Element) -> Cover | None:
    if local_name(element) not in {"image", "img"}:
        return None
    href = element.get(_XLINK) or element.get("href") or element.get("src") or ""
    embedded = _DATA.match(href)
    if embedded:
        return _raster(_unpacked(embedded[1]))
    place = resolved(path, href)
    return _raster(archive.read(place)) if place in archive else None


def _unpacked(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()))
    except binascii.Error:
        return b""
