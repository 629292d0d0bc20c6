"""Dashes: what typewriters and other alphabets use in the place of an em dash becomes one.

`--` and longer, the horizontal bar (―), two- and three-em dashes, and a hyphen between spaces are a
pause; a speaker reads some of them as nothing, or as a minus. Hyphens that look special (‐ ‑, and
the figure dash between digits) are plain ones. En dashes, ranges of digits (1914–18) and a minus
stay: Deepgram reads those itself. Two hyphens between digits (1914--18) are a range as well, and
get its en dash. Rules: `dash`, `range`, `hyphen`.
"""

import re

from narrator.text.changes import Change
from narrator.text.passes.context import Context

_ODD = re.compile(
    "(?P<range>(?<=\\d)--(?=\\d))"
    "|(?P<dash>-{2,}|[―⸺⸻]+|(?<!\\d)‒|‒(?!\\d)|(?<=[^\\W\\d] )-(?= [^\\W\\d])"
    "|(?<=[,.;:!?\"'’”)] )-(?= [^\\W\\d\"'‘“(]))"
    "|(?P<hyphen>[‐‑‒])"
)
_AFTER = {"dash": "—", "range": "–", "hyphen": "-"}
_SIGNS = re.compile("--| - |[‐‑‒―⸺⸻]")


def find(text: str, _context: Context) -> list[Change]:
    """The pass's changes of `text`."""
    if not _SIGNS.search(text):
        return []
    return [_change(match) for match in _ODD.finditer(text)]


def _change(match: re.Match[str]) -> Change:
    rule = str(match.lastgroup)
    return Change(*match.span(), _AFTER[rule], rule)
