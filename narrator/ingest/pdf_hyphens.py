"""Hyphens at the ends of lines: which of them the typesetter put in, and which are the word's own.

A word that is whole elsewhere in the document is whole here, one that has its hyphen elsewhere
keeps it. What stands nowhere else keeps it if both halves are words by themselves (*well-known*),
if it has another (*four-and-twenty*), or if the second half begins with a capital or a digit.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_HYPHENS = ("-", "\u00ad", "\u2010")
_SOFT = "\u00ad"
_ENDS = re.compile(r"\A\W+|\W+\Z")
_HALF_CHARS = 3


@dataclass(frozen=True, slots=True)
class Hyphens:
    """Judges line ends by a vocabulary: words in lower case, and how often each comes."""

    words: Mapping[str, int]

    def at_end(self, last: str, first: str) -> bool:
        """Whether a line's last word goes on with the first of the next line."""
        stem = last[:-1]
        return last.endswith(_HYPHENS) and stem[-1:].isalnum() and first[:1].isalnum()

    def joins(self, last: str, first: str) -> bool:
        """Whether the hyphen between the two is none of the word's own."""
        if last.endswith(_SOFT):
            return True
        if not first[0].islower() or not last[-2].isalpha():
            return False
        one, other = _bare(last[:-1]), _bare(first)
        whole, parted = self.words.get(one + other, 0), self.words.get(f"{one}-{other}", 0)
        if whole or parted:
            return whole >= parted
        if "-" in one:
            return False
        halves = min(len(one), len(other)) >= _HALF_CHARS
        return not (halves and one in self.words and other in self.words)


def _bare(word: str) -> str:
    return _ENDS.sub("", word.casefold())
