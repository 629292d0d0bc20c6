"""Takes spoilt on purpose, and the gate that finds them."""

import numpy as np
import pytest

from narrator.audio.gate import sound
from narrator.domain.gate import Doubt, judge
from narrator.speakserver import tone
from narrator.speakserver.chaos import Chaos
from narrator.speakserver.spoiling import Spoil, other_text, spoilt

TEXT = "These are the words that are asked for. " * 8
TAKE = tone.speak(TEXT, 24_000)
FOUND = {
    Spoil.TAIL: Doubt.CUT_OFF,
    Spoil.GAP: Doubt.GAP,
    Spoil.CLIP: Doubt.CLIPPED,
    Spoil.HUSH: Doubt.SILENT,
}


@pytest.mark.parametrize("spoil", FOUND)
@pytest.mark.parametrize("chance", [0.0, 0.37, 0.99])
def test_the_gate_finds_what_is_spoilt(spoil: Spoil, chance: float) -> None:
    heard = sound(spoilt(TAKE, spoil, chance, 24_000).tobytes())
    assert FOUND[spoil] in judge(heard, TEXT, None).doubts


def test_the_gate_doubts_no_take_of_the_tone_voice() -> None:
    assert judge(sound(TAKE.tobytes()), TEXT, None).doubts == ()


def test_a_doubled_take_is_a_second_longer() -> None:
    assert len(spoilt(TAKE, Spoil.DOUBLE, 0.5, 24_000)) == len(TAKE) + 24_000


def test_another_text_is_as_long_and_another() -> None:
    assert len(other_text(TEXT)) == len(TEXT)
    assert other_text(TEXT) != TEXT


def test_nothing_can_be_spoilt_of_nothing() -> None:
    assert not len(spoilt(np.empty(0, np.int16), Spoil.GAP, 0.5, 24_000))


def test_as_many_answers_are_spoilt_as_asked_for_in_every_way() -> None:
    chaos = Chaos(spoil_share=0.1)
    found = [each for n in range(4_000) if (each := chaos.spoils(n // 100, n % 100))]
    assert len(found) == pytest.approx(400, rel=0.2)
    assert {each.kind for each in found} == set(Spoil)


def test_usually_nothing_is_spoilt() -> None:
    assert not any(Chaos().spoils(0, flush) for flush in range(1_000))
