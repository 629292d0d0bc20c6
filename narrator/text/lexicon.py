"""Pronunciations put in: what a lexicon changes in a text that all passes have been over."""

from narrator.domain.lexicon import Lexicon
from narrator.text.changes import Change


def pronounce(_text: str, _lexicon: Lexicon) -> list[Change]:
    """The changes of `_text` by a lexicon's entries, in order and disjoint; none are made yet."""
    return []
