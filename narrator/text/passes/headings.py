"""A heading ends like a sentence, so that it is spoken like one and not run into what follows.

Deepgram warns against missing punctuation. Rule: `heading-stop`.
"""

import re

from narrator.text.blanks import trimmed
from narrator.text.changes import Change
from narrator.text.passes.context import Context

_ENDED = re.compile(r"[.!?…:;,—–。！？][\"'”’»)\]\s]*\Z")  # noqa: RUF001  CJK stops are meant
_MOST_CLOSING = 20


def find(text: str, context: Context) -> list[Change]:
    """The pass's changes of `text`."""
    if not context.heading:
        return []
    start, end = trimmed(text, 0, len(text))
    if start == end or _ENDED.search(text, max(start, end - _MOST_CLOSING), end):
        return []
    return [Change(end, end, ".", "heading-stop")]
