"""Emoji: the name that Unicode gives them (CLDR's short name), said once for a row of the same.

A speaker leaves them out or stumbles; a narrator says what is there. A character that is a sign
first and an emoji only by variation (©, ↔, ♥) is left alone unless it asks for its picture. English
only: in other languages emoji stay. The names come from the `emoji` package. Rule: `emoji`.
"""

import importlib
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from narrator.text.changes import Change
from narrator.text.passes.context import Context
from narrator.text.passes.padding import padded

# Where emoji live: all beyond the first plane but for a few, which count if they are asked for.
_SIGNS = re.compile(
    "[\U0001f000-\U0001faff\ufe0f\u20e3\u231a\u231b\u23e9-\u23f3\u2600-\u27bf\u2b50]"
)
_ROW = re.compile(
    "[🀀-🫿󠀠-󠁿\u200d\ufe0f\u20e3#*0-9©®‼⁉™\u2139\u2190-\u21ff"
    "\u2300-\u23ff\u24c2\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff〰〽㊗㊙]{1,40}"
)
_MOST_JOINED = 5


def find(text: str, context: Context) -> list[Change]:
    """The pass's changes of `text`."""
    if not context.english or not _SIGNS.search(text):
        return []
    found: list[Change] = []
    last = ""
    for start, end, name in _named(text):
        again = bool(found) and found[-1].end == start and last == name
        found.append(Change(start, end, "" if again else padded(text, start, end, name), "emoji"))
        last = name
    return found


def _named(text: str) -> Iterator[tuple[int, int, str]]:
    """Each emoji’s place and name; in short rows, for the package takes quadratic time."""
    for row in _ROW.finditer(text):
        for token in _package().analyze(row[0]):
            if name := _name(token.value):
                yield row.start() + token.value.start, row.start() + token.value.end, name


@cache
def _package() -> Any:  # noqa: ANN401  loaded only for a text that has any; it is a large table
    return importlib.import_module("emoji")


def _name(match: Any) -> str:  # noqa: ANN401  the package's own
    """What it is called; empty for what is none by itself."""
    if match.data is None:  # several that are joined, though Unicode does not know them together
        names = [name for each in match.emojis if (name := _name(each))]
        return ", ".join(names[:_MOST_JOINED])
    if match.data["status"] != _package().STATUS["fully_qualified"] and len(match.emoji) == 1:
        return ""
    return str(match.data["en"]).strip(":").replace("_", " ")
