"""Characters that make no sound and no mark: whitespace, invisible ones, controls."""

import re

INVISIBLE = "\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
"""Soft hyphens, joiners, direction marks, byte order marks (the inside of a character class)."""

SILENT_CONTROL = "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
"""Control characters that are no whitespace (the inside of a character class)."""

BLANK = rf"[\s{INVISIBLE}{SILENT_CONTROL}]"
"""One character that makes no sound and no mark (a pattern)."""

is_blank = re.compile(BLANK).fullmatch
"""Whether a character is one (truthy)."""

_LEADING = re.compile(rf"{BLANK}*")


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """`start` and `end` moved inwards past blanks; equal when there is nothing else."""
    match = _LEADING.match(text, start, end)
    start = match.end() if match else start
    while start < end and is_blank(text[end - 1]):
        end -= 1
    return start, end
