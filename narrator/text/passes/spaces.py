"""Whitespace: a run of it is one space; soft hyphens and other invisible characters are dropped.

No-break spaces count. To a listener none of these is there, and a soft hyphen or a zero-width
space inside a word would make a speaker read two. Rules: `whitespace`, `invisible`.
"""

import re

from narrator.text.blanks import BLANK
from narrator.text.changes import Change
from narrator.text.passes.context import Context

# A run of blanks, but for the single space, which needs no change. Most words are followed by one,
# so that finding only the others is what makes this fast.
_RUN = re.compile(rf"(?: (?={BLANK})|(?! ){BLANK}){BLANK}*")


def find(text: str, _context: Context) -> list[Change]:
    """The pass's changes of `text`."""
    return [_change(match) for match in _RUN.finditer(text)]


def _change(match: re.Match[str]) -> Change:
    if any(map(str.isspace, match[0])):
        return Change(match.start(), match.end(), " ", "whitespace")
    return Change(match.start(), match.end(), "", "invisible")
