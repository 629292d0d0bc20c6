"""Weaker places to cut than the end of a sentence: after a clause, a word, a character.

What is kept whole where it can be: numbers, tags, entities, addresses, and Deepgram's inline
pronunciations. Each of them is shorter than a chunk, so that the limit holds all the same.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator

CLAUSE = re.compile(r"[;:—–][\"'”’»)\]]*\s+|—++[\"'”’»)\]]*")
COMMA = re.compile(r",[\"'”’»)\]]*\s+|[，、；：]")  # noqa: RUF001 - marks of many scripts
WORD = re.compile(r"[^\S\u00a0\u2007\u202f]+")
_WHOLE = re.compile(
    r"\\\{[^{}]{0,400}\}"  # an inline pronunciation, its braces escaped
    r"|</?[A-Za-z][^<>]{0,300}>"
    r"|&(?:\#\d{1,7}|\#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});"
    r"|(?:https?://|www\.)\S{1,600}"
    r"|(?<![\w.+\-])[\w.+\-]{1,64}@[\w.\-]{1,255}"
    r"|\d{1,3}(?: \d{3}){1,20}+(?!\d)|\d(?:[.,:/'’\u00a0\u202f]?\d){1,60}+"
)
_NO_CUT_BEFORE = frozenset({"Mn", "Mc", "Me"})
_JOINER = "\u200d"


def pattern_ends(text: str, pattern: re.Pattern[str]) -> list[int]:
    """Offsets after each match of `pattern`, the end of the text excluded."""
    return [match.end() for match in pattern.finditer(text) if 0 < match.end() < len(text)]


def outside_wholes(text: str, ends: Iterable[int]) -> Iterator[int]:
    """Those of `ends` that fall inside nothing which is kept whole."""
    wholes = _wholes(text)
    return (end for end in ends if _whole_around(wholes, end) == end)


def character_ends(text: str, limit: int) -> Iterator[int]:
    """Offsets that cut `text` into pieces of at most `limit` code points, between characters.

    A single character, or something kept whole, of more code points than `limit` is cut none
    the less.
    """
    wholes = _wholes(text)
    position = 0
    while len(text) - position > limit:
        position = _character_end(text, wholes, position, position + limit)
        yield position


def _character_end(text: str, wholes: list[tuple[int, int]], low: int, high: int) -> int:
    """The last place to cut between `low` and `high`."""
    before = _whole_around(wholes, high)
    for best in (before, high):
        cut = best
        while cut > low and _one_character(text, cut):
            cut -= 1
        if cut > low:
            return cut
    return high


def _wholes(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in _WHOLE.finditer(text)]


def _whole_around(wholes: list[tuple[int, int]], at: int) -> int:
    """Where what is kept whole and has `at` inside begins; `at` itself if nothing does."""
    index = bisect_right(wholes, (at,)) - 1
    return wholes[index][0] if index >= 0 and wholes[index][0] < at < wholes[index][1] else at


def _one_character(text: str, at: int) -> bool:
    """Whether the characters on either side of `at` are seen as one (roughly UAX 29)."""
    before, after = text[at - 1], text[at]
    if unicodedata.category(after) in _NO_CUT_BEFORE or _JOINER in (before, after):
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff":  # skin tones
        return True
    if _regional(before) and _regional(after):
        return True
    return (before, after) == ("\r", "\n") or (_surrogate(before) and _surrogate(after))


def _regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _surrogate(char: str) -> bool:
    return "\ud800" <= char <= "\udfff"
