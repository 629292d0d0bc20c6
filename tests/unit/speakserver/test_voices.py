"""Which voice speaks, and how a text reaches it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.errors import SettingsError
from narrator.speakserver import tone
from narrator.speakserver.config import SpeakServerConfig, VoiceEngine
from narrator.speakserver.espeak import espeak_voice
from narrator.speakserver.handshake import Options
from narrator.speakserver.voices import ToneEngine, engine_of, pieces

speakable = st.text().filter(str.strip)


@given(text=speakable, limit=st.integers(1, 20))
def test_a_text_in_pieces_loses_nothing(text, limit):
    parts = list(pieces(text, limit))
    assert "".join(parts) == text
    assert all(0 < len(part) <= limit for part in parts)


def test_pieces_are_cut_after_a_space():
    assert list(pieces("one two three", 8)) == ["one two ", "three"]


@pytest.mark.parametrize("text", ["", " ", "\n\t "])
def test_a_text_without_a_character_to_speak_gives_none(text):
    assert list(pieces(text)) == []


def test_a_legal_speak_is_one_piece():
    assert len(list(pieces("word " * 400))) == 1


def test_the_tone_engine_carries_the_text_at_the_rate_asked_for():
    samples = ToneEngine(20.0).speak("Hello.", Options(sample_rate=16_000))
    assert [burst.text for burst in tone.read(samples, 16_000, 20.0)] == ["Hello."]


@pytest.mark.parametrize(
    ("model", "start"),
    [
        ("aura-asteria-en", "en-us+f"),
        ("aura-2-thalia-en", "en-us+f"),
        ("aura-2-apollo-en", "en-us+m"),
        ("aura-2-draco-en", "en+m"),
        ("aura-2-celeste-es", "es+f"),
        ("aura-2-julius-de", "de+m"),
    ],
)
def test_a_model_speaks_with_a_voice_of_its_language_and_kind(model, start):
    assert re.fullmatch(re.escape(start) + r"\d", espeak_voice(model))


def test_the_configuration_chooses_the_engine():
    assert isinstance(engine_of(SpeakServerConfig(voice_engine=VoiceEngine.TONE)), ToneEngine)


@pytest.mark.parametrize(
    ("switches", "name"),
    [({"voice_engine": "opera"}, "opera"), ({"time_scale": 0}, "time_scale")]
    + [({"frame_bytes": size}, "frame_bytes") for size in (0, 1 << 20)],
)
def test_a_switch_without_meaning_is_refused_with_a_remedy(switches, name):
    with pytest.raises(SettingsError, match=name) as caught:
        SpeakServerConfig(**switches)
    assert caught.value.remedy
