"""Signs that stand for words, in English: & § ¶ ° № © × ÷ ± ≈ ½ and their like.

Aura is silent at most of them. Money, per cent and plain arithmetic (+ = <) it reads itself, and
`AT&T` too; superscripts stay what they are. Signs that only refer († ‡) or that nobody says
(® ™ ℠) are dropped. Rules: `symbol`, `fraction`, `reference-mark`.
"""

import re
import unicodedata

from narrator.text.changes import Change
from narrator.text.passes.context import Context
from narrator.text.passes.padding import padded

_WORDS = {
    "&": "and", "&c": "et cetera", "§": "section", "§§": "sections", "¶": "paragraph",
    "¶¶": "paragraphs", "°": "degrees", "°C": "degrees Celsius", "°F": "degrees Fahrenheit",
    "℃": "degrees Celsius", "℉": "degrees Fahrenheit", "№": "number", "℅": "care of",
    "©": "copyright", "℗": "copyright", "×": "times", "÷": "divided by", "±": "plus or minus",
    "−": "minus", "≈": "about", "≠": "is not equal to", "≤": "is at most", "≥": "is at least",
    "√": "the square root of", "∞": "infinity", "‰": "per thousand", "⅌": "per",
}  # fmt: skip
_SILENT = frozenset("†‡®™℠")
_SIGN = re.compile(
    "(?P<et>(?<![^\\W_])&c(?![^\\W_]))"
    "|(?P<and>(?<![^\\W_])&(?![#\\w])|(?<=[a-z])&(?=[A-Za-z]))"  # not AT&T, not &amp;
    "|(?P<fraction>(?P<whole>(?<=\\d)[ \u00a0]?)?(?:(?P<vulgar>[¼-¾⅐-⅞])"
    "|(?<![\\d⁄])(?P<above>\\d{1,2})⁄(?P<below>\\d{1,2})(?![\\d⁄])))"
    "|(?P<silent>[†‡®™℠]+)"
    "|(?P<times>(?<=\\d)(?: ?)×(?: ?)(?=\\d))"
    "|(?P<degrees>°[CF]\\b|°(?= ?[CF]\\b)(?: ?)[CF]|(?<=\\d)°(?!\\d))"
    "|(?P<sign>§§?|¶¶?|[℃℉№℅©℗÷±−≈≠≤≥√∞‰⅌])"
)
_SIGNS = re.compile("[&§¶°№©℗†‡®™℠×÷±−≈≠≤≥√∞‰⅌℃℉℅⁄¼-¾⅐-⅞]")
_BELOW = {
    2: "half", 3: "third", 4: "quarter", 5: "fifth", 6: "sixth", 7: "seventh", 8: "eighth",
    9: "ninth", 10: "tenth", 16: "sixteenth",
}  # fmt: skip
_ABOVE = (
    "",
    *re.findall(r"\w+", "one two three four five six seven eight nine ten eleven twelve thirteen"),
)


def find(text: str, context: Context) -> list[Change]:
    """The pass's changes of `text`."""
    if not context.english or not _SIGNS.search(text):
        return []
    return [change for match in _SIGN.finditer(text) if (change := _change(match))]


def _change(match: re.Match[str]) -> Change | None:
    start, end = match.span()
    if match["silent"]:
        return Change(start, end, "", "reference-mark")
    if match["fraction"]:
        words = _fraction(match)
        return (
            Change(start, end, padded(match.string, start, end, words), "fraction")
            if words
            else None
        )
    written = match[0].replace(" ", "")
    return Change(start, end, padded(match.string, start, end, _WORDS[written]), "symbol")


def _fraction(match: re.Match[str]) -> str:
    above, below = _parts(match)
    if below not in _BELOW or not 0 < above < len(_ABOVE):
        return ""
    one = "a" if match["whole"] is not None and below in {2, 4} else "one"
    words = f"{one if above == 1 else _ABOVE[above]} {_BELOW[below]}{'s' if above > 1 else ''}"
    return f"and {words}" if match["whole"] is not None else words


def _parts(match: re.Match[str]) -> tuple[int, int]:
    if match["above"]:
        return int(match["above"]), int(match["below"])
    above, _, below = unicodedata.normalize("NFKC", match["vulgar"]).partition("⁄")
    return int(above or 0), int(below or 0)
