"""Reading from pipes."""

from typing import IO

BIND = "bind"
"""In the place of choices: what is asked for is a read-along EPUB, not a document."""


def bounded(stream: IO[bytes], most: int) -> bytes:
    """What the stream holds, but no more than one byte above `most` bytes.

    (One `read(most + 1)` would take that much memory at once, however little there is to read.)
    """
    parts: list[bytes] = []
    left = most + 1
    while left and (part := stream.read(min(left, 1 << 20))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
