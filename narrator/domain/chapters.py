"""Choosing chapters: `1,3-5` names body chapters 1, 3, 4 and 5."""

import re

from narrator.domain.errors import OptionRefused

_PART = re.compile(r"\s*([0-9]{1,5})\s*(?:[-\u2013]\s*([0-9]{1,5})\s*)?")


def parse_chapters(text: str) -> tuple[int, ...]:
    """The numbers that `text` names, ascending and each once; none for an empty text (all).

    Raises OptionRefused for anything that is not numbers and ranges parted by commas.
    """
    if not text.strip():
        return ()
    return tuple(sorted({number for part in text.split(",") for number in _numbers(part, text)}))


def _numbers(part: str, text: str) -> range:
    match = _PART.fullmatch(part)
    if not match:
        raise _refused(text)
    first, last = int(match[1]), int(match[2] or match[1])
    if not 1 <= first <= last:
        raise _refused(text)
    return range(first, last + 1)


def _refused(text: str) -> OptionRefused:
    return OptionRefused(
        f"chapters {text[:80]!r} are not numbers and ranges counted from 1",
        remedy="write them like 1,3-5; `narrator plan` lists what they count",
    )
