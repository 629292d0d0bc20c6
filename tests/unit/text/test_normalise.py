"""What is said in place of what is written."""

import pytest

from narrator.text.normalise import changes, heading_stop, say


def said(text: str, *, document: str = "epub", breaks: tuple[int, ...] = ()) -> str:
    return say(text, changes(text, format=document, breaks=breaks), 0, len(text))


def rules(text: str, *, document: str = "epub") -> list[str]:
    return [change.rule for change in changes(text, format=document)]


@pytest.mark.parametrize(
    ("text", "expected", "rule"),
    [
        ("two\r\n   words", "two words", "whitespace"),
        ("two\u00a0words", "two words", "whitespace"),
        ("two \u2060 words", "two words", "whitespace"),
        ("co\u00adoperate", "cooperate", "invisible"),
        ("he\u2060\u2014she\ufeff", "he\u2014she", "invisible"),
        ("a\x07b", "ab", "control"),
        ("half \ud83d here", "half \ufffd here", "surrogate"),
        ("say \\{x\\} now", "say {x} now", "control-channel"),
        ("say \\\\\\{x", "say {x", "control-channel"),
    ],
)
def test_in_every_format(text, expected, rule):
    assert said(text) == expected
    assert set(rules(text)) == {rule}


@pytest.mark.parametrize(
    "text",
    [
        "plain words",
        "“Curly” quotes—and…",
        "naïve Ångström",
        "C:\\windows",
        "a {b} c",
        "__x__",
    ],
)
def test_what_needs_no_change_has_none(text):
    assert rules(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("he stopped--then went", "he stopped—then went"),
        ("Mr. ---- came", "Mr. — came"),
        ("he _really_ went", "he really went"),
        ("“_You_ want", "“You want"),
        ("_many words at once_", "many words at once"),
        ("snake_case", "snake_case"),
        ("co-operate", "co-operate"),
    ],
)
def test_in_plain_text(text, expected):
    assert said(text, document="text") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a &amp; b", "a & b"),
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
        ("one", 3, "one"),
        ("one", 0, "one"),
    ],
)
def test_words_on_either_side_of_a_line_s_end_are_kept_apart(text, at, expected):
    assert said(text, breaks=(at,)) == expected


@pytest.mark.parametrize("title", ["Rain.", "Rain?", "“Rain!”", "Rain:", "Rain…", "(Rain.)"])
def test_a_heading_that_ends_itself_gets_no_stop(title):
    assert heading_stop(title, len(title)) == []


@pytest.mark.parametrize("title", ["Rain", "I", "“Rain”", "Rain (of a kind)"])
def test_a_heading_that_does_not_end_gets_a_stop(title):
    (change,) = heading_stop(title, len(title))
    assert (change.after, change.rule) == (".", "heading-stop")
