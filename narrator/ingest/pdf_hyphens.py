"""Hyphens at the ends of lines: which of them the typesetter put in, and which are the word's own.

A word that is whole elsewhere in the document is whole here, one that has its hyphen elsewhere
keeps it. What stands nowhere else keeps it if both halves are words by themselves (*well-known*),
if it has another (*four-and-twenty*), or if the second half begins with a capital or a digit.

Some typesetters break words with a sign of their own (U+2010, as CSS has it): where it stands at
ends of lines alone, all others are the words'. And so are they in a long text that hardly has any.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

HYPHENS = ("-", "\u00ad", "\u2010")
_SOFT, _CSS = "\u00ad", "\u2010"
_ENDS = re.compile(r"\A\W+|\W+\Z")
_HALF_CHARS = 3
_ENDINGS = frozenset(
    re.findall(r"\w+", "able ful ible ing ment ness less est ers tion sion ous ally")
)
_AFTER_SELF = ("ish", "less", "same", "hood")  # without a hyphen between
_MANY_LINES = 200
_HARDLY_ANY = 0.02
"""Of lines: broken to be even, several in a hundred end in a hyphen. Of hyphens: chance."""


@dataclass(frozen=True, slots=True)
class Hyphens:
    """Judges line ends by a vocabulary: words in lower case, and how often each comes.

    Of the signs `always` are the typesetter's, `maybe` may be.
    """

    words: Mapping[str, int]
    always: str = _SOFT
    maybe: str = "-" + _CSS

    @classmethod
    def of(cls, words: Mapping[str, int], ends: Sequence[tuple[str, str]]) -> "Hyphens":
        """For a text with these line ends: a line's last word, and the first of the next line."""
        judge = cls(words)
        broken = [(last, first) for last, first in ends if judge.at_end(last, first)]
        at_ends = sum(last[-1] == _CSS for last, _ in broken)
        inside = sum(count for word, count in words.items() if _CSS in word.strip(_CSS))
        if at_ends and inside <= _HARDLY_ANY * at_ends:
            return cls(words, always=_SOFT + _CSS, maybe="")
        whole = any(_bare(last[:-1]) + _bare(first) in words for last, first in broken)
        few = len(broken) < _HARDLY_ANY * len(ends)
        if few and not whole and len(ends) >= _MANY_LINES:
            return cls(words, maybe="")
        return judge

    def at_end(self, last: str, first: str) -> bool:
        """Whether a line's last word goes on with the first of the next line."""
        stem = last[:-1]
        if last.endswith("-") and first.startswith("-"):  # a dash of two is parted
            return True
        return last.endswith(HYPHENS) and stem[-1:].isalnum() and first[:1].isalnum()

    def joins(self, last: str, first: str) -> bool:
        """Whether the hyphen between the two is none of the word's own."""
        if last[-1] in self.always:
            return True
        if last[-1] not in self.maybe or not first[0].islower() or not last[-2:-1].isalpha():
            return False
        one, other = _bare(last[:-1]), _bare(first)
        whole, parted = self.words.get(one + other, 0), self.words.get(f"{one}-{other}", 0)
        if whole or parted:
            return whole >= parted
        if "-" in one or (one == "self" and not other.startswith(_AFTER_SELF)):
            return False
        if other in _ENDINGS:
            return True
        halves = min(len(one), len(other)) >= _HALF_CHARS
        return not (halves and one in self.words and other in self.words)


def _bare(word: str) -> str:
    return _ENDS.sub("", word.casefold())
