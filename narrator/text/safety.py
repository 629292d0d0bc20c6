r"""What is always done to a text, whatever passes are left out: what no voice may be sent.

First, rules `control` (control characters are dropped), `surrogate` (half a character becomes
U+FFFD), `entity` (`&amp;` in Markdown) and `line-break` (words on either side of a `<br/>` are kept
apart). Last, `control` again (control characters that are whitespace become a space) and
`control-channel`: backslash and brace together are Deepgram's inline control channel
(`\{"word": ...\}`), so that a passage which has both loses its backslashes.
"""

import html
import re
from collections.abc import Iterable

from narrator.text.blanks import BLANK, SILENT_CONTROL
from narrator.text.changes import Change, around, in_order

_UNFIT = re.compile(f"(?P<control>[{SILENT_CONTROL}]+)|(?P<surrogate>[\ud800-\udfff])")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_CONTROL_SPACE = re.compile("[\x09-\x0d\x1c-\x1f\x85]+")
_BACKSLASH = re.compile(r"\\+")


def made_fit(text: str, *, format: str, breaks: Iterable[int]) -> list[Change]:
    """What has to change before any pass; `breaks` are offsets at which a line ends."""
    found = [_fit(match) for match in _UNFIT.finditer(text)]
    if format == "markdown" and "&" in text:
        found += (
            Change(match.start(), match.end(), _decoded(match[0]), "entity")
            for match in _ENTITY.finditer(text)
        )
        found = in_order(found)
    return _with_breaks(text, found, breaks)


def made_safe(said: str) -> list[Change]:
    """What has to change after all passes, in what they leave."""
    found = [
        Change(match.start(), match.end(), " ", "control")
        for match in _CONTROL_SPACE.finditer(said)
    ]
    if "\\" in said and ("{" in said or "}" in said):
        found += (
            Change(match.start(), match.end(), "", "control-channel")
            for match in _BACKSLASH.finditer(said)
        )
        found = in_order(found)
    return found


def _fit(match: re.Match[str]) -> Change:
    rule = str(match.lastgroup)
    return Change(match.start(), match.end(), "\ufffd" if rule == "surrogate" else "", rule)


def _decoded(written: str) -> str:
    # Once only: what comes out is text, and may itself be a character that is not spoken.
    decoded = html.unescape(written)
    if decoded.isspace():
        return " "
    return "" if decoded == "\\" or re.fullmatch(BLANK, decoded) else decoded


def _with_breaks(text: str, found: list[Change], breaks: Iterable[int]) -> list[Change]:
    needed = [at for at in sorted(set(breaks)) if _parts_words(text, at)]
    if not needed:
        return found
    inside = {change for at in needed if (change := around(found, at))}
    free = (at for at in needed if not around(found, at))
    spaced = (
        Change(change.start, change.end, change.after or " ", change.rule)
        if change in inside
        else change
        for change in found
    )
    return in_order([*(Change(at, at, " ", "line-break") for at in free), *spaced])


def _parts_words(text: str, at: int) -> bool:
    return 0 < at < len(text) and not (text[at - 1].isspace() or text[at].isspace())
