"""A take's key is its content."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.ids import DEFAULT_TENANT, ObjectKey, TakeKey, TenantId
from narrator.domain.takes import Take, take_key, take_object
from narrator.domain.voices import SLOWEST, Voice
from narrator.storage.keys import checked

THALIA = Voice()
TEXTS = st.text(max_size=40)


def key(
    text: str = "One.",
    *,
    tenant: TenantId = DEFAULT_TENANT,
    speaker: str = "deepgram",
    voice: Voice = THALIA,
    generation: int = 0,
) -> TakeKey:
    return take_key(tenant=tenant, speaker=speaker, text=text, voice=voice, generation=generation)


@given(TEXTS)
def test_the_same_words_have_the_same_key(text: str) -> None:
    assert key(text) == key(text)


@given(TEXTS, TEXTS)
def test_other_words_have_another_key(one: str, other: str) -> None:
    assert (key(one) == key(other)) == (one == other)


@given(st.text(max_size=9), st.text(max_size=9), st.text(max_size=9))
def test_letters_that_move_between_parts_change_the_key(a: str, b: str, c: str) -> None:
    moved = key(c, speaker=a + b) == key(b + c, speaker=a)
    assert moved == (b == "")


@pytest.mark.parametrize(
    "other",
    [
        key(tenant=TenantId("acme")),
        key(speaker="offline-espeak"),
        key(voice=Voice(name="aura-2-luna-en")),
        key(voice=Voice(speed=SLOWEST)),
        key(generation=1),
    ],
    ids=["tenant", "speaker", "voice", "speed", "generation"],
)
def test_whatever_changes_the_sound_changes_the_key(other: TakeKey) -> None:
    assert other != key()


def test_half_of_a_surrogate_pair_has_a_key_too() -> None:
    assert len(key("\ud800")) == 64


@given(TEXTS)
def test_a_take_lies_where_every_store_can_keep_it(text: str) -> None:
    place = take_object(key(text), "a" * 64)
    assert checked(place) == place


def test_two_recordings_of_the_same_words_lie_beside_one_another() -> None:
    """A late worker's does not overwrite the one that is kept."""
    assert take_object(key(), "a" * 64) != take_object(key(), "b" * 64)


def test_a_take_plays_its_samples_at_24_khz() -> None:
    take = Take(key=key(), object_key=ObjectKey("t"), sha256="", samples=36_000, chars=4)
    assert take.seconds == 1.5
    assert replace(take, samples=0).seconds == 0
