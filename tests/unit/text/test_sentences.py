"""Where sentences end, and where a character may not be cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.text.sentences import character_ends, sentence_ends


def cut(text: str, ends: list[int]) -> list[str]:
    return [text[low:high] for low, high in zip([0, *ends], [*ends, len(text)], strict=True)]


@pytest.mark.parametrize(
    "text",
    [
        "Mr. Holmes came in.",
        "It was Dr. Watson who spoke.",
        "See vol. 3 for more.",
        "They met Messrs. Smith and Jones there.",
        "He said a great deal, e.g. that it rained.",
        "It rained\non and on.",
        "He paid £1.50 for it.",
    ],
)
def test_a_sentence_is_not_cut_inside(text):
    assert sentence_ends(text, "en-GB") == []


def test_sentences_end_at_stops():
    text = "It rained. Did it snow?  No! He went on."
    assert cut(text, sentence_ends(text, "en")) == [
        "It rained. ",
        "Did it snow?  ",
        "No! ",
        "He went on.",
    ]


def test_an_ornament_is_no_sentence_of_its_own():
    text = "* * *. It rained."
    assert sentence_ends(text, "en") == []


@pytest.mark.parametrize("language", ["", "en", "de-AT", "zz", "not a tag"])
def test_any_language_tag_will_do(language):
    assert len(sentence_ends("One is here. Two is there.", language)) == 1


@given(st.text())
def test_ends_lie_inside_the_text_in_order(text):
    ends = sentence_ends(text, "en")
    assert ends == sorted(set(ends))
    assert all(0 < end < len(text) for end in ends)


@pytest.mark.parametrize("whole", ["e\u0301", "👍🏽", "🇬🇧", "👩\u200d🚀", "\ud83d\ude00", "\r\n"])
def test_a_character_is_not_cut(whole):
    text = "ab" + whole + "cd"
    for limit in range(3, 6):
        pieces = cut(text, list(character_ends(text, limit)))
        assert "".join(pieces) == text
        assert any(whole in piece for piece in pieces)


@given(st.text(), st.integers(1, 9))
def test_pieces_are_within_the_limit(text, limit):
    pieces = cut(text, list(character_ends(text, limit)))
    assert all(len(piece) <= limit for piece in pieces)
    assert "".join(pieces) == text
