"""Signs that stand for words, in English: & § ¶ ° № © × ÷ ± ≈ ½ and their like.

Aura is silent at most of them. Money, per cent and plain arithmetic (+ = <) it reads itself, and
`AT&T` too; superscripts stay what they are, but for those that number a note (`so it was.³`). Signs
that only refer († ‡) or that nobody says (® ™ ℠, and © beside its word) are dropped. Rules:
`symbol`, `fraction`, `measure`, `reference-mark`.
"""

import re

from narrator.text.changes import Change, disjoint
from narrator.text.passes import fractions, measures
from narrator.text.passes.context import Context
from narrator.text.passes.padding import padded

_WORDS = {
    "&": "and", "&c": "et cetera", "§": "section", "§§": "sections", "¶": "paragraph",
    "¶¶": "paragraphs", "№": "number", "℅": "care of", "©": "copyright", "℗": "copyright",
    "÷": "divided by", "±": "plus or minus", "−": "minus", "≈": "about",
    "≠": "is not equal to", "√": "the square root of", "∞": "infinity", "‰": "per thousand",
    "⅌": "per",
}  # fmt: skip
_COMPARED = {"≤": "at most", "≥": "at least"}
_POWERS = "(?:^|[^a-z])(?:sinh|cosh|tanh|feet|foot|inch(?:es)?|(?:mile|yard|met(?:er|re)|acre)s?)"
_SIGN = re.compile(
    "(?P<et>(?<![^\\W_])&c(?![^\\W_]))"
    "|(?P<and>(?<![^\\W_])&(?![#\\w])|(?<=[a-z])&(?=[A-Za-z]))"  # not AT&T, not &amp;
    "|(?P<silent>[†‡®™℠]+|(?<=[Cc]opyright) ?(?:©|\\([cC]\\))|(?<=[Cc]opyright:) ?©"
    "|© ?(?=[Cc]opyright))"
    '|(?:(?<=[A-Za-z]{3}[a-z])|(?<=[a-z][.,;!?])|(?<=[.,;!?][”’"]))(?P<note>[¹²³⁰⁴-⁹]{1,3})(?!\\w)'
    "|(?P<compared>[≤≥])"
    "|(?P<sign>§§?|¶¶?|[№℅©℗÷±−≈≠√∞‰⅌])"
)
_SIGNS = re.compile(f"[&§¶№©℗†‡®™℠÷±−≈≠≤≥√∞‰⅌℅¹²³⁰⁴-⁹{fractions.SIGNS}{measures.SIGNS}]")
_POWER = re.compile(f"{_POWERS}\\Z")
_QUANTITY = re.compile(r"(?:\b\w|[\d)=])[ ]?\Z")


def find(text: str, context: Context) -> list[Change]:
    """The pass's changes of `text`."""
    if not context.english or not _SIGNS.search(text):
        return []
    signs = (change for match in _SIGN.finditer(text) if (change := _change(match)))
    return disjoint([*measures.measures(text), *fractions.fractions(text), *signs])


def _change(match: re.Match[str]) -> Change | None:
    start, end = match.span()
    if match["silent"]:
        apart = match.string[start - 1 : start].isalnum() and match.string[end : end + 1].isalnum()
        return Change(start, end, " " if apart else "", "reference-mark")
    if match["note"]:
        power = _POWER.search(match.string, max(0, start - 8), start)
        return None if power else Change(start, end, "", "reference-mark")
    words = _compared(match) if match["compared"] else _WORDS[match[0]]
    return Change(start, end, padded(match.string, start, end, words), "symbol")


def _compared(match: re.Match[str]) -> str:
    """`x ≥ 3` is a statement, `aged ≥ 18` is not."""
    stated = _QUANTITY.search(match.string, max(0, match.start() - 3), match.start())
    return f"{'is ' if stated else ''}{_COMPARED[match[0]]}"
