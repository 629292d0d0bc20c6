"""What is said in place of what is written, whatever passes there are, and by all of them."""

import pytest

from narrator.domain.choices import TextPass
from narrator.domain.documents import PassageKind
from narrator.text.changes import apply
from narrator.text.passes import ORDER, finders
from narrator.text.wording import Wording

BARE = finders(TextPass)


def said(text: str, *, document: str = "epub", breaks: tuple[int, ...] = (), bare=False) -> str:
    wording = Wording(format=document, finders=BARE if bare else finders())
    return apply(text, wording.changes(text, PassageKind.PARAGRAPH, breaks))


def rules(text: str, *, document: str = "epub") -> list[str]:
    changes = Wording(format=document).changes(text, PassageKind.PARAGRAPH)
    return [change.rule for change in changes]


def test_every_pass_is_applied():
    assert set(ORDER) == set(TextPass) - {TextPass.PRONUNCIATIONS}  # which are a lexicon's


@pytest.mark.parametrize(
    ("text", "expected", "rule"),
    [
        ("a\x07b", "ab", "control"),
        ("half \ud83d here", "half \ufffd here", "surrogate"),
        ("say \\{x\\} now", "say {x} now", "control-channel"),
        ("say \\\\\\{x", "say {x", "control-channel"),
        ("two \x07 words", "two words", "control+whitespace"),
    ],
)
def test_in_every_format(text, expected, rule):
    assert said(text) == expected
    assert set(rules(text)) == {rule}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x07b", "ab"),
        ("half \ud83d", "half \ufffd"),
        ("say \\{x\\} now", "say {x} now"),
        ("two\x0clines\n\nthree", "two lines three"),
        ("two  words", "two  words"),
    ],
)
def test_what_no_voice_may_be_sent_is_none_of_the_passes_business(text, expected):
    assert said(text, bare=True) == expected


@pytest.mark.parametrize(
    "text",
    [
        "plain words",
        "“Curly” quotes—and…",
        "naïve Ångström",
        "C:\\windows",
        "a {b} c",
        "It cost $3.50, or 12%, on 3 May 1914 at 10:30; see pp. 12–18.",
        "Mr. Holmes, I think, of 221B Baker St., said “No!”",
    ],
)
def test_what_needs_no_change_has_none(text):
    assert rules(text.replace("…", "...")) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a &amp; b", "a and b"),
        ("a&nbsp;b", "a b"),
        ("&lt;tag&gt;", "<tag>"),
        ("&#233;t&#xE9;", "été"),
        ("AT&T; &unknown;", "AT&T; &unknown;"),
        ("&#92;{pause}", "{pause}"),
        ("\\&#123;", "{"),
    ],
)
def test_in_markdown(text, expected):
    assert said(text, document="markdown") == expected


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("onetwo", 3, "one two"),
        ("one two", 3, "one two"),
        ("one two", 4, "one two"),
        ("one\u2060\u2060two", 4, "one two"),
        ("one\u2060two", 4, "one two"),
        ("one", 3, "one"),
        ("one", 0, "one"),
    ],
)
def test_words_on_either_side_of_a_line_s_end_are_kept_apart(text, at, expected):
    assert said(text, breaks=(at,)) == expected


def test_passes_see_what_those_before_them_made():
    heading = Wording().said("CHAPTER\n ⅩⅣ", PassageKind.HEADING)
    assert heading == "Chapter 14."


def test_a_pass_that_is_left_out_leaves_its_characters():
    wording = Wording(finders=finders([TextPass.ROMANS, TextPass.HEADINGS]))
    assert wording.said("CHAPTER XIV", PassageKind.HEADING) == "Chapter XIV"
