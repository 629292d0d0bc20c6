r"""What is said in place of what is written: each rule a recorded change, none of them a guess.

Rules: `whitespace` (a run of it, no-break spaces included, is one space), `invisible` (soft
hyphens, word joiners, byte order marks and direction marks are dropped), `control` (control
characters are dropped), `surrogate` (half a character becomes U+FFFD), `line-break` (words on
either side of a `<br/>` are kept apart), `control-channel` (see below), `dash` and `emphasis` (what
plain text writes as `--` and `_so_`), `entity` (`&amp;` in Markdown), `heading-stop` (a heading
ends like a sentence). Deepgram reads dates, numbers, money and the like itself, and better.

Backslash and brace together are Deepgram's inline control channel (`\{"word": ...\}`), so that a
passage which has both loses its backslashes.
"""

import html
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

INVISIBLE = "\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_CONTROL = "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
BLANK = rf"[\s{INVISIBLE}{_CONTROL}]"
"""One character that makes no sound and no mark: whitespace, invisible or control (a pattern)."""

is_blank = re.compile(BLANK).fullmatch
"""Whether a character is one (truthy)."""

# A run of blanks, but for the single space, which needs no change. Most words are followed by one,
# so that finding only the others is what makes this fast.
_RUN = rf"(?P<run>(?: (?={BLANK})|(?! ){BLANK}){BLANK}*)"
_SURROGATE = "(?P<surrogate>[\ud800-\udfff])"
_DASH = "(?P<dash>-{2,})"
_EMPHASIS = r"(?P<emphasis>(?<!\w)_+(?=\S)|(?<=\S)_+(?!\w))"
_ENTITY = r"(?P<entity>&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)"
_BACKSLASH = r"(?P<backslash>\\+)"

_ANY = (_RUN, _SURROGATE)
_OF_FORMAT = {"text": (_DASH, _EMPHASIS), "markdown": (_ENTITY,)}
_ENDED = re.compile(r"[.!?…:;,—–。！？][\"'”’»)\]\s]*\Z")  # noqa: RUF001  CJK stops are meant


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """Characters `start` to `end` of a passage are spoken as `after`, by `rule`."""

    start: int
    end: int
    after: str
    rule: str


def changes(text: str, *, format: str, breaks: Iterable[int] = ()) -> list[Change]:
    """What to change in a passage's characters, in order and disjoint.

    `format` is the document's; `breaks` are offsets into `text` at which a line ends.
    """
    found = [_change(match) for match in _pattern(text, format).finditer(text)]
    return _with_breaks(text, found, breaks)


def heading_stop(said: str, at: int) -> list[Change]:
    """A full stop inserted at `at` for a heading, said as `said`, that ends without any."""
    return [] if _ENDED.search(said) else [Change(at, at, ".", "heading-stop")]


def within(found: Sequence[Change], start: int, end: int) -> Sequence[Change]:
    """Those of the changes (sorted) that belong to characters `start` to `end`.

    An insertion belongs to the character before it. No change may straddle either offset.
    """
    low = bisect_left(found, start, key=_start)
    high = bisect_right(found, end, low, key=_start)
    while low < high and found[low].end == start:
        low += 1
    while low < high and found[high - 1].end > end:
        high -= 1
    return found[low:high]


def say(text: str, found: Sequence[Change], start: int, end: int) -> str:
    """Characters `start` to `end` of a passage as they are spoken under the changes."""
    parts: list[str] = []
    position = start
    for change in within(found, start, end):
        parts += (text[position : change.start], change.after)
        position = change.end
    parts.append(text[position:end])
    return "".join(parts)


def _start(change: Change) -> int:
    return change.start


def _pattern(text: str, format: str) -> re.Pattern[str]:
    channel = (_BACKSLASH,) if "\\" in text and re.search(r"[{}&]", text) else ()
    return re.compile("|".join((*_ANY, *_OF_FORMAT.get(format, ()), *channel)))


def _change(match: re.Match[str]) -> Change:
    kind, written = str(match.lastgroup), match[0]
    after, rule = _AFTER[kind](written)
    return Change(match.start(), match.end(), after, rule)


def _run(written: str) -> tuple[str, str]:
    if any(char.isspace() for char in written):
        return " ", "whitespace"
    return "", "control" if re.search(f"[{_CONTROL}]", written) else "invisible"


def _entity(written: str) -> tuple[str, str]:
    # Decoded once: what comes out is text, and may itself be a character that is not spoken.
    decoded = html.unescape(written)
    if decoded.isspace():
        return " ", "entity"
    return "" if decoded == "\\" or re.fullmatch(BLANK, decoded) else decoded, "entity"


_AFTER: dict[str, Callable[[str], tuple[str, str]]] = {
    "run": _run,
    "surrogate": lambda _: ("\ufffd", "surrogate"),
    "dash": lambda _: ("—", "dash"),
    "emphasis": lambda _: ("", "emphasis"),
    "entity": _entity,
    "backslash": lambda _: ("", "control-channel"),
}


def _with_breaks(text: str, found: list[Change], breaks: Iterable[int]) -> list[Change]:
    needed = {
        at
        for at in breaks
        if 0 < at < len(text) and not (text[at - 1].isspace() or text[at].isspace())
    }
    if not needed:
        return found
    inside = {index for at in needed if (index := _around(found, at)) is not None}
    free = (at for at in needed if _around(found, at) is None)
    spaced = (
        Change(change.start, change.end, change.after or " ", change.rule)
        if index in inside
        else change
        for index, change in enumerate(found)
    )
    return sorted([*spaced, *(Change(at, at, " ", "line-break") for at in free)])


def _around(found: list[Change], at: int) -> int | None:
    """The index of the change that `at` lies inside of."""
    index = bisect_left(found, at, key=_start) - 1
    return index if index >= 0 and found[index].end > at else None
