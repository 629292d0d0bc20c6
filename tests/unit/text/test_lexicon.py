# ruff: noqa: RUF001 - letters of the phonetic alphabet look like others
"""What a lexicon changes: which words are found, what is said in their place, and in what time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.choices import TextChoices, TextPass
from narrator.domain.documents import (
    Chapter,
    Document,
    Insertion,
    Metadata,
    Passage,
    PassageKind,
    Pronunciation,
    Span,
)
from narrator.domain.errors import OptionRefused
from narrator.domain.lexicon import Entry, EntryKind, Lexicon
from narrator.domain.plan import Plan, spoken
from narrator.text.changes import apply, sound
from narrator.text.effort import MOST_STEPS, Effort
from narrator.text.lexicon import Pronouncer, control, pronounce
from narrator.text.patterns import PIECE_CHARS
from narrator.text.plan import make_plan

IPA, REGEX = EntryKind.IPA, EntryKind.REGEX
DUPILUMAB = Entry(kind=IPA, written="dupilumab", said="duːˈpɪljuːmæb")


def said(text: str, *entries: Entry) -> str:
    lexicon = Lexicon(entries=entries)
    return apply(text, pronounce(text, lexicon))


def alias(written: str, said: str = "*", *, exact_case: bool = False, whole_words: bool = True):
    return Entry(written=written, said=said, exact_case=exact_case, whole_words=whole_words)


def pattern(written: str, said: str, *, whole_words: bool = True) -> Entry:
    return Entry(kind=REGEX, written=written, said=said, whole_words=whole_words)


@pytest.mark.parametrize(
    ("written", "text", "expected"),
    [
        ("Holmes", "Holmes, Holmes-like.", "*, *-like."),
        ("Holmes", "Holmes’s and Holmes's", "*’s and *'s"),
        ("Holmes", "‘Holmes’ Holmesian", "‘*’ Holmesian"),
        ("can", "can't CAN", "can't *"),
        ("can't", "can’t can", "* can"),
        ("Brien", "O'Brien", "O'Brien"),
        ("well-known", "a well‑known man", "a * man"),
        ("St. Ives", "St. Ives; St. Ivest", "*; St. Ivest"),
        ("&c.", "this, &c. and so", "this, * and so"),
        ("3", "3 3.14 3,000 3.", "* 3.14 3,000 *."),
        ("e", "e\u0301 e", "e\u0301 *"),
        ("Straße", "STRAßE straße", "* *"),
        ("東京", "東京大学", "*大学"),
        ("iPhone", "iPhoneの", "*の"),
        ("ΟΔΟΣ", "οδος οδοσ", "* *"),
        ("İx", "İx", "*"),
    ],
)
def test_words_are_found_whole(written, text, expected):
    assert said(text, alias(written)) == expected


def test_an_entry_can_be_found_inside_of_words():
    assert said("Worcester, Leicester", alias("cester", "ster", whole_words=False)) == (
        "Worster, Leister"
    )


def test_a_single_character_can_be_found_inside_of_words():
    assert said("naïve ï", alias("ï", "i", whole_words=False)) == "naive i"


def test_case_matters_where_the_entry_says_so():
    assert said("Polish the Polish", alias("Polish", "Pole-ish", exact_case=True)) == (
        "Pole-ish the Pole-ish"
    )
    assert said("polish it", alias("Polish", "Pole-ish", exact_case=True)) == "polish it"


def test_the_longest_counts():
    entries = (alias("St", "Saint"), alias("St John", "Sinjin"))
    assert said("St John of St Ives", *entries) == "Sinjin of Saint Ives"


def test_of_equally_long_ones_the_earlier_counts():
    assert said("live", alias("live", "lyve"), alias("live", "liv")) == "lyve"


def test_what_begins_first_counts():
    assert said("a b c", alias("a b", "1"), alias("b c", "23")) == "1 c"


def test_an_entry_that_says_its_own_words_protects_them():
    entries = (alias("Reading Gaol"), alias("Reading", "Redding"))
    kept = Entry(written="Reading room", said="Reading room")
    assert said("Reading, Reading room", *entries, kept) == "Redding, Reading room"


def test_nothing_said_leaves_words_out():
    assert said("He [sic] went", alias("[sic]", "")) == "He  went"


def test_ipa_becomes_the_inline_control():
    assert said("Dupilumab works", DUPILUMAB) == (
        '\\{"word": "Dupilumab", "pronounce": "duːˈpɪljuːmæb"\\} works'
    )


def test_ipa_is_left_out_behind_a_backslash():
    assert said("\\dupilumab", DUPILUMAB) == "\\dupilumab"


def test_without_ipa_another_entry_for_the_word_counts():
    lexicon = Lexicon(entries=(DUPILUMAB, alias("dupilumab", "dew pill you mab")))
    text = "dupilumab"
    assert apply(text, Pronouncer(lexicon).without_ipa.changes(text)) == "dew pill you mab"


def test_a_pattern_says_its_template():
    entry = pattern(r"(?P<n>\d+)\s?km/h", r"\g<n> kilometres an hour (\1)")
    assert said("at 90 km/h, 5km/h", entry) == (
        "at 90 kilometres an hour (90), 5 kilometres an hour (5)"
    )


def test_a_pattern_can_make_no_control():
    text = "x{1} y\\z"
    entry = pattern(r"(\S+)\s(\S+)", r"\1\2", whole_words=False)
    assert said(text, entry) == "x1yz"


@pytest.mark.parametrize(
    ("written", "template"),
    [("(", ""), ("(?=a)", ""), (r"(a)\1", ""), ("a{1000}{1000}", ""), ("a", r"\1"), ("a", r"\x")],
)
def test_a_pattern_that_cannot_be_carried_out_is_refused(written, template):
    with pytest.raises(OptionRefused):
        said("a", pattern(written, template))


def test_a_pattern_that_matches_everything_is_refused():
    with pytest.raises(OptionRefused, match="nearly everything"):
        said("ab" * PIECE_CHARS, pattern(".*x|.", "y", whole_words=False))


def test_a_catastrophic_pattern_is_none():
    assert said("x" * 100_000, pattern("(x+x+)+y", "z")) == "x" * 100_000


@pytest.mark.parametrize("whole_words", [True, False])
def test_thousands_of_entries_that_begin_alike_take_no_time(whole_words):
    """One by one at every place they would take a minute."""
    entries = [alias(f"so so so {n}", f"{n}", whole_words=whole_words) for n in range(9_900)]
    assert said("so " * 20_000 + "so 77", *entries) == "so " * 19_998 + "77"


def test_what_would_make_a_text_many_times_as_long_is_refused():
    with pytest.raises(OptionRefused, match="many times as long"):
        said("e" * 1_000, alias("e", "e" * 500, whole_words=False))


def test_half_a_character_does_not_stop_a_pattern():
    assert said("a \ud800 b", pattern("b", "c")) == "a \ud800 c"


WORDS = st.text(alphabet="ab'’ -.3éÉİ東\u0301\\{", min_size=1, max_size=6)
ENTRIES = st.builds(
    alias,
    WORDS.map(str.strip).filter(bool),
    st.sampled_from(["", "x", "say so"]),
    exact_case=st.booleans(),
    whole_words=st.booleans(),
)


@given(st.text(alphabet="ab'’ -.3éÉİ東\u0301\\{", max_size=60), st.lists(ENTRIES, max_size=8))
def test_changes_are_sound_and_of_entries(text, entries):
    changes = pronounce(text, Lexicon(entries=tuple(entries)))
    assert sound(changes, len(text))
    assert {change.after for change in changes} <= {entry.said for entry in entries}


@given(WORDS.map(str.strip).filter(bool), st.booleans())
def test_an_entry_finds_what_it_is_written_like(written, exact_case):
    assert said(written, alias(written, exact_case=exact_case)) == "*"


def test_a_control_is_what_the_provider_documents():
    assert control("a", "b") == '\\{"word": "a", "pronounce": "b"\\}'


def planned(text: str, *entries: Entry, described: str = "") -> Plan:
    """The plan of one paragraph; `described` is said before it."""
    insertions = (Insertion(at=0, text=described, rule="figure"),) if described else ()
    passage = Passage(
        kind=PassageKind.PARAGRAPH, spans=(Span(0, len(text)),), insertions=insertions
    )
    chapter = Chapter(number=1, title="One", passages=(passage,))
    document = Document(
        format="text", source=text, metadata=Metadata(), chapters=(chapter,), skips=()
    )
    return make_plan(document, lexicon=Lexicon(entries=entries))


@given(st.lists(st.sampled_from(["dupilumab", "St", "so", "it. And", "\\", "{"]), min_size=200))
def test_a_plan_never_cuts_what_a_lexicon_says_and_can_be_undone(words):
    text = " ".join(words)
    for chapter in planned(text, DUPILUMAB, alias("St", "Saint, or street, or stop")).chapters:
        for chunk in chapter.chunks:
            assert spoken(text, chunk.spans, chunk.edits) == chunk.text
            assert chunk.text.count('\\{"word"') == chunk.text.count('"\\}')
            assert len(chunk.text) <= 1_900


@pytest.mark.parametrize(
    ("without", "said"), [((), "In Gent."), ((TextPass.PRONUNCIATIONS,), "In Ghent.")]
)
def test_a_document_s_own_pronunciations_can_be_left_out(without, said):
    own = (Pronunciation(written="Ghent", said="Gent", ipa=False),)
    passage = Passage(kind=PassageKind.PARAGRAPH, spans=(Span(0, 9),))
    document = Document(
        format="epub",
        source="In Ghent.",
        metadata=Metadata(),
        chapters=(Chapter(number=1, title="One", passages=(passage,)),),
        skips=(),
        pronunciations=own,
    )
    plan = make_plan(document, choices=TextChoices(without=without))
    assert [chunk.text for chunk in plan.chapters[0].chunks] == [said]


@pytest.mark.parametrize("before", range(330, 400, 7))
def test_a_pronunciation_in_a_long_description_is_not_cut(before):
    described = f"{'a' * before} dupilumab {'dupilumab ' * 30}"
    chunks = planned("So.", DUPILUMAB, described=described).chapters[0].chunks
    assert sum(chunk.text.count(control("dupilumab", DUPILUMAB.said)) for chunk in chunks) == 31


LARGE = ".{1,500}a.{1,490}zz"  # two hundred characters and fewer can be a program of thousands


def test_what_patterns_may_take_over_a_document_is_bounded() -> None:
    pronouncer = Pronouncer(Lexicon(entries=(pattern(LARGE, "x"),)), effort=Effort(10_000_000))
    pronouncer.changes("banana " * 50)
    with pytest.raises(OptionRefused, match="take too long over this document"):
        pronouncer.changes("banana " * 200)


def test_matches_cost_the_search_that_follows_them() -> None:
    text, effort = "a " * 300, 600 * 20
    Pronouncer(Lexicon(entries=(pattern("Z", "x"),)), effort=Effort(effort)).changes(text)
    many = Pronouncer(Lexicon(entries=(pattern("a", "x"),)), effort=Effort(effort))
    with pytest.raises(OptionRefused, match="take too long"):
        many.changes(text)


def test_voices_without_ipa_share_the_effort_of_the_others() -> None:
    pronouncer = Pronouncer(Lexicon(entries=(pattern("Z", "x"),)), effort=Effort(1_200 * 6))
    pronouncer.changes("b " * 600)
    with pytest.raises(OptionRefused, match="take too long"):
        pronouncer.without_ipa.changes("b " * 600)


def test_usual_patterns_take_a_small_part_of_what_they_may() -> None:
    """Here one of fifty, over a thousandth of 7,000,000 characters."""
    effort = Effort(MOST_STEPS // 50 // 1_000)
    usual = Pronouncer(Lexicon(entries=(pattern(r"\w+ly", "x"),)), effort=effort)
    for _ in range(14):
        usual.changes("He said so gladly, and left the old house. " * 12)
