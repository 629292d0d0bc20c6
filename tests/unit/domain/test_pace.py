"""How fast voices speak, as learned from their takes."""

from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.pace import ENOUGH_TAKES, band, bin_of, is_learned, spoken_chars

TEXT = "He had been sitting for some hours in silence with his long, thin back curved over."


def learned(seconds: float, takes: int = 100) -> dict[int, int]:
    found = bin_of(TEXT, seconds)
    assert found is not None
    return {found: takes}


def test_as_long_as_nothing_is_learned_the_usual_band_is_wide() -> None:
    wide = band(TEXT, {}, speed=1.0)
    chars = spoken_chars(TEXT)
    assert wide.shortest_seconds < chars / 22 < chars / 12 < wide.longest_seconds


def test_a_faster_speed_moves_the_usual_band() -> None:
    usual, fast = (band(TEXT, {}, speed=speed) for speed in (1.0, 1.5))
    assert fast.longest_seconds < usual.longest_seconds


def test_few_takes_teach_nothing() -> None:
    assert not is_learned(learned(5.0, ENOUGH_TAKES - 1))
    assert is_learned(learned(5.0, ENOUGH_TAKES))


@given(st.floats(1.0, 60.0))
def test_a_learned_band_holds_what_was_learned_and_not_what_lacks_a_fifth(seconds: float) -> None:
    found = band(TEXT, learned(seconds), speed=1.0)
    assert found.shortest_seconds < seconds < found.longest_seconds
    assert 0.8 * seconds < found.shortest_seconds + 0.1  # but for the edge


def test_a_few_odd_takes_move_nothing() -> None:
    odd = learned(5.0) | learned(1.0, 4)
    assert band(TEXT, odd, speed=1.0) == band(TEXT, learned(5.0), speed=1.0)


def test_short_texts_have_wider_bands() -> None:
    def ratio(text: str) -> float:
        found = band(text, learned(5.0), speed=1.0)
        return found.longest_seconds / max(found.shortest_seconds, 1e-9)

    assert ratio("Yes.") > ratio(TEXT) > ratio(TEXT * 4)


def test_short_texts_teach_nothing() -> None:
    assert bin_of("Yes.", 0.4) is None
    assert bin_of(TEXT, 0.0) is None


def test_digits_and_full_stops_take_their_time() -> None:
    assert spoken_chars("1895") > spoken_chars("late")
    assert spoken_chars("No. No. No.") > spoken_chars("No no no no")


def test_a_words_pronunciation_is_not_spoken() -> None:
    assert spoken_chars('\\{"word": "Holmes", "pronounce": "hoʊmz"\\}') == spoken_chars("Holmes")
