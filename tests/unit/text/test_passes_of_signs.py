"""Each pass over signs: before → after, and ordinary prose untouched."""

import pytest

from narrator.text.passes import (
    dashes,
    ellipses,
    emojis,
    emphasis,
    ligatures,
    links,
    quotes,
    spaces,
    symbols,
)
from tests.unit.text.saying import PROSE, saying

PASSES = (
    spaces,
    ligatures,
    quotes,
    dashes,
    ellipses,
    emphasis,
    links,
    emojis,
    symbols,
)


@pytest.mark.parametrize("one", PASSES, ids=lambda one: one.__name__.rpartition(".")[2])
@pytest.mark.parametrize("text", PROSE, ids=range(len(PROSE)))
@pytest.mark.parametrize("document", ["epub", "text"])
def test_ordinary_prose_is_left_as_it_is(one, text, document):
    assert saying(one.find, text, format=document) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("two\r\n   words", "two words"),
        ("two\u00a0words", "two words"),
        ("two \u2060 words", "two words"),
        ("co\u00adoperate", "cooperate"),
        ("he\u2060\u2014she\ufeff", "he\u2014she"),
        ("zero\u200bwidth", "zerowidth"),
    ],
)
def test_spaces(text, expected):
    assert saying(spaces.find, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ﬁnd the oﬃce", "find the office"),
        ("ﬀ ﬂ \u017fo ĳs", "ff fl so ijs"),
        ("\uff26\uff35\uff2c\uff2c\u3000\uff11", "FULL\u30001"),
        ("\U0001d401\U0001d428\U0001d425\U0001d41d and \U0001d4bb", "Bold and f"),
        ("Chapter Ⅻ", "Chapter XII"),
        ("what‼", "what!!"),
        ("cafe\u0301 and Å", "café and Å"),
        ("\u017f\u0307o", "\u1e61o"),
        ("2² H₂O ½ ① … № ™ µ", "2² H₂O ½ ① … № ™ µ"),
        ("naïve façade", "naïve façade"),
    ],
)
def test_ligatures(text, expected):
    assert saying(ligatures.find, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("``like this'', he said", "“like this”, he said"),
        ("`like' that", "'like' that"),
        ("„so“ and ‚so‘", "\"so“ and 'so‘"),
        ("« Bonjour », dit-il", '"Bonjour", dit-il'),
        ("«Bonjour»", '"Bonjour"'),
        ("»Guten Tag«", '"Guten Tag"'),
        ("‹ok›", "'ok'"),
        ("don´t and don`t and don′t", "don’t and don’t and don’t"),
        ("‘‘twice’’", "“twice”"),
        ("“as set”, ‘as set’, \"typed\", 'typed'", "“as set”, ‘as set’, \"typed\", 'typed'"),
        ("5' 11'' tall, 5′ 11″", "5' 11'' tall, 5′ 11″"),
        ("rock ’n’ roll, the boys’ own", "rock ’n’ roll, the boys’ own"),
    ],
)
def test_quotes(text, expected):
    assert saying(quotes.find, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("he stopped--then went", "he stopped—then went"),
        ("Mr. ---- came", "Mr. — came"),
        ("he stopped ― then", "he stopped — then"),
        ("Mr. ⸺ of ⸻", "Mr. — of —"),
        ("so - he said - it was", "so — he said — it was"),
        ("“Well,” - he said", "“Well,” — he said"),
        ("co‑operate, well‐known", "co-operate, well-known"),
        ("555‒1234 and then‒so", "555-1234 and then—so"),
        ("1914--18, pp. 12--15, 3---4", "1914–18, pp. 12–15, 3—4"),
        ("1914–18, pp. 3–4, 10 - 12, 5 − 3", "1914–18, pp. 3–4, 10 - 12, 5 − 3"),
    ],
)
def test_dashes(text, expected):
    assert saying(dashes.find, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("and then…", "and then..."),
        ("the end….", "the end..."),
        ("well . . . no", "well ... no"),
        ("the end. . . . Next", "the end... Next"),
        ("the end.\u00a0.\u00a0. Next", "the end... Next"),
        ("the end.... Next", "the end... Next"),
        ("well.. no", "well... no"),
        ("Rain ............ 12", "Rain ... 12"),
        ("wait...... now", "wait...... now"),
        ("wait... now", "wait... now"),
        ("../up and a. b. c.", "../up and a. b. c."),
        ("……", "..."),
    ],
)
def test_ellipses(text, expected):
    assert saying(ellipses.find, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("he _really_ went", "he really went"),
        ("“_You_ want", "“You want"),
        ("_many words at once_", "many words at once"),
        ("he *really* went, **now**", "he really went, now"),
        ("a =bold= word", "a bold word"),
        ("snake_case and 5 * 3 * 2 and a = b = c", "snake_case and 5 * 3 * 2 and a = b = c"),
        ("a note* here and there*", "a note* here and there*"),
    ],
)
def test_emphasis(text, expected):
    assert saying(emphasis.find, text, format="text") == expected


def test_what_looks_like_emphasis_is_read_in_other_formats():
    assert saying(emphasis.find, "a _word_ *so*", format="epub") == "a _word_ *so*"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://www.example.com/a/b?c=d#e.", "see example.com."),
        ("see http://example.com", "see example.com"),
        ("see <https://example.com/a>, then", "see example.com, then"),
        ("(at http://en.example.org/wiki/Rain_(film))", "(at en.example.org)"),
        ("www.example.co.uk/path, and on", "example.co.uk, and on"),
        ("at example.com/what/ever now", "at example.com now"),
        ("https://me:secret@example.com:8080/x", "example.com"),
        ("write to mailto:jo@example.com", "write to jo@example.com"),
        ("jo@example.com at example.com", "jo@example.com at example.com"),
        ("either/or and.or/and", "either/or and.or/and"),
        ("http:// and https://", "http:// and https://"),
    ],
)
def test_links(text, expected):
    assert saying(links.find, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("so 😀", "so grinning face"),
        ("so😀no", "so grinning face no"),
        ("so 👍🏽!", "so thumbs up medium skin tone!"),
        ("😂😂😂 ha", "face with tears of joy ha"),
        ("in 🇬🇧", "in United Kingdom"),
        ("the 👨\u200d👩\u200d👧\u200d👦 came", "the family man woman girl boy came"),
        ("⭐ and ♥ and © and ↔", "star and ♥ and © and ↔"),
        ("with ❤\ufe0f", "with red heart"),
        ("(😀)", "(grinning face)"),
        ("so 👩\u200d😀", "so woman, grinning face"),
    ],
)
def test_emoji(text, expected):
    assert saying(emojis.find, text) == expected


def test_emoji_stay_where_we_have_no_names_for_them():
    assert saying(emojis.find, "gut 😀", language="de") == "gut 😀"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Smith & Sons", "Smith and Sons"),
        ("bread&butter &c.", "bread and butter et cetera."),
        ("AT&T, R&D, Q&A", "AT&T, R&D, Q&A"),
        ("see § 5 and §§ 6", "see section 5 and sections 6"),
        ("§5", "section 5"),
        ("turn 90° at 20 °C", "turn 90 degrees at 20 degrees Celsius"),
        ("68°F", "68 degrees Fahrenheit"),
        ("№ 5 © 1999", "number 5 copyright 1999"),
        ("3 × 4 and 3×4", "3 times 4 and 3 times 4"),
        ("8 ÷ 2 ± 1 ≈ 4 −5", "8 divided by 2 plus or minus 1 about 4 minus 5"),
        ("a note† and Windows™", "a note and Windows"),
        ("½ mile, 2½ miles, 2 ½", "one half mile, 2 and a half miles, 2 and a half"),
        ("¾, 3¼, ⅔", "three quarters, 3 and a quarter, two thirds"),
        ("1⁄2 cup, 3⁄4", "one half cup, three quarters"),
        ("½ an hour, ½ of it, a ½ cup", "half an hour, half of it, a half cup"),
        ("a ½-inch pipe, ½ the size", "a half-inch pipe, half the size"),
        ("a ¼ mile, the ⅓ left, ⅓ of it", "a quarter mile, the third left, one third of it"),
        ("Copyright © 2019, Copyright ©2020", "Copyright 2019, Copyright 2020"),
        ("Copyright (c) 2001. © Copyright 2002", "Copyright 2001. Copyright 2002"),
        ("Copyright: © 2003; ©2004", "Copyright: 2003; copyright 2004"),
        ("so it was.³ “So!”⁴ he said¹²", "so it was. “So!” he said"),
        ("3 m², mc², cosh² x, ten feet²", "3 m², mc², cosh² x, ten feet²"),
        ("x ≥ 3, a ≤ b; aged ≥ 18", "x is at least 3, a is at most b; aged at least 18"),
        ("10× as fast", "10 times as fast"),
        ("3 × 4 m, 10×12 ft", "3 by 4 m, 10 by 12 ft"),
        ("1°, 21°, a 90° angle", "1 degree, 21 degrees, a 90 degree angle"),
        ("3°–5°, 5 °C–10 °C, 1°C", "3–5 degrees, 5–10 degrees Celsius, 1 degree Celsius"),
        ("40°N, 73° W", "40 degrees north, 73 degrees west"),
        ("40° 26′ N, 12′ 1″ W", "40 degrees 26 minutes north, 12 minutes 1 second west"),
        ("5′ 11″ tall, 6′, 12″", "5 feet 11 inches tall, 6′, 12″"),
        ("$5 + 3 = 12% of x², #1, a @ b", "$5 + 3 = 12% of x², #1, a @ b"),
    ],
)
def test_symbols(text, expected):
    assert saying(symbols.find, text) == expected


def test_symbols_stay_where_we_have_no_words_for_them():
    assert saying(symbols.find, "Müller & Söhne, 20°", language="de-AT") == "Müller & Söhne, 20°"
