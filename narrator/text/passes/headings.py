"""A heading ends like a sentence, so that it is spoken like one and not run into what follows.

So does an item of a list: `1. Milk 2. Eggs` would be heard as *milk two*. Deepgram warns against
missing punctuation. Rules: `heading-stop`, `item-stop`.
"""

import re

from narrator.domain.documents import PassageKind
from narrator.text.blanks import trimmed
from narrator.text.changes import Change
from narrator.text.passes.context import Context

_ENDED = re.compile(r"[.!?…:;,—–。！？][\"'”’»)\]\s]*\Z")  # noqa: RUF001  CJK stops are meant
_MOST_CLOSING = 20
_OPEN = re.compile(r"(?<!\w)(?:and|or|&)\Z")  # an item that the next one goes on from
_RULES = {PassageKind.HEADING: "heading-stop", PassageKind.LIST_ITEM: "item-stop"}


def find(text: str, context: Context) -> list[Change]:
    """The pass's changes of `text`."""
    rule = _RULES.get(context.kind)
    if rule is None:
        return []
    start, end = trimmed(text, 0, len(text))
    if start == end or _ENDED.search(text, max(start, end - _MOST_CLOSING), end):
        return []
    goes_on = rule == "item-stop" and _OPEN.search(text, max(start, end - _MOST_CLOSING), end)
    return [] if goes_on else [Change(end, end, ".", rule)]
