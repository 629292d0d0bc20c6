"""Quotation marks and apostrophes that are typed or set in ways a speaker may not know.

Curly and straight ones are known, and stay. What is mended: plain text's ``such'' and `such',
doubled curly ones, low-9 and angle quotes („ ‚ « » ‹ ›) with the spaces that French sets inside of
them, accents and primes in the place of apostrophes (don´t, don′t). A prime after a digit stays:
it counts feet or minutes. Rule: `quote`.
"""

import re

from narrator.text.changes import Change
from narrator.text.passes.context import Context

_ODD = re.compile(
    "(?P<opening>``|‘‘)"
    "|(?P<closing>(?<![\\d'])''(?!')|’’)"
    "|(?P<double>«(?:[ \u00a0\u202f](?=\\S))?|(?:(?<=\\S)[ \u00a0\u202f])?»|[„‟])"
    "|(?P<apostrophe>(?<=[^\\W\\d_])[`´′‛](?=[^\\W\\d_]))"
    "|(?P<single>[‹›‚‛`´])"
)
_AFTER = {"opening": "“", "closing": "”", "double": '"', "apostrophe": "’", "single": "'"}
_SIGNS = re.compile("[`´′‘’„‟«»‹›‚‛]|''")


def find(text: str, _context: Context) -> list[Change]:
    """The pass's changes of `text`."""
    if not _SIGNS.search(text):
        return []
    return [
        Change(match.start(), match.end(), _AFTER[str(match.lastgroup)], "quote")
        for match in _ODD.finditer(text)
    ]
