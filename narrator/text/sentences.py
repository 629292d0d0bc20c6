"""Where a passage may be cut: at sentence ends first, then at ever weaker places.

sentencex finds the sentence ends; a guard joins what it cut after an abbreviation, an initial or a
numeral. What is still too long is cut at quoted sentence ends, then clauses, then words, then
anywhere but inside a character.
"""

import re
import unicodedata
from collections.abc import Iterator

from sentencex import get_sentence_boundaries

_TITLES = "Mr Mrs Ms Messrs Mme Mlle Dr Prof Rev Hon St Mt Gen Col Capt Lt Sgt Maj Adm Gov Sen Rep"
_BEFORE_ANYTHING = frozenset(_TITLES.split())
_ABBREVIATIONS = (
    "vs etc e.g i.e cf viz No Nos Vol Vols Ch Chap Fig Figs p pp Sec Art Jr Sr Esq Co Inc Ltd Bros"
    " vol vols ch fig Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec a.m p.m A.M P.M"
)
_BEFORE_LOWER = frozenset(_ABBREVIATIONS.split())
_LAST_WORD = re.compile(r"([\w.]*\w)\.[\"'”’)\]]*\s*\Z")
_INITIAL_OR_NUMERAL = re.compile(r"[A-Z]|[IVXLCDM]+|\d+")
_WEAK_START = re.compile(r"[\"'“‘(\[]*(?:[a-z0-9]|[IVXLCDM]+\b)")

INNER_SENTENCE = re.compile(r"[.!?…][\"'”’»)\]]*\s+")
CLAUSE = re.compile(r"[;:—][\"'”’»)\]]*\s*")
COMMA = re.compile(r",[\"'”’»)\]]*\s*")
WORD = re.compile(r"\s+")
_UNFIT = re.compile("[\ud800-\udfff]")
_NO_CUT_BEFORE = frozenset({"Mn", "Mc", "Me"})
_JOINER = "\u200d"


def sentence_ends(text: str, language: str) -> list[int]:
    """Offsets after which a sentence ends (its trailing whitespace included), the last excluded.

    `language` is a BCP 47 tag; an unknown one falls back to general rules.
    """
    ends = [
        piece["end_index"] for piece in get_sentence_boundaries(_primary(language), _flat(text))
    ]
    return [
        end
        for start, end, following in zip([0, *ends], ends[:-1], ends[1:], strict=False)
        if _truly_ends(text[start:end], text[end:following])
    ]


def pattern_ends(text: str, pattern: re.Pattern[str]) -> list[int]:
    """Offsets after each match of `pattern`, the end of the text excluded."""
    return [match.end() for match in pattern.finditer(text) if 0 < match.end() < len(text)]


def character_ends(text: str, limit: int) -> Iterator[int]:
    """Offsets that cut `text` into pieces of at most `limit` code points, between characters.

    A single character of more code points than `limit` is cut none the less.
    """
    position = 0
    while len(text) - position > limit:
        cut = position + limit
        while cut > position and _one_character(text, cut):
            cut -= 1
        position = cut if cut > position else position + limit
        yield position


def _primary(language: str) -> str:
    return language.partition("-")[0].lower() or "en"


def _flat(text: str) -> str:
    """The same text, as long, on one line: a hard wrap is no reason to end a sentence.

    sentencex takes no lone surrogates.
    """
    return _UNFIT.sub("\ufffd", WORD.sub(lambda run: " " * len(run[0]), text))


def _truly_ends(piece: str, following: str) -> bool:
    if not any(char.isalnum() for char in piece):
        return False
    match = _LAST_WORD.search(piece)
    if not match:
        return True
    word = match[1]
    if word in _BEFORE_ANYTHING:
        return False
    weak = word in _BEFORE_LOWER or _INITIAL_OR_NUMERAL.fullmatch(word)
    return not (weak and _WEAK_START.match(following))


def _one_character(text: str, at: int) -> bool:
    """Whether the characters on either side of `at` are seen as one (roughly UAX 29)."""
    before, after = text[at - 1], text[at]
    if unicodedata.category(after) in _NO_CUT_BEFORE or _JOINER in (before, after):
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff":  # skin tones
        return True
    if _regional(before) and _regional(after):
        return True
    return (before, after) == ("\r", "\n") or (_surrogate(before) and _surrogate(after))


def _regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _surrogate(char: str) -> bool:
    return "\ud800" <= char <= "\udfff"
