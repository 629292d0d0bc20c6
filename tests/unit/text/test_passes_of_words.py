"""Each pass over numerals, capitals and headings: before → after, and ordinary prose untouched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.documents import PassageKind
from narrator.text.passes import capitals, headings, ordinals, romans
from narrator.text.passes.numerals import ordinal, ordinal_word, value_of
from tests.unit.text.saying import PROSE, heading, saying


@pytest.mark.parametrize("one", [capitals, headings, ordinals, romans])
@pytest.mark.parametrize("text", PROSE, ids=range(len(PROSE)))
def test_ordinary_prose_is_left_as_it_is(one, text):
    assert saying(one.find, text, words=capitals.known(" ".join(PROSE))) == text


# ------------------------------------------------------------------------------ numerals

TENS = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


@given(st.integers(1, 49))
def test_a_roman_numeral_has_its_value(number):
    left, numeral = number, ""
    for value, letters in ((40, "XL"), *TENS):
        while left >= value:
            numeral, left = numeral + letters, left - value
    assert value_of(numeral) == value_of(numeral.lower()) == number


@pytest.mark.parametrize("word", ["", "IIX", "MIXED", "VV", "CIVIL", "IC", "a", "XIV "])
def test_what_is_no_numeral_has_none(word):
    assert value_of(word) == 0


def test_ordinals_in_digits_and_words():
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th",
    ]  # fmt: skip
    assert [ordinal_word(n) for n in (1, 8, 19, 20, 23, 39, 40)] == [
        "First", "Eighth", "Nineteenth", "Twentieth", "Twenty-third", "Thirty-ninth", "40th",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("XIV", "14"),
        ("I", "1"),
        ("IV.", "4."),
        ("III. The Fire", "3. The Fire"),
        ("CHAPTER XIV.", "CHAPTER 14."),
        ("Chapter I", "Chapter 1"),
        ("Book II: The Golden Thread", "Book 2: The Golden Thread"),
        ("ACT III, SCENE II", "ACT 3, SCENE 2"),
        ("Act III, scene ii", "Act 3, scene 2"),
        ("HENRY VIII", "HENRY the Eighth"),
        ("I Am Born", "I Am Born"),
        ("C", "C"),
        ("MIX", "MIX"),
        ("Civil War", "Civil War"),
    ],
)
def test_romans_in_headings(text, expected):
    assert heading(romans.find, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Henry VIII’s wives", "Henry the Eighth’s wives"),
        ("Louis XIV and Louis XVIII", "Louis the Fourteenth and Louis the Eighteenth"),
        ("Pope John XXIII said", "Pope John the Twenty-third said"),
        ("King James I and Charles I’s head", "King James the First and Charles the First’s head"),
        ("Elizabeth I of England", "Elizabeth the First of England"),
        ("It was James I knew, and Mary, I think", "It was James I knew, and Mary, I think"),
        ("George V. Smith, John C. Calhoun", "George V. Smith, John C. Calhoun"),
        ("under George V.", "under George the Fifth."),
        ("in Part II of Book IV", "in Part 2 of Book 4"),
        ("see Part I, then", "see Part 1, then"),
        ("the part I played in Book I liked", "the part I played in Book I liked"),
        ("“No. I—I cannot. No. I, too”", "“No. I—I cannot. No. I, too”"),
        ("For my part I, too, wept; a book I and he", "For my part I, too, wept; a book I and he"),
        ("in act I, scene ii; in part I; No. IV", "in act 1, scene 2; in part 1; No. 4"),
        ("after World War II", "after World War 2"),
        ("vol. iii and chapter xii", "vol. 3 and chapter 12"),
        ("Chapter V and VI, Chapters II and III", "Chapter 5 and 6, Chapters 2 and 3"),
        ("Parts I–III, Books I, II and IV", "Parts 1–3, Books 1, 2 and 4"),
        ("parts I and II; see Book II and I will", "parts 1 and 2; see Book 2 and I will"),
        ("Book II, V. S. Naipaul, and I", "Book 2, V. S. Naipaul, and I"),
        ("as Part I shows; the articles I, too", "as Part I shows; the articles I, too"),
        ("pp. xii–xiv, p. v, page ix", "pp. 12–14, p. 5, page 9"),
        ("Type I errors, Type II diabetes", "Type 1 errors, Type 2 diabetes"),
        ("the type I like, Mark I knew, stage IV", "the type I like, Mark I knew, stage 4"),
        ("Title IX, Vatican II, Mk. IV", "Title 9, Vatican 2, Mk. 4"),
        ("Super Bowl LVIII and WWII", "Super Bowl 58 and World War 2"),
        ("in MCMXIV, MDCCLXXVI; MIX, MILD", "in 1914, 1776; MIX, MILD"),
        ("(i) one, (ii) two, (v) five", "(1) one, (2) two, (v) five"),
        ("f(x) and (x)", "f(x) and (x)"),
        ("under Francis I.", "under Francis the First."),
        ("a mild civil mix", "a mild civil mix"),
    ],
)
def test_romans_in_prose(text, expected):
    assert saying(romans.find, text) == expected


def test_romans_stay_in_other_languages():
    assert heading(romans.find, "Kapitel XIV", language="de") == "Kapitel XIV"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the 3ʳᵈ and 4ᵗʰ, 2ᵈ, 1ˢᵗ", "the 3rd and 4th, 2nd, 1st"),
        ("the 2nd. of May, 3rd. inst.", "the 2nd of May, 3rd inst."),
        ("the XIXth century", "the 19th century"),
        ("the 1st, 2nd. Then", "the 1st, 2nd. Then"),
        ("the XX century, the XIV Amendment", "the 20th century, the 14th Amendment"),
        ("the XVIII Airborne Corps; I Corps", "the 18th Airborne Corps; I Corps"),
    ],
)
def test_ordinals(text, expected):
    assert saying(ordinals.find, text) == expected


# ------------------------------------------------------------------------------ capitals


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("THE END", "The End"),
        ("PREFACE", "Preface"),
        ("CHAPTER 14.", "Chapter 14."),
        ("THE REIGN OF HENRY the Eighth", "The Reign Of Henry the Eighth"),
        ("A SCANDAL IN BOHEMIA", "A Scandal In Bohemia"),
        ("THE FBI AND NASA", "The FBI And NASA"),
        ("NASA", "NASA"),
        ("HTML", "HTML"),
        ("XIV", "XIV"),
        ("THE USS MAINE AND HMS HOOD", "The USS Maine And HMS Hood"),
        ("THE CFO OF THE NYSE IN MCMXIV", "The CFO Of The NYSE In MCMXIV"),
        ("THE README.md AND $HOME", "The README.md And $HOME"),
        ("J. R. R. TOLKIEN", "J. R. R. Tolkien"),
        ("A Mixed Title", "A Mixed Title"),
        ("ÉTUDE EN ROUGE", "Étude En Rouge"),
    ],
)
def test_capitals_in_headings(text, expected):
    assert heading(capitals.find, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("IT WAS a dark and stormy night", "It was a dark and stormy night"),
        ("“WHEN he came", "“When he came"),
        ("It said THE END there", "It said the end there"),
        ("he cried STOP!", "he cried stop!"),
        ("a sign: FOR SALE. NO DOGS.", "a sign: for sale. No dogs."),
        ("I AM, SAID HE", "I am, said he"),
        ("from NASA, UNICEF, the OECD, the US and the UK", None),
        ("the IT people WHO said so of AIDS", None),
        ("at AT&T, R&D", None),
        ("Henry VIII, MIX, DIX", None),
        ("EPA, OSHA", None),
        ("to the UK; IT and WHO said", None),
    ],
)
def test_capitals_in_prose(text, expected):
    known = capitals.known("STOP stop WHEN when SALE sale DOGS dogs AIDS aids END end SAID said")
    assert saying(capitals.find, text, words=known) == (expected or text)


def test_a_word_that_is_never_small_stays():
    assert capitals.known("STOP and stop, UNICEF, Stop") == {"STOP"}
    assert saying(capitals.find, "he cried STOP!") == "he cried STOP!"


# ------------------------------------------------------------------------------ headings


@pytest.mark.parametrize("title", ["Rain.", "Rain?", "“Rain!”", "Rain:", "Rain…", "(Rain.)", " "])
def test_a_heading_that_ends_itself_gets_no_stop(title):
    assert heading(headings.find, title) == title


@pytest.mark.parametrize("title", ["Rain", "I", "“Rain”", "Rain (of a kind)"])
def test_a_heading_that_does_not_end_gets_a_stop(title):
    assert heading(headings.find, f"{title} ") == f"{title}. "


def test_what_is_no_heading_gets_no_stop():
    assert saying(headings.find, "Rain") == "Rain"


@pytest.mark.parametrize(
    ("item", "expected"),
    [("Milk", "Milk."), ("Milk;", "Milk;"), ("milk, and", "milk, and"), ("Sand", "Sand.")],
)
def test_an_item_of_a_list_ends_like_a_sentence(item, expected):
    assert saying(headings.find, item, kind=PassageKind.LIST_ITEM) == expected
