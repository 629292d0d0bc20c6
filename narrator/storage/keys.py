"""What an object's key may look like, the same for every store."""

import re

from narrator.domain.ids import ObjectKey

_KEY = re.compile(r"[a-z0-9._-]+(/[a-z0-9._-]+)*")
_LONGEST_BYTES = 1_024  # S3's limit
_LONGEST_PART_BYTES = 200  # file systems take 255


def checked(key: ObjectKey) -> ObjectKey:
    """The key itself; raises ValueError for one that could leave its folder or fit no store."""
    parts = key.split("/")
    plain = _KEY.fullmatch(key) and not any(part.startswith(".") for part in parts)
    if not plain or len(key) > _LONGEST_BYTES or max(map(len, parts)) > _LONGEST_PART_BYTES:
        raise ValueError(
            f"{key[:80]!r} is no object key: parts of a-z, 0-9, '.', '_' and '-' joined by '/',"
            " none beginning with a dot"
        )
    return key
