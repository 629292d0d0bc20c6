"""A lexicon: how words are to be pronounced.

A job is bound to a lexicon by its digest: what is kept under it never changes.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from narrator.domain.plan_json import canonical, load, malformed

LEXICON_VERSION = 1


class EntryKind(StrEnum):
    """What an entry does with the words it finds."""

    ALIAS = "alias"  # other words are said in their place
    IPA = "ipa"  # they are pronounced so, in the International Phonetic Alphabet
    REGEX = "regex"  # a regular expression, its replacement a template


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`written` (a word, a phrase, or a pattern) is said as `said`.

    `exact_case`: upper and lower case matter; `whole_words`: it is found at word boundaries only.
    """

    kind: EntryKind = EntryKind.ALIAS
    written: str
    said: str
    exact_case: bool = False
    whole_words: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """Entries in order: of two that fit at one place the longer counts, then the earlier."""

    entries: tuple[Entry, ...] = ()

    @property
    def sha256(self) -> str:
        """The digest of its JSON: the name under which it is kept."""
        return hashlib.sha256(lexicon_to_json(self)).hexdigest()


NO_LEXICON = Lexicon()


def lexicon_to_json(lexicon: Lexicon) -> bytes:
    """The lexicon in its canonical form."""
    entries = [_entry_to_json(entry) for entry in lexicon.entries]
    return canonical({"version": LEXICON_VERSION, "entries": entries})


def lexicon_from_json(data: bytes) -> Lexicon:
    """What `lexicon_to_json` wrote; raises ToolFailed for anything else."""
    value = load(data, what="lexicon", version=LEXICON_VERSION)
    try:
        return Lexicon(entries=tuple(_entry_from_json(entry) for entry in value["entries"]))
    except (KeyError, TypeError, ValueError) as error:
        raise malformed("lexicon") from error


def _entry_to_json(entry: Entry) -> dict[str, Any]:
    return {
        "kind": entry.kind.value,
        "written": entry.written,
        "said": entry.said,
        "exact_case": entry.exact_case,
        "whole_words": entry.whole_words,
    }


def _entry_from_json(value: dict[str, Any]) -> Entry:
    return Entry(**{**value, "kind": EntryKind(value["kind"])})
