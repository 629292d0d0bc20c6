"""Words put in the place of a sign, kept apart from the words beside it."""

from narrator.text.blanks import is_blank

_OPENING = frozenset("([{“‘\"'«‹¿¡—–-/")


def padded(text: str, start: int, end: int, words: str) -> str:
    """`words` in the place of characters `start` to `end`, with a space where one is needed."""
    before, after = text[start - 1 : start], text[end : end + 1]
    left = " " if before and not is_blank(before) and before not in _OPENING else ""
    return f"{left}{words}{' ' if after.isalnum() else ''}"
