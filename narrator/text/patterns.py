"""Regular expressions of whoever writes a lexicon: carried out in bounded time, whatever they are.

RE2 has no back-references and looks nowhere around, and in return needs time in proportion to the
text (`(x+x+)+y` is no trap). To find *all* matches can still take the square of a text's length, so
that it is searched in pieces, cut after blanks. And proportion is not enough: a pattern of 200
characters can be a program of 8,000 instructions, each of which counts at each character. So what
patterns may cost a document is counted beforehand (`Effort`): the same for the same text, whatever
the machine.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import re2

from narrator.domain.errors import OptionRefused
from narrator.domain.lexicon import Entry
from narrator.text.effort import Effort

PIECE_CHARS = 2_000
MOST_MATCHES = 400
"""Of one pattern in one piece: what is found more often is found in every other word."""

_MEMORY_BYTES = 8 << 20
_REFERENCE = re.compile(r"\\(?:(?P<number>[0-9])|g<(?P<name>\w+)>|(?P<other>.?))", re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Found:
    """A match: characters `start` to `end`, and what is said in their place."""

    start: int
    end: int
    said: str


def searcher(entry: Entry, effort: Effort) -> Callable[[str], Iterator[Found]]:
    """What finds an entry's matches in a text, in order; those of no length are left out.

    Raises OptionRefused for a pattern, or a template, that is none; and, when it is used, for one
    that matches nearly everything, and where its `effort` is used up.
    """
    pattern = _compiled(entry)
    _check_template(entry.said, pattern)
    instructions = pattern.programsize

    def search(text: str) -> Iterator[Found]:
        fit = _SURROGATE.sub("\ufffd", text)
        for start, end in _pieces(fit):
            effort.spend(instructions * (end - start))
            for number, match in enumerate(pattern.finditer(fit[start:end])):
                if number == MOST_MATCHES:
                    raise _too_many()
                low, high = match.span()
                effort.spend(instructions * (end - start - high))
                if low < high:
                    yield Found(start + low, start + high, _expanded(entry.said, match))

    return search


def _compiled(entry: Entry) -> Any:  # noqa: ANN401 - RE2 ships no types
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = entry.exact_case
    options.max_mem = _MEMORY_BYTES
    try:
        return re2.compile(entry.written, options)
    except re2.error as error:
        said = error.args[0] if error.args else b""
        words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise OptionRefused(
            f"a regular expression cannot be carried out: {words}",
            remedy="RE2's syntax is taken: no back-references, nothing that looks ahead or behind",
        ) from None


def _check_template(template: str, pattern: Any) -> None:  # noqa: ANN401 - RE2 ships no types
    for reference in _REFERENCE.finditer(template):
        name, number = reference["name"], reference["number"]
        there = name in pattern.groupindex if name else number and int(number) <= pattern.groups
        if not there:
            raise OptionRefused(
                "what is to be said for a regular expression names a group that it does not have",
                remedy=r"groups are named \1 to \9, or \g<name>; no other backslash is taken",
            )


def _expanded(template: str, match: Any) -> str:  # noqa: ANN401 - RE2 ships no types
    def group(reference: re.Match[str]) -> str:
        name = reference["name"]
        return match[name or int(reference["number"])] or ""

    return _REFERENCE.sub(group, template)


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Stretches of at most PIECE_CHARS, each but the last cut after a blank where there is one."""
    start = 0
    while len(text) - start > PIECE_CHARS:
        blank = text.rfind(" ", start, start + PIECE_CHARS)
        end = blank + 1 if blank > start else start + PIECE_CHARS
        yield start, end
        start = end
    yield start, len(text)


def _too_many() -> OptionRefused:
    return OptionRefused(
        "a regular expression of the lexicon matches nearly everything",
        remedy="let it match only the words that it is for",
    )
