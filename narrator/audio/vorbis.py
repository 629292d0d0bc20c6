"""Vorbis comments, as Opus and FLAC carry them, and FLAC's picture block.

We write them ourselves: ffmpeg's own writer of chapter marks rounds the seconds up when the
fraction reaches a half and then adds the milliseconds again (120.960 s becomes 121.960 s).
"""

import base64

from narrator.audio.pictures import Picture
from narrator.audio.tags import Tags

_VENDOR = b"narrator"
_FRONT_COVER = 3  # ID3v2 APIC picture type, which FLAC shares
_COLOUR_BITS = 24


def comments(tags: Tags, *, with_picture: bool) -> bytes:
    """A comment header (Vorbis I specification, section 5) without a framing bit."""
    pairs = [(name.upper().replace("_", ""), text) for name, text in tags.pairs()]
    if tags.track:
        track, _, count = tags.track.partition("/")
        pairs += [("TRACKNUMBER", track), ("TRACKTOTAL", count)]
    for number, mark in enumerate(tags.marks):
        pairs.append((f"CHAPTER{number:03}", _clock(mark.start_ms)))
        pairs.append((f"CHAPTER{number:03}NAME", mark.title))
    if with_picture and tags.picture:
        block = base64.b64encode(picture_block(tags.picture)).decode()
        pairs.append(("METADATA_BLOCK_PICTURE", block))
    lines = [_counted(f"{name}={text}".encode()) for name, text in pairs]
    return _counted(_VENDOR) + len(lines).to_bytes(4, "little") + b"".join(lines)


def _counted(data: bytes) -> bytes:
    return len(data).to_bytes(4, "little") + data


def _clock(milliseconds: int) -> str:
    """As hh:mm:ss.mmm."""
    seconds, thousandths = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{thousandths:03}"


def picture_block(picture: Picture) -> bytes:
    """A METADATA_BLOCK_PICTURE (RFC 9639, section 8.8): the front cover."""
    parts = [_number(_FRONT_COVER), _measured(picture.media_type.encode()), _measured(b"")]
    parts += map(_number, (picture.width, picture.height, _COLOUR_BITS, 0))
    return b"".join([*parts, _measured(picture.data)])


def _number(value: int) -> bytes:
    return value.to_bytes(4, "big")


def _measured(data: bytes) -> bytes:
    return _number(len(data)) + data
