r"""Pronunciations put in: what a lexicon changes in a text that all passes have been over.

Of what fits at one place the longest counts, then what comes first in the lexicon. Entries are
looked up by their first word, or where they may begin inside of one by their first characters, and
then by all of what they are for, once for each length: what it takes grows with the text, hardly
with the number of entries, however many of them begin alike.

IPA becomes Deepgram's inline control, `\{"word": "…", "pronounce": "…"\}`. Nothing else of a
lexicon can: what its entries say is without backslashes and braces.
"""

import json
import re
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from narrator.domain.errors import OptionRefused
from narrator.domain.lexicon import NO_LEXICON, Entry, EntryKind, Lexicon
from narrator.text.changes import Change
from narrator.text.effort import Effort
from narrator.text.words import UNSPACED, alike, folded, is_whole

RULE = "lexicon"

MOST_TIMES, MOST_MORE_CHARS = 10, 2_000
"""A text said through a lexicon has at most so many times its characters, and so many more."""

_WORD = re.compile(rf"[^\W_{UNSPACED}]+|[^\s\w]|_|[{UNSPACED}]")
_CONTROLS = re.compile(r"[\\{}]")
_HEAD_CHARS = 4


class _Hit(NamedTuple):
    """An entry that fits; in the order in which hits count."""

    start: int
    shorter: int  # the negative of its length
    order: int
    said: str


class _Form(NamedTuple):
    """An entry and its place in the lexicon."""

    order: int
    entry: Entry


_Alike = dict[int, dict[tuple[str, bool], list[_Form]]]
"""Entries that begin alike: by their length, then by what is looked for, and if its case counts."""


class Pronouncer:
    """A lexicon made ready, for the texts of one document: they share the effort of its patterns.

    Raises OptionRefused for a regular expression that cannot be carried out.
    """

    def __init__(
        self, lexicon: Lexicon = NO_LEXICON, *, ipa: bool = True, effort: Effort | None = None
    ) -> None:
        self._lexicon = lexicon
        self._effort = effort or Effort()
        self._words: dict[str, _Alike] = {}
        self._heads: dict[str, _Alike] = {}
        self._patterns: list[_Pattern] = []
        for order, entry in enumerate(lexicon.entries):
            if entry.kind is EntryKind.REGEX:
                self._patterns.append(_Pattern(order, entry, self._effort))
            elif ipa or entry.kind is not EntryKind.IPA:
                self._index(order, entry)

    @cached_property
    def without_ipa(self) -> "Pronouncer":
        """The same for voices that take no IPA."""
        return Pronouncer(self._lexicon, ipa=False, effort=self._effort)

    def changes(self, text: str) -> list[Change]:
        """What is said otherwise than it is written, in order and disjoint.

        Raises OptionRefused where a text would become many times as long, for a pattern that
        matches nearly everything, and where patterns have used their effort up.
        """
        if not (text and self._lexicon.entries):
            return []
        counting = _first(sorted(self._hits(text)))
        made = [each for each in counting if each.after != text[each.start : each.end]]
        more = sum(len(change.after) - (change.end - change.start) for change in made)
        if more > MOST_TIMES * len(text) + MOST_MORE_CHARS:
            raise OptionRefused(
                "with the lexicon a passage becomes many times as long as it is",
                remedy="let entries find whole words, and say no more than words",
            )
        return made

    def _index(self, order: int, entry: Entry) -> None:
        written = alike(entry.written)
        low = folded(written)
        first = _WORD.match(low)
        if entry.whole_words and first:
            begins_so = self._words.setdefault(first[0], {})
        else:
            begins_so = self._heads.setdefault(low[:_HEAD_CHARS], {})
        key = (written if entry.exact_case else low, entry.exact_case)
        begins_so.setdefault(len(low), {}).setdefault(key, []).append(_Form(order, entry))

    def _hits(self, text: str) -> Iterator[_Hit]:
        plain = alike(text)
        low = folded(plain)
        for start, form in self._fitting(plain, low):
            end = start + len(form.entry.written)
            if form.entry.whole_words and not is_whole(plain, start, end):
                continue
            if (said := _said(form.entry, text, start, end)) is not None:
                yield _Hit(start, start - end, form.order, said)
        for pattern in self._patterns:
            yield from pattern.hits(text, plain)

    def _fitting(self, plain: str, low: str) -> Iterator[tuple[int, _Form]]:
        """Entries whose words stand at a place."""
        for start, begin_so in self._candidates(low):
            for length, forms in begin_so.items():
                end = start + length
                for key in ((low[start:end], False), (plain[start:end], True)):
                    for form in forms.get(key, ()):
                        yield start, form

    def _candidates(self, low: str) -> Iterator[tuple[int, _Alike]]:
        """Entries that may begin at a place."""
        if self._words:
            words = self._words
            for match in _WORD.finditer(low):
                if match[0] in words:
                    yield match.start(), words[match[0]]
        heads = self._heads
        for length in {len(head) for head in heads}:
            for start in range(len(low) - length + 1):
                if (head := low[start : start + length]) in heads:
                    yield start, heads[head]


class _Pattern:
    """A regular expression of a lexicon."""

    def __init__(self, order: int, entry: Entry, effort: Effort) -> None:
        # RE2 is loaded for whoever has a pattern.
        from narrator.text.patterns import searcher  # noqa: PLC0415

        self._order, self._whole = order, entry.whole_words
        self._search = searcher(entry, effort)

    def hits(self, text: str, plain: str) -> Iterator[_Hit]:
        """Where it matches."""
        for found in self._search(text):
            if not self._whole or is_whole(plain, found.start, found.end):
                said = _CONTROLS.sub("", found.said)
                yield _Hit(found.start, found.start - found.end, self._order, said)


AS_WRITTEN = Pronouncer()
"""No lexicon at all."""


def pronounce(text: str, lexicon: Lexicon) -> list[Change]:
    """The changes of one text by a lexicon, for a voice that takes IPA."""
    return Pronouncer(lexicon).changes(text)


def _first(hits: list[_Hit]) -> Iterator[Change]:
    """Of hits in order those that count."""
    position = 0
    for start, shorter, _, said in hits:
        if start >= position:
            position = start - shorter
            yield Change(start, position, said, RULE)


def _said(entry: Entry, text: str, start: int, end: int) -> str | None:
    """What is said for characters `start` to `end`; None where it cannot be."""
    if entry.kind is EntryKind.ALIAS:
        return entry.said
    if text[start - 1 : start] == "\\":  # it would take the control's own backslash away
        return None
    return control(text[start:end], entry.said)


def control(word: str, ipa: str) -> str:
    """Deepgram's inline control for a word's pronunciation, in the form in which it is documented.

    Deepgram bills the word alone; characters are counted here as they are sent, which is no less.
    """
    value = json.dumps({"word": word, "pronounce": ipa}, ensure_ascii=False)
    return f"\\{value[:-1]}\\}}"
