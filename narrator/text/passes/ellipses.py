"""Ellipses, however they are set, are three full stops.

That is the one form for which Deepgram documents a pause (groups of three, six being a longer
one). Spaced ones (`. . .`) would be read as sentences of nothing; four stops (an ellipsis and the
end of a sentence), `…` and dotted leaders are brought to the same form. Rule: `ellipsis`.
"""

import re

from narrator.text.changes import Change
from narrator.text.passes.context import Context

_ODD = re.compile(
    "\\.?(?:…[.…]*)"
    "|\\.(?:[ \u00a0\u2009\u202f]\\.){2,}(?!\\w)"
    "|(?<!\\.)\\.{4,5}(?!\\.)|\\.{7,}"
    "|(?<=[^\\W_])\\.\\.(?=[\\s\"'’”)]|\\Z)"
)
_SIGNS = re.compile("…|\\.\\.|\\.[ \u00a0\u2009\u202f]\\.")


def find(text: str, _context: Context) -> list[Change]:
    """The pass's changes of `text`."""
    if not _SIGNS.search(text):
        return []
    return [Change(match.start(), match.end(), "...", "ellipsis") for match in _ODD.finditer(text)]
