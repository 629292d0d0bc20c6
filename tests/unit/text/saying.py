"""What a single pass makes of a text."""

from narrator.domain.documents import PassageKind
from narrator.text.changes import apply, sound
from narrator.text.passes import Finder
from narrator.text.passes.context import Context

PROSE = (
    "To Sherlock Holmes she is always the woman. I have seldom heard him mention her—never since.",
    "“Mr. Holmes,” said I, “it is 10:30; the 12th of May, 1891.” ‘Indeed!’ cried Vivian D. Dix.",
    "He’d paid $3.50 (or 12%) for a well-known map of 1914–18; see pp. 12-18, A to Z. 5 - 3 = 2",
    "I mix civil mild lively MIX with IT at MIT: C. V. Raman, J. R. R. Tolkien, Malcolm X, U.S.A.",
)
"""What no pass but spaces and headings has any business with."""


def saying(find: Finder, text: str, **known) -> str:
    """`text` as it is said after that pass alone; `known` is its context."""
    found = find(text, Context(**known))
    assert sound(found, len(text))
    return apply(text, found)


def heading(find: Finder, text: str, **known) -> str:
    """The same for a heading."""
    return saying(find, text, kind=PassageKind.HEADING, **known)
