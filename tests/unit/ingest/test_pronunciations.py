# ruff: noqa: RUF001 - letters of the phonetic alphabet look like others
"""Lexicons as files: PLS, JSON and tables."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.errors import OptionRefused
from narrator.domain.lexicon import Entry, EntryKind, Lexicon
from narrator.ingest.pls import NAMESPACE, in_pls, read_pls, write_pls
from narrator.ingest.pronunciations import MOST_BYTES, read_lexicon, write_lexicon
from narrator.ingest.read import read


def pls(lexemes: str, *, alphabet: str = "ipa", before: str = "") -> bytes:
    root = f'<lexicon version="1.0" xmlns="{NAMESPACE}" alphabet="{alphabet}" xml:lang="en">'
    return f'<?xml version="1.0"?>{before}{root}{lexemes}</lexicon>'.encode()


def entries(data: bytes) -> list[tuple[EntryKind, str, str]]:
    return [(entry.kind, entry.written, entry.said) for entry in read_lexicon(data).entries]


def test_pls_says_phonemes_and_aliases():
    data = pls(
        "<lexeme><grapheme>Ghent</grapheme><grapheme>Gent</grapheme><phoneme>ɡɛnt</phoneme></lexeme>"
        "<lexeme><grapheme>W3C</grapheme><alias>World Wide Web\n Consortium</alias></lexeme>"
    )
    assert entries(data) == [
        (EntryKind.IPA, "Ghent", "ɡɛnt"),
        (EntryKind.IPA, "Gent", "ɡɛnt"),
        (EntryKind.ALIAS, "W3C", "World Wide Web Consortium"),
    ]


def test_of_several_phonemes_the_preferred_one_counts():
    data = pls(
        "<lexeme><grapheme>a</grapheme><phoneme>x</phoneme>"
        "<phoneme prefer='true'>y</phoneme></lexeme>"
    )
    assert entries(data) == [(EntryKind.IPA, "a", "y")]


def test_another_alphabet_is_refused_by_name():
    with pytest.raises(OptionRefused, match="'x-sampa'"):
        read_pls(
            pls("<lexeme><grapheme>a</grapheme><phoneme>E</phoneme></lexeme>", alphabet="x-sampa")
        )


def test_a_phoneme_may_have_an_alphabet_of_its_own():
    data = pls(
        '<lexeme><grapheme>a</grapheme><phoneme alphabet="ipa">e</phoneme></lexeme>',
        alphabet="x-sampa",
    )
    assert entries(data) == [(EntryKind.IPA, "a", "e")]


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (pls("<lexeme>"), "well-formed"),
        (b"<html/>", "no pronunciation lexicon"),
        (pls("<lexeme><alias>a</alias></lexeme>"), "lexeme 1 has no grapheme"),
        (pls("<lexeme><grapheme>a</grapheme></lexeme>"), "neither phoneme nor alias"),
        (pls("", before='<!DOCTYPE lexicon [<!ENTITY a "b">]>'), "document type"),
        (
            pls("<lexeme><grapheme>a b</grapheme><phoneme>e</phoneme></lexeme>"),
            "lexeme 1: IPA is for one word",
        ),
        (b'{"entries": 1}', "no list of entries"),
        (b'[{"written": "a"', "well-formed JSON"),
        (b"[" * 100_000, "well-formed JSON"),
        (b"a,b\nc,d,e\n", "line 2 has 3 columns"),
        (b"a,{\n", "line 1: "),
        (b"a,\xff\n", "UTF-8"),
        (b" " * (MOST_BYTES + 1), "bytes"),
    ],
)
def test_what_is_no_lexicon_is_refused(data, wrong):
    with pytest.raises(OptionRefused, match=wrong):
        read_lexicon(data)


def test_a_table_may_have_commas_or_tabs_and_a_heading():
    assert entries(b'written,said\n"Holmes, Mr.",Homes\n\nSt,Saint\n') == [
        (EntryKind.ALIAS, "Holmes, Mr.", "Homes"),
        (EntryKind.ALIAS, "St", "Saint"),
    ]
    assert entries(b"St\tSaint, or Street\n") == [(EntryKind.ALIAS, "St", "Saint, or Street")]


def test_json_may_be_a_list_or_an_object():
    entry = {"written": "a", "said": "b", "exact_case": True}
    listed, named = json.dumps([entry]).encode(), json.dumps({"entries": [entry]}).encode()
    assert read_lexicon(listed) == read_lexicon(b"\xef\xbb\xbf" + named)


WORDS = st.text(alphabet="aé<&'東 ", min_size=1, max_size=8).map(str.strip).filter(bool)
ENTRIES = st.builds(
    Entry,
    written=WORDS,
    said=WORDS,
    exact_case=st.booleans(),
    whole_words=st.booleans(),
)
PHONEMES = st.builds(
    Entry,
    kind=st.just(EntryKind.IPA),
    written=st.sampled_from(["a", "<b>", "ç&"]),
    said=st.text(alphabet="eɪ'", min_size=1, max_size=9),
)
LEXICONS = st.lists(st.one_of(ENTRIES, PHONEMES), max_size=6).map(
    lambda each: Lexicon(entries=tuple(each))
)


@given(LEXICONS)
def test_what_pls_can_hold_comes_back_from_it(lexicon):
    held = tuple(entry for entry in lexicon.entries if in_pls(entry))
    assert read_lexicon(write_pls(lexicon, language="en")).entries == held


@given(LEXICONS)
def test_what_was_written_as_json_is_read_again(lexicon):
    assert read_lexicon(write_lexicon(lexicon).encode()) == lexicon


# ------------------------------------------------------------------------------ an EPUB's own

GHENT = "<lexeme><grapheme>Ghent</grapheme><phoneme>ɡɛnt</phoneme></lexeme>"
HEAD = '<link rel="pronunciation" type="application/pls+xml" href="{href}"/>'


def own(epub, lexicon: bytes | None, href: str = "../say/en.pls") -> list[tuple[str, str, bool]]:
    page = (
        '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>T</title>'
        f"{HEAD.format(href=href)}</head><body><p>In Ghent.</p></body></html>"
    )
    held = {"OPS/a.xhtml": page.encode()} | ({"say/en.pls": lexicon} if lexicon else {})
    document = read(epub({"a.xhtml": ""}, files=held), "b.epub")
    return [(each.written, each.said, each.ipa) for each in document.pronunciations]


def test_the_lexicon_that_a_page_links_to_comes_with_the_document(epub):
    lexemes = GHENT + "<lexeme><grapheme>UN</grapheme><alias>United Nations</alias></lexeme>"
    assert own(epub, pls(lexemes)) == [("Ghent", "ɡɛnt", True), ("UN", "United Nations", False)]


@pytest.mark.parametrize(
    "lexicon",
    [
        None,
        b"<lexicon",
        pls(GHENT, before="<!DOCTYPE lexicon>"),
        pls(GHENT).replace(b'xml:lang="en"', b'xml:lang="nl-BE"'),
        pls(GHENT, alphabet="x-sampa"),
        pls("<lexeme><grapheme>Ghent</grapheme></lexeme>"),
        pls(GHENT.replace("<lexeme>", '<lexeme role="a:verb">')),
    ],
)
def test_a_book_is_read_whatever_is_wrong_with_its_lexicon(epub, lexicon):
    assert own(epub, lexicon) == []


def test_one_bad_lexeme_does_not_cost_the_others(epub):
    assert own(epub, pls("<lexeme/>" + GHENT)) == [("Ghent", "ɡɛnt", True)]


@pytest.mark.parametrize("href", ["https://example.com/en.pls", "http://[", "absent.pls"])
def test_no_lexicon_outside_of_the_book_is_read(epub, href):
    assert own(epub, pls(GHENT), href) == []
