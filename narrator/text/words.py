"""Where words begin and end (after UAX 29), and forms of a text that are alike for a lexicon.

An apostrophe between letters does not end a word, so that `can` is not found in `can't`; but a
possessive's does: `Holmes` is found in `Holmes's`. A hyphen ends a word; a point or a comma between
digits ends no number; where a script has no blanks between words, each character is taken for one.
"""

import re
import unicodedata

APOSTROPHE = "'"
# Thai to Lao, Tibetan, Burmese, Khmer; kana, ideographs and those of the supplementary planes.
UNSPACED = (
    "\u0e01-\u0eff\u0f40-\u0fbc\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
"""Scripts without blanks between words, as ranges of a character class."""

_POSSESSIVE = re.compile(r"'s(?![^\W_])", re.IGNORECASE)
_UNSPACED = re.compile(f"[{UNSPACED}]")
_ALIKE = str.maketrans({"’": APOSTROPHE, "\u02bc": APOSTROPHE, "‐": "-", "‑": "-", "\u00a0": " "})


def alike(text: str) -> str:
    """The text with one form of apostrophe, hyphen and space; as long as it was."""
    return text.translate(_ALIKE)


def folded(text: str) -> str:
    """The text without upper case, character by character: as long as it was."""
    low = text.casefold()
    return low if len(low) == len(text) else "".join(map(_folded, text))


def _folded(char: str) -> str:
    return next((low for low in (char.casefold(), char.lower()) if len(low) == 1), char)


def is_whole(text: str, start: int, end: int) -> bool:
    """Whether a word of a text (`alike`) begins at `start` and one ends at `end`."""
    return _is_border(text, start) and (_is_border(text, end) or _is_possessive(text, end))


def _is_border(text: str, at: int) -> bool:
    if not 0 < at < len(text):
        return True
    before, after = text[at - 1], text[at]
    if _is_mark(after):
        return False
    if _UNSPACED.match(before) or _UNSPACED.match(after):
        return True
    if _in_word(before):
        return not (_in_word(after) or _joins(text, at))
    return not (_in_word(after) and _joins(text, at - 1))


def _joins(text: str, at: int) -> bool:
    """Whether the mark at `at` makes one word of what is around it."""
    if not 0 < at < len(text) - 1:
        return False
    before, mark, after = text[at - 1], text[at], text[at + 1]
    if mark == APOSTROPHE:
        return _in_word(before) and _in_word(after)
    return mark in ".," and before.isdecimal() and after.isdecimal()


def _is_possessive(text: str, at: int) -> bool:
    return text[at - 1].isalpha() and _POSSESSIVE.match(text, at) is not None


def _in_word(char: str) -> bool:
    return char.isalnum() or char == "_" or _is_mark(char)


def _is_mark(char: str) -> bool:
    return char > "\u02ff" and unicodedata.category(char)[0] == "M"
