"""Plain text's marks of emphasis: `_so_`, `*so*`, `=so=`.

They are typography, not words: a speaker says "underscore", "asterisk", or stumbles. Asterisks and
equals signs count only in pairs around words, an underscore at the edge of a word always does. Only
in plain text: other formats have marks of their own. Rule: `emphasis`.
"""

import re

from narrator.text.changes import Change, disjoint
from narrator.text.passes.context import Context

_UNDERSCORES = re.compile(r"(?<!\w)_+(?=\S)|(?<=\S)_+(?!\w)")
_PAIRED = re.compile(
    r"(?<![\w*])(?P<star>\*{1,3})(?=[^\s*])(?:[^*]{0,300}[^\s*])(?P=star)(?![\w*])"
    r"|(?<![\w=])(?P<equal>=)(?=[^\s=])(?:[^=]{0,300}[^\s=])(?P=equal)(?![\w=])"
)


def find(text: str, context: Context) -> list[Change]:
    """The pass's changes of `text`."""
    if context.format != "text":
        return []
    found: list[Change] = []
    if "_" in text:
        found += (_left_out(*match.span()) for match in _UNDERSCORES.finditer(text))
    if "*" in text or "=" in text:
        for match in _PAIRED.finditer(text):
            width = len(match["star"] or match["equal"])
            found.append(_left_out(match.start(), match.start() + width))
            found.append(_left_out(match.end() - width, match.end()))
    return disjoint(found)


def _left_out(start: int, end: int) -> Change:
    return Change(start, end, "", "emphasis")
