"""Fractions that are one sign, or have a fraction slash: `2½ miles`, `½ an hour`, `3⁄4`.

Part of the pass over symbols. Rule: `fraction`.
"""

import re
import unicodedata
from collections.abc import Iterator

from narrator.text.changes import Change
from narrator.text.passes.padding import padded

SIGNS = "⁄¼-¾⅐-⅞"
"""What there is none without, as part of a character class."""

_FRACTION = re.compile(
    "(?P<one>(?<![^\\W_])(?:[Aa]n?|[Tt]he|[Oo]ne|[Aa]nother|[Tt]hat|[Tt]his|[Ee]very) )?"
    "(?P<whole>(?<=\\d)[ \u00a0]?)?(?:(?P<vulgar>[¼-¾⅐-⅞])"
    "|(?<![\\d⁄])(?P<above>\\d{1,2})⁄(?P<below>\\d{1,2})(?![\\d⁄]))"
    "(?P<part>(?= (?:an?|of|the|my|his|her|its|our|their|your|this|that)\\b)|(?=-[a-z]))?"
)
_BELOW = {
    2: "half", 3: "third", 4: "quarter", 5: "fifth", 6: "sixth", 7: "seventh", 8: "eighth",
    9: "ninth", 10: "tenth", 16: "sixteenth",
}  # fmt: skip
_ABOVE = (
    "",
    *re.findall(r"\w+", "one two three four five six seven eight nine ten eleven twelve thirteen"),
)


def fractions(text: str) -> Iterator[Change]:
    """The changes of fractions in a text."""
    for match in _FRACTION.finditer(text):
        start, end = match.end("one") if match["one"] else match.start(), match.end()
        if words := _words(match):
            yield Change(start, end, padded(text, start, end, words), "fraction")


def _words(match: re.Match[str]) -> str:
    above, below = _parts(match)
    if below not in _BELOW or not 0 < above < len(_ABOVE):
        return ""
    count = _one(match, below) if above == 1 else _ABOVE[above]
    words = f"{count} {_BELOW[below]}{'s' if above > 1 else ''}".lstrip()
    return f"and {words}" if match["whole"] is not None else words


def _one(match: re.Match[str], below: int) -> str:
    """How a single part is counted: `half an hour`, `a third of it`, `the half`, `one half`."""
    if match["one"]:
        return ""
    if match["whole"] is not None and below in {2, 4}:
        return "a"
    return "" if _BELOW[below] == "half" and match["part"] is not None else "one"


def _parts(match: re.Match[str]) -> tuple[int, int]:
    if match["above"]:
        return int(match["above"]), int(match["below"])
    above, _, below = unicodedata.normalize("NFKC", match["vulgar"]).partition("⁄")
    return int(above or 0), int(below or 0)
