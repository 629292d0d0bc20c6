"""The tone voice: what is spoken can be read back from the samples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrator.speakserver import tone
from narrator.speakserver.tone_alphabet import alphabet
from narrator.speakserver.tone_reader import Reader, as_floats

RATE = 24_000
TEXT = "To Sherlock Holmes she is always the woman. “Naïve”, said he; 漢字 🎻."
sayable = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def silence(samples):
    return np.zeros(samples, np.int16)


def amplified(samples, decibels):
    return np.clip(samples * 10 ** (decibels / 20), -32_768, 32_767).astype(np.int16)


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(sayable, min_size=1, max_size=4),
    pauses=st.lists(st.integers(0, 9_000), min_size=4, max_size=4),
    rate=st.sampled_from([8_000, 16_000, 22_050, 24_000, 44_100, 48_000]),
    byte_ms=st.sampled_from([10.0, 12.5, 17.3]),
)
def test_any_texts_at_any_offsets_are_read_back_in_order_and_place(texts, pauses, rate, byte_ms):
    parts, starts, position = [], [], 0
    for text, pause in zip(texts, pauses, strict=False):
        said = tone.speak(text, rate, byte_ms)
        starts.append(position + pause + tone.lead_samples(rate))
        parts += [silence(pause), said]
        position += pause + len(said)
    bursts = tone.read(np.concatenate(parts), rate, byte_ms)
    assert [burst.text for burst in bursts] == texts
    assert [burst.start_sample for burst in bursts] == starts
    assert all(burst.intact for burst in bursts)


def test_the_same_text_is_always_the_same_samples():
    assert np.array_equal(tone.speak(TEXT, RATE), tone.speak(TEXT, RATE))


def test_a_burst_begins_and_ends_in_silence():
    said = tone.speak(TEXT, RATE)
    margin = round(0.06 * RATE)
    assert not said[:margin].any()
    assert not said[-margin:].any()


def test_a_byte_lasts_as_long_as_asked():
    assert len(tone.speak("abc", RATE, 20)) - len(tone.speak("ab", RATE, 20)) == RATE // 50


def test_the_level_leaves_room_for_twelve_decibels():
    assert int(np.abs(tone.speak(TEXT, RATE).astype(int)).max()) < 32_767 / 10 ** (12 / 20)


@pytest.mark.parametrize("decibels", [-12, -3, 3, 12])
def test_gain_does_not_harm_a_burst(decibels):
    (burst,) = tone.read(amplified(tone.speak(TEXT, RATE), decibels), RATE)
    assert (burst.text, burst.intact) == (TEXT, True)


def test_clipping_does_not_harm_a_burst():
    (burst,) = tone.read(amplified(tone.speak(TEXT, RATE), 18), RATE)
    assert (burst.text, burst.intact) == (TEXT, True)


def test_trimmed_and_faded_edges_do_not_harm_a_burst():
    said = np.trim_zeros(tone.speak(TEXT, RATE)).astype(float)
    fade = RATE // 100
    said[:fade] *= np.linspace(0, 1, fade)
    said[-fade:] *= np.linspace(1, 0, fade)
    (burst,) = tone.read(said.astype(np.int16), RATE)
    assert (burst.text, burst.intact) == (TEXT, True)


def test_bursts_that_touch_are_told_apart():
    said = [np.trim_zeros(tone.speak(text, RATE)) for text in ("one", "two", "three")]
    assert [burst.text for burst in tone.read(np.concatenate(said), RATE)] == [
        "one",
        "two",
        "three",
    ]


def test_a_text_longer_than_a_burst_becomes_several_cut_between_characters():
    text = "漢" * tone.MAXIMUM_TEXT_BYTES
    bursts = tone.read(tone.speak(text, RATE), RATE)
    assert len(bursts) == 4
    assert "".join(burst.text for burst in bursts) == text


def test_any_legal_speak_is_one_burst():
    assert len(tone.read(tone.speak("🎻" * 2_000, RATE), RATE)) == 1


def test_a_wrong_byte_is_reported_as_damage():
    said = tone.speak(TEXT, RATE)
    start = tone.lead_samples(RATE) + RATE // 2
    said[start : start + RATE // 50] = 0
    (burst,) = tone.read(np.concatenate([said, tone.speak("next", RATE)]), RATE)[:1]
    assert not burst.intact
    assert burst.start_sample == tone.lead_samples(RATE)


@pytest.mark.parametrize(
    ("lost_from_seconds", "lost_to_seconds"),
    [(0.1, 0.14), (0.14, 0.16), (0.3, 0.5)],
    ids=["its sync", "its length", "some of its text"],
)
def test_whatever_part_is_lost_damage_is_reported_once_and_the_neighbours_live(
    lost_from_seconds, lost_to_seconds
):
    said = tone.speak(TEXT, RATE)
    said[round(lost_from_seconds * RATE) : round(lost_to_seconds * RATE)] = 0
    recording = np.concatenate([tone.speak("before", RATE), said, tone.speak("after", RATE)])
    before, hurt, after = tone.read(recording, RATE)
    assert (before.text, after.text) == ("before", "after")
    assert (before.intact, hurt.intact, after.intact) == (True, False, True)


def test_a_burst_that_is_cut_short_is_reported_and_the_next_is_found():
    cut = tone.speak(TEXT, RATE)[: RATE // 2]
    hurt, following = tone.read(np.concatenate([cut, tone.speak("next", RATE)]), RATE)
    assert (hurt.intact, following.intact, following.text) == (False, True, "next")
    assert hurt.end_sample <= following.start_sample


def test_a_recording_that_ends_within_a_burst_reports_it():
    (burst,) = tone.read(tone.speak(TEXT, RATE)[: RATE // 3], RATE)
    assert not burst.intact


def test_silence_and_short_clicks_are_no_bursts():
    recording = silence(RATE * 3)
    recording[RATE : RATE + 200] = 9_000
    assert tone.read(recording, RATE) == []


def test_an_empty_recording_has_no_bursts():
    assert tone.read(silence(0), RATE) == []


@settings(max_examples=60, deadline=None)
@given(stride=st.integers(400, 60_000), seed=st.integers(0, 2**32 - 1))
def test_however_a_recording_is_cut_into_pieces_the_same_bursts_are_found(stride, seed):
    dice = np.random.default_rng(seed)
    texts = ["x" * int(count) for count in dice.integers(0, 40, 6)]
    parts = [
        part
        for text in texts
        for part in (silence(int(dice.integers(0, 9_000))), tone.speak(text, RATE))
    ]
    recording = np.concatenate(parts)
    recording[len(parts[0]) + RATE // 5 :][: RATE // 50] = 0  # hurt the first
    reader = Reader(alphabet(RATE, 10), stride)
    found = []
    for start in range(0, len(recording), stride):
        reader.feed(as_floats(recording[start : start + stride]))
        found += reader.bursts()
    reader.end()
    assert found + reader.bursts() == tone.read(recording, RATE)


def test_blocks_of_any_size_can_be_streamed():
    recording = np.concatenate([tone.speak(text, RATE) for text in ("one", "two", "three")])
    blocks = (recording[start : start + 777] for start in range(0, len(recording), 777))
    assert list(tone.read_stream(blocks, RATE)) == tone.read(recording, RATE)


def test_floats_are_read_like_integers():
    said = tone.speak(TEXT, RATE)
    assert tone.read(said / 32_768, RATE) == tone.read(said, RATE)


def test_a_pace_too_fast_for_the_tones_is_refused():
    with pytest.raises(ValueError, match="10"):
        tone.speak(TEXT, RATE, 5)


def test_a_sample_rate_too_low_for_the_tones_is_refused():
    with pytest.raises(ValueError, match="8000"):
        tone.speak(TEXT, 6_000)


def test_a_lone_surrogate_is_refused():
    with pytest.raises(ValueError, match="surrogates"):
        tone.speak("\ud800", RATE)
