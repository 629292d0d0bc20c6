"""A lexicon: how words are to be pronounced.

A job is bound to a lexicon by its digest: what is kept under it never changes. Lexicons of several
scopes become one by `merged`: a narrower scope's entry counts more.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import Any

from narrator.domain.documents import Pronunciation
from narrator.domain.errors import OptionRefused
from narrator.domain.plan_json import canonical, load, malformed

LEXICON_VERSION = 1

MOST_ENTRIES = 10_000
MOST_PATTERNS = 50
"""Regular expressions are tried one by one, everywhere."""

LONGEST_WRITTEN_CHARS = 200
LONGEST_SAID_CHARS = 500
"""Of an alias or a template. What is said is paid for: nobody's word has an essay for a name."""

IPA_CHARS, IPA_TIMES, IPA_FLOOR_CHARS = 128, 10, 15
"""Deepgram takes IPA of 128 characters, and of ten times the word's own, or 15 for a short word."""

_CONTROLS = frozenset("\\{}")  # of which Deepgram's inline control channel is made


class Scope(StrEnum):
    """For what a lexicon counts; the narrower scope counts more."""

    GLOBAL = "global"  # every document of the installation
    TENANT = "tenant"  # every document of a tenant
    BOOK = "book"  # one document: given with it


class EntryKind(StrEnum):
    """What an entry does with the words it finds."""

    ALIAS = "alias"  # other words are said in their place
    IPA = "ipa"  # they are pronounced so, in the International Phonetic Alphabet
    REGEX = "regex"  # a regular expression, its replacement a template


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    r"""`written` (a word, a phrase, or a pattern) is said as `said`.

    `exact_case`: upper and lower case matter; `whole_words`: it is found at word boundaries only.
    Nothing said leaves the words out. A pattern's `said` may name its groups: `\1`, `\g<name>`.
    Raises OptionRefused for what could not be carried out; the reason is without the words, but for
    what is wrong in them.
    """

    kind: EntryKind = EntryKind.ALIAS
    written: str
    said: str
    exact_case: bool = False
    whole_words: bool = True

    def __post_init__(self) -> None:
        if fault := _fault(self):
            raise OptionRefused(fault, remedy="docs/lexicons.md says what an entry may be")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """Entries in order: of two that fit at one place the longer counts, then the earlier.

    Raises OptionRefused for more entries than can be carried out in reasonable time.
    """

    entries: tuple[Entry, ...] = ()

    def __post_init__(self) -> None:
        patterns = sum(entry.kind is EntryKind.REGEX for entry in self.entries)
        for number, most, what in (
            (len(self.entries), MOST_ENTRIES, "entries"),
            (patterns, MOST_PATTERNS, "regular expressions"),
        ):
            if number > most:
                raise OptionRefused(
                    f"the lexicon has {number:,} {what}",
                    remedy=f"at most {most:,} can be carried out: leave out what is not needed",
                )

    @property
    def sha256(self) -> str:
        """The digest of its JSON: the name under which it is kept."""
        return hashlib.sha256(lexicon_to_json(self)).hexdigest()


NO_LEXICON = Lexicon()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two entries for the same words that say something else; the first is the one that counts."""

    counts: Entry
    counts_in: Scope
    other: Entry
    other_in: Scope


def takes_ipa(voice: str) -> bool:
    """Whether Deepgram's inline pronunciation works with a voice of that name.

    Those of Aura-2 in English and Spanish take it (Deepgram's changelog of 4 May 2026).
    """
    return voice.startswith("aura-2-") and voice.endswith(("-en", "-es"))


# ------------------------------------------------------------------------------ scopes


def merged(scopes: Mapping[Scope, Lexicon]) -> Lexicon:
    """One lexicon of all scopes: narrower ones first, without what never comes to count."""
    first: dict[object, Entry] = {}
    for _, entry in _narrowest_first(scopes):
        first.setdefault(_finds(entry), entry)
    return Lexicon(entries=tuple(first.values()))


def conflicts(scopes: Mapping[Scope, Lexicon]) -> list[Conflict]:
    """Entries that never count, because a narrower or earlier one says the same words otherwise."""
    first: dict[object, tuple[Scope, Entry]] = {}
    found = []
    for scope, entry in _narrowest_first(scopes):
        where, counts = first.setdefault(_finds(entry), (scope, entry))
        if counts.said != entry.said:
            found.append(Conflict(counts=counts, counts_in=where, other=entry, other_in=scope))
    return found


def with_own(lexicon: Lexicon, own: Iterable[Pronunciation]) -> Lexicon:
    """The lexicon, and beneath it what a document says itself of words that it does not have.

    Of a document's pronunciations those are left out that could not be carried out, that would be
    too many, or say nothing, or much more than is written: they are nobody's choice.
    """
    there = {each.written.casefold() for each in lexicon.entries}
    added = (_of_document(each) for each in own if each.written.casefold() not in there)
    room = MOST_ENTRIES - len(lexicon.entries)
    entries = tuple(islice((each for each in added if each), room))
    return replace(lexicon, entries=lexicon.entries + entries) if entries else lexicon


def _of_document(one: Pronunciation) -> Entry | None:
    kind = EntryKind.IPA if one.ipa else EntryKind.ALIAS
    if not 0 < len(one.said) <= IPA_TIMES * len(one.written):
        return None
    try:
        return Entry(kind=kind, written=one.written, said=one.said)
    except OptionRefused:
        return None


def _narrowest_first(scopes: Mapping[Scope, Lexicon]) -> Iterator[tuple[Scope, Entry]]:
    for scope in (Scope.BOOK, Scope.TENANT, Scope.GLOBAL):
        for entry in scopes.get(scope, NO_LEXICON).entries:
            yield scope, entry


def _finds(entry: Entry) -> object:
    """What an entry finds. IPA is apart: where a voice does not take it, another entry may do."""
    is_exact = entry.exact_case or entry.kind is EntryKind.REGEX
    written = entry.written if is_exact else entry.written.casefold()
    return entry.kind, written, entry.exact_case, entry.whole_words


# ------------------------------------------------------------------------------ edits


def with_entries(lexicon: Lexicon, entries: Iterable[Entry]) -> Lexicon:
    """The lexicon with these, each in the place of the one that finds the same words, if any."""
    there = {_finds(each): each for each in lexicon.entries}
    there |= {_finds(each): each for each in entries}
    return Lexicon(entries=tuple(there.values()))


def without_entry(lexicon: Lexicon, written: str) -> Lexicon:
    """The lexicon without the entries for these words; raises OptionRefused if there are none."""
    kept = tuple(entry for entry in lexicon.entries if entry.written != written)
    if len(kept) == len(lexicon.entries):
        raise OptionRefused(
            "the lexicon has no entry for these words",
            remedy="name them as they are written there: `narrator lexicon show` lists them",
        )
    return Lexicon(entries=kept)


# ------------------------------------------------------------------------------ as it is kept


def lexicon_to_json(lexicon: Lexicon) -> bytes:
    """The lexicon in its canonical form."""
    return canonical({"version": LEXICON_VERSION, "entries": entries_to_json(lexicon)})


def lexicon_from_json(data: bytes) -> Lexicon:
    """What `lexicon_to_json` wrote; raises ToolFailed for anything else."""
    value = load(data, what="lexicon", version=LEXICON_VERSION)
    try:
        return lexicon_of(value["entries"])
    except (KeyError, TypeError, OptionRefused) as error:
        raise malformed("lexicon") from error


def entries_to_json(lexicon: Lexicon) -> list[dict[str, Any]]:
    """The entries, each an object with all its fields."""
    return [
        {
            "kind": entry.kind.value,
            "written": entry.written,
            "said": entry.said,
            "exact_case": entry.exact_case,
            "whole_words": entry.whole_words,
        }
        for entry in lexicon.entries
    ]


def lexicon_of(values: Sequence[object]) -> Lexicon:
    """The lexicon of entries as JSON objects; only `written` and `said` are needed.

    Raises OptionRefused naming the entry (counted from 1) and what is wrong with it.
    """
    if len(values) > MOST_ENTRIES:
        raise OptionRefused(
            f"the lexicon has {len(values):,} entries", remedy=f"at most {MOST_ENTRIES:,} are taken"
        )
    entries = (_entry_of(value, f"entry {n}") for n, value in enumerate(values, start=1))
    return Lexicon(entries=tuple(entries))


def named_entry(where: str, fields: Mapping[str, Any]) -> Entry:
    """The entry of these fields; what is wrong with it is said to be at `where`."""
    try:
        return Entry(**fields)
    except OptionRefused as error:
        raise OptionRefused(f"{where}: {error.reason}", remedy=error.remedy) from None


_FIELDS: Mapping[str, type] = {
    "kind": str,
    "written": str,
    "said": str,
    "exact_case": bool,
    "whole_words": bool,
}


def _entry_of(value: object, where: str) -> Entry:
    if not isinstance(value, dict):
        raise _malformed_entry(f"{where} is no object")
    for name in ("written", "said"):
        if name not in value:
            raise _malformed_entry(f"{where} has no {name!r}")
    if any(not isinstance(value[name], _FIELDS.get(name, _Unknown)) for name in value):
        raise _malformed_entry(f"{where} has a field that is unknown or of another type")
    if value.get("kind", EntryKind.ALIAS) not in set(EntryKind):
        raise _malformed_entry(f"{where} is of no known kind")
    kind = EntryKind(value.get("kind", EntryKind.ALIAS))
    return named_entry(where, {**value, "kind": kind})


class _Unknown:
    """The type of no JSON value."""


def _malformed_entry(reason: str) -> OptionRefused:
    return OptionRefused(
        reason, remedy=f"an entry has {', '.join(_FIELDS)}; kinds: {', '.join(EntryKind)}"
    )


# ------------------------------------------------------------------------------ what can be


def _fault(entry: Entry) -> str:
    """What is wrong with an entry; nothing for one that can be carried out."""
    checks = (_shape_faults, _CHECKS[entry.kind])
    return next((fault for check in checks for fault in check(entry)), "")


def _shape_faults(entry: Entry) -> Iterator[str]:
    if not entry.written.strip():
        yield "it does not say which words it is for"
    if entry.written != entry.written.strip() and entry.kind is not EntryKind.REGEX:
        yield "its words begin or end with a blank"
    if len(entry.written) > LONGEST_WRITTEN_CHARS:
        yield f"its words have more than {LONGEST_WRITTEN_CHARS} characters"
    if len(entry.said) > LONGEST_SAID_CHARS:
        yield f"what is to be said has more than {LONGEST_SAID_CHARS} characters"
    if _unprintable(entry.written + entry.said):
        yield "it holds a control character, or half of one"


def _alias_faults(entry: Entry) -> Iterator[str]:
    if _CONTROLS & set(entry.said):
        yield "what is to be said holds a backslash or a brace, of which the voice makes controls"


def _ipa_faults(entry: Entry) -> Iterator[str]:
    if not entry.said.strip():
        yield "it does not say how the word is pronounced"
    if any(char.isspace() for char in entry.written + entry.said):
        yield "IPA is for one word, without blanks; an alias can be for several"
    if (_CONTROLS | {'"'}) & set(entry.written + entry.said):
        yield "a word with IPA can hold no backslash, brace or straight quotation mark"
    if len(entry.said) > min(IPA_CHARS, _ipa_allowance(entry.written)):
        yield "its pronunciation is longer than Deepgram takes for a word of that length"


def _ipa_allowance(written: str) -> int:
    return max(IPA_FLOOR_CHARS, IPA_TIMES * len(written))


def _regex_faults(_entry: Entry) -> Iterator[str]:
    """Whether the pattern can be carried out is known to who carries it out (`text.patterns`)."""
    return iter(())


_CHECKS = {
    EntryKind.ALIAS: _alias_faults,
    EntryKind.IPA: _ipa_faults,
    EntryKind.REGEX: _regex_faults,
}


def _unprintable(text: Iterable[str]) -> bool:
    return any(
        char < " " or "\x7f" <= char <= "\x9f" or "\ud800" <= char <= "\udfff" for char in text
    )
