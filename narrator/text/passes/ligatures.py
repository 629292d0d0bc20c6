"""Letters in other clothes: ligatures, full-width forms, mathematical alphabets, loose accents.

`ﬁ` is two letters to a reader and one unknown sign to a speaker. What Unicode decomposes
*for compatibility* is written out where the meaning stays the same: letters and digits, `‼`, roman
numerals; not superscripts, subscripts and fractions (`2²` is not `22`), circled and squared signs,
spaces, dots and primes, which are other passes' or nobody's. A letter with its accent as a
character of its own becomes the one that has both (NFC). Rule: `compatibility`.
"""

import re
import unicodedata

from narrator.text.changes import Change
from narrator.text.passes.context import Context

_SAME_MEANING = frozenset({"<compat>", "<wide>", "<narrow>", "<font>"})
_SAME_MEANING_IN_ARABIC = frozenset({"<initial>", "<medial>", "<final>", "<isolated>"})
_KEPT = frozenset("…‥․″‴⁗µ℀℁℅℆№℡℻")
# Where such characters live; the first part is what there is in Latin and Greek.
_FORM = (
    "[ĲĳĿŀŉſ\u01c4-\u01cc\u01f1-\u01f3\u2024-\u20a8\u2100-\u217f"
    "\u3200-\u33ff\ufb00-\ufdfc\ufe10-\ufefc\uff01-\uffee\U0001d400-\U0001d7ff]"
)
_ODD = re.compile(f"(?P<letter>[^\\W\\d_])(?P<accents>[\u0300-\u036f]{{1,4}})|{_FORM}")


def find(text: str, _context: Context) -> list[Change]:
    """The pass's changes of `text`."""
    if text.isascii():
        return []
    found = (Change(*match.span(), _after(match), "compatibility") for match in _ODD.finditer(text))
    return [change for change in found if change.after != text[change.start : change.end]]


def _after(match: re.Match[str]) -> str:
    if not match["letter"]:
        return _written_out(match[0])
    return unicodedata.normalize("NFC", _written_out(match["letter"]) + match["accents"])


def _written_out(char: str) -> str:
    tag = unicodedata.decomposition(char).partition(" ")[0]
    if char in _KEPT or tag not in _SAME_MEANING | _SAME_MEANING_IN_ARABIC:
        return char
    plain = unicodedata.normalize("NFKC", char)
    return char if any(map(str.isspace, plain)) else plain
