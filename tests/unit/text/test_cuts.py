"""What is not cut inside: characters, numbers, tags, addresses, pronunciations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.text.cuts import CLAUSE, COMMA, WORD, character_ends, outside_wholes, pattern_ends

WHOLES = (
    "1,900.50",
    "10:30",
    "1 900 000",
    "https://example.org/a,b;c:d—e?q=1",
    "someone.else@example.org",
    "<a title='one, two; three — four'>",
    "&nbsp;",
    r'\{"word": "Rhys", "pronounce": "ʁis"}',
    "e\u0301",
    "👩\u200d🚀",
    "\ud83d\ude00",
)
FILLERS = ("the rain, ", " fell; ", "—and ", f" {'x' * 30} ", " ", " … ")
LONGEST = 50  # longer than any of the above


def cut(text: str, ends: list[int]) -> list[str]:
    return [text[low:high] for low, high in zip([0, *ends], [*ends, len(text)], strict=True)]


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


@given(st.lists(st.tuples(st.sampled_from(FILLERS), st.sampled_from(WHOLES))))
def test_what_is_kept_whole_is_cut_nowhere_inside(parts):
    text, insides = "", set()
    for filler, whole in parts:
        text += filler + whole
        insides |= set(range(len(text) - len(whole) + 1, len(text)))
    for pattern in (CLAUSE, COMMA, WORD):
        assert insides.isdisjoint(outside_wholes(text, pattern_ends(text, pattern)))
    assert insides.isdisjoint(outside_wholes(text, character_ends(text, LONGEST)))


@given(st.text("ab1, .:/@<&;{}\\", min_size=1), st.integers(2_000, 4_000))
def test_what_is_kept_whole_is_never_longer_than_a_chunk(text, chars):
    text = (text * chars)[:chars]
    pieces = cut(text, list(outside_wholes(text, character_ends(text, 633))))
    assert max(map(len, pieces)) <= 633


@pytest.mark.parametrize(
    ("text", "pattern", "parts"),
    [
        (
            "it rained; he left at 10:30: alone",
            CLAUSE,
            ["it rained; ", "he left at 10:30: ", "alone"],
        ),
        ("it rained—or snowed – or both", CLAUSE, ["it rained—", "or snowed – ", "or both"]),
        ("for 1,900.50, at once", COMMA, ["for 1,900.50, ", "at once"]),
        ("five\u00a0o’clock came", WORD, ["five\u00a0o’clock ", "came"]),
    ],
)
def test_weaker_places_are_clauses_commas_and_words(text, pattern, parts):
    assert cut(text, pattern_ends(text, pattern)) == parts
