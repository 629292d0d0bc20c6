"""Entries that can be carried out, lexicons of several scopes as one, and the form that is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.documents import Pronunciation
from narrator.domain.errors import OptionRefused, ToolFailed
from narrator.domain.lexicon import (
    MOST_ENTRIES,
    MOST_PATTERNS,
    NO_LEXICON,
    Entry,
    EntryKind,
    Lexicon,
    Scope,
    conflicts,
    lexicon_from_json,
    lexicon_of,
    lexicon_to_json,
    merged,
    takes_ipa,
    with_entries,
    with_own,
    without_entry,
)

IPA, REGEX = EntryKind.IPA, EntryKind.REGEX


def lexicon(*pairs: tuple[str, str]) -> Lexicon:
    return Lexicon(entries=tuple(Entry(written=written, said=said) for written, said in pairs))


def test_the_narrower_scope_comes_first():
    scopes = {
        Scope.GLOBAL: lexicon(("a", "global"), ("b", "global")),
        Scope.TENANT: lexicon(("A", "tenant")),
        Scope.BOOK: lexicon(("c", "book")),
    }
    assert [entry.said for entry in merged(scopes).entries] == ["book", "tenant", "global"]


def test_what_never_counts_is_a_conflict_if_it_says_something_else():
    scopes = {
        Scope.GLOBAL: lexicon(("a", "one"), ("b", "two")),
        Scope.BOOK: lexicon(("a", "other"), ("b", "two")),
    }
    (found,) = conflicts(scopes)
    assert (found.counts.said, found.counts_in) == ("other", Scope.BOOK)
    assert (found.other.said, found.other_in) == ("one", Scope.GLOBAL)


def test_an_alias_stays_beside_ipa_for_the_same_word():
    ipa = Lexicon(entries=(Entry(kind=IPA, written="a", said="ej"),))
    scopes = {Scope.BOOK: ipa, Scope.GLOBAL: lexicon(("a", "ay"))}
    assert len(merged(scopes).entries) == 2
    assert conflicts(scopes) == []


def test_no_scopes_are_no_lexicon():
    assert merged({}) == NO_LEXICON


def test_an_entry_takes_the_place_of_the_one_for_the_same_words():
    edited = with_entries(lexicon(("a", "1"), ("b", "2")), lexicon(("A", "3")).entries)
    assert edited == lexicon(("A", "3"), ("b", "2"))


def test_an_entry_can_be_taken_out():
    assert without_entry(lexicon(("a", "1"), ("b", "2")), "a") == lexicon(("b", "2"))


def test_an_entry_that_is_not_there_cannot_be_taken_out():
    with pytest.raises(OptionRefused):
        without_entry(lexicon(("a", "1")), "b")


@pytest.mark.parametrize(
    ("kind", "written", "said"),
    [
        (EntryKind.ALIAS, " ", "x"),
        (EntryKind.ALIAS, "a ", "x"),
        (EntryKind.ALIAS, "a" * 201, "x"),
        (EntryKind.ALIAS, "a", "x" * 501),
        (EntryKind.ALIAS, "a", "\\{"),
        (EntryKind.ALIAS, "a", "b\nc"),
        (EntryKind.ALIAS, "a", "\ud800"),
        (IPA, "a", ""),
        (IPA, "a b", "x"),
        (IPA, 'a"', "x"),
        (IPA, "a", "x" * 16),
        (IPA, "a" * 50, "x" * 129),
    ],
)
def test_what_cannot_be_carried_out_is_refused(kind, written, said):
    with pytest.raises(OptionRefused):
        Entry(kind=kind, written=written, said=said)


def test_there_are_only_so_many_regular_expressions():
    entries = tuple(Entry(kind=REGEX, written=f"a{n}", said="") for n in range(MOST_PATTERNS + 1))
    with pytest.raises(OptionRefused, match="regular expressions"):
        Lexicon(entries=entries)


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ("word", "entry 1 is no object"),
        ({"said": "b"}, "entry 1 has no 'written'"),
        ({"written": "a", "said": "b", "note": "c"}, "unknown"),
        ({"written": "a", "said": "b", "exact_case": 1}, "another type"),
        ({"written": "a", "said": "b", "kind": "sampa"}, "no known kind"),
        ({"written": "a", "said": "{"}, "entry 1: "),
    ],
)
def test_a_malformed_entry_is_named(value, wrong):
    with pytest.raises(OptionRefused, match=wrong):
        lexicon_of([value])


def test_an_entry_needs_only_what_is_written_and_what_is_said():
    assert lexicon_of([{"written": "a", "said": "b"}]) == lexicon(("a", "b"))


def test_only_aura_2_in_english_and_spanish_takes_ipa():
    voices = ["aura-2-thalia-en", "aura-2-nestor-es", "aura-2-lara-de", "aura-asteria-en"]
    assert [takes_ipa(voice) for voice in voices] == [True, True, False, False]


ENTRIES = st.builds(
    Entry,
    kind=st.sampled_from([EntryKind.ALIAS, REGEX]),
    written=st.text(alphabet="aé ’東", max_size=5).map(lambda text: f"a{text}b"),
    said=st.text(alphabet="xé ’東", max_size=5),
    exact_case=st.booleans(),
    whole_words=st.booleans(),
)


@given(st.lists(ENTRIES, max_size=9))
def test_what_was_kept_is_read_as_it_was(entries):
    kept = Lexicon(entries=tuple(entries))
    assert lexicon_from_json(lexicon_to_json(kept)) == kept


def test_what_is_no_kept_lexicon_is_told():
    with pytest.raises(ToolFailed):
        lexicon_from_json(b'{"version": 1, "entries": [{"written": ""}]}')


# ------------------------------------------------------------------------------ a document's own


def own(written: str, said: str, *, ipa: bool = False) -> Pronunciation:
    return Pronunciation(written=written, said=said, ipa=ipa)


def test_what_a_document_says_itself_counts_least():
    given = lexicon(("Gent", "Ghent"))
    made = with_own(given, [own("GENT", "gents"), own("Ypres", "ipʁ", ipa=True)])
    assert made.entries == (*given.entries, Entry(kind=IPA, written="Ypres", said="ipʁ"))


@pytest.mark.parametrize(
    "one", [own("a", ""), own("a", "much more than it"), own("two words", "x", ipa=True)]
)
def test_what_of_a_document_cannot_be_carried_out_is_left_out(one):
    assert with_own(NO_LEXICON, [one]) is NO_LEXICON


def test_a_document_adds_no_more_than_a_lexicon_can_hold():
    many = [own(f"word{number}", "x") for number in range(MOST_ENTRIES + 5)]
    assert len(with_own(lexicon(("a", "b")), many).entries) == MOST_ENTRIES
