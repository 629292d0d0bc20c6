"""What pocketsphinx hears in takes of the offline voice: their words, others, words said twice."""

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from narrator.audio.listening import listen
from narrator.domain.gate import Doubt
from narrator.domain.voices import SAMPLE_RATE, Voice
from narrator.speakserver.espeak import EspeakEngine
from narrator.speakserver.handshake import Options

pytestmark = pytest.mark.integration

ENGLISH, GERMAN = Voice(name="aura-2-thalia-en"), Voice(name="aura-2-elara-de")
TEXT = "The old house stood at the end of a narrow road, and nobody had lived there for years."
OTHER = "He asked the captain whether the ship would be ready to sail before the morning came."
UNKNOWN = "Zyxwora Qwellthrop met Brimblewick in 1842."

Take = NDArray[np.int16]


@pytest.fixture(scope="module")
def engine() -> Iterator[EspeakEngine]:
    """The offline voice."""
    made = EspeakEngine()
    made.start()
    yield made
    made.stop()


def spoken(engine: EspeakEngine, text: str) -> Take:
    """A take of a text."""
    return np.asarray(engine.speak(text, Options(model=ENGLISH.name))).astype("<i2")


def heard(take: Take, text: str, voice: Voice = ENGLISH) -> tuple[Doubt, ...]:
    return listen(take.tobytes(), text, voice=voice)


def test_a_take_of_its_words_gives_no_reason_to_doubt(engine: EspeakEngine) -> None:
    assert heard(spoken(engine, TEXT), TEXT) == ()


def test_another_texts_take_is_found_out(engine: EspeakEngine) -> None:
    assert heard(spoken(engine, OTHER), TEXT) == (Doubt.OTHER_WORDS,)


def test_words_that_are_said_twice_are_found(engine: EspeakEngine) -> None:
    take = spoken(engine, TEXT)
    at, second = len(take) // 3, SAMPLE_RATE
    twice = np.concatenate((take[: at + second], take[at:]))
    assert heard(twice, TEXT) == (Doubt.DOUBLED,)


def test_words_that_no_dictionary_has_are_no_reason_to_doubt(engine: EspeakEngine) -> None:
    assert heard(spoken(engine, UNKNOWN), UNKNOWN) == ()


def test_other_languages_are_not_listened_to(engine: EspeakEngine) -> None:
    assert heard(spoken(engine, OTHER), TEXT, GERMAN) == ()


def test_an_empty_take_says_nothing_to_doubt() -> None:
    """The rest of the gate calls it silent."""
    assert heard(np.zeros(0, "<i2"), TEXT) == ()
