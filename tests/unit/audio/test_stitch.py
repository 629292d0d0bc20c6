"""A take's edges: trimmed to a margin, faded, and counted in samples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrator.audio.stitch import MARGIN, stitch, trimmed
from narrator.domain.errors import TakeCorrupt
from narrator.domain.plan import Boundary
from narrator.domain.timeline import Pauses, Ruler
from narrator.services.ports import TakeAudio
from tests.unit.audio.sounds import as_samples, speech_like

FADE = 120  # 5 ms


def edged(pcm: bytes) -> bytes:
    return trimmed(pcm).pcm


def tone(samples: int, amplitude: int = 8_000) -> bytes:
    wave = amplitude * np.sin(np.arange(samples) * 2 * np.pi * 440 / 24_000)
    return wave.astype("<i2").tobytes()


def silence(samples: int) -> bytes:
    return bytes(2 * samples)


@settings(deadline=None)
@given(st.integers(0, 30_000), st.integers(240, 20_000), st.integers(0, 30_000))
def test_a_take_loses_its_silent_edges_but_for_a_margin(
    before: int, spoken: int, after: int
) -> None:
    """To the millisecond in which silence is looked for, and to the sample where there is none."""
    grid = 24
    take = edged(silence(before) + tone(spoken) + silence(after))
    kept = len(take) // 2 - spoken
    least = min(before, MARGIN) + min(after, MARGIN)
    assert least - 2 * grid < kept <= least + 2 * grid
    assert kept == before + after or kept >= MARGIN - grid


@settings(deadline=None)
@given(st.integers(0, 5_000), st.integers(480, 20_000), st.integers(0, 5_000))
def test_no_sample_of_speech_is_lost_or_invented(before: int, spoken: int, after: int) -> None:
    """Pydub's own slices and fades, given odd lengths, would do both."""
    sound = as_samples(tone(spoken))
    take = as_samples(edged(silence(before) + sound.tobytes() + silence(after)))
    inner = sound[FADE:-FADE]
    starts = [at for at in range(len(take) - spoken + 1) if take[at + FADE] == inner[0]]
    assert any(np.array_equal(take[at + FADE : at + spoken - FADE], inner) for at in starts)


@settings(deadline=None)
@given(st.integers(1, 3_000))
def test_a_take_without_silence_keeps_its_length(samples: int) -> None:
    assert len(edged(tone(samples))) == 2 * samples


def test_a_silence_inside_speech_stays() -> None:
    take = tone(2_400) + silence(48_000) + tone(2_400)
    assert len(edged(take)) == len(take)


def test_a_take_that_is_silent_all_through_stays_as_it_is() -> None:
    assert edged(silence(24_000)) == silence(24_000)


@settings(deadline=None)
@given(st.integers(0, 20_000), st.integers(1, 32_767), st.integers(0, 20_000))
def test_the_only_sound_of_a_take_is_never_trimmed(before: int, value: int, after: int) -> None:
    """However short, soft and near to an edge it is."""
    click = silence(before) + value.to_bytes(2, "little") + silence(after)
    take = edged(click)
    assert 2 <= len(take) <= len(click)
    if min(before, after) >= MARGIN:
        assert as_samples(take).max() == value


def test_soft_speech_is_not_taken_for_silence() -> None:
    """At -48 dBFS, and with a beginning 20 dB below that."""
    take = tone(4_800, amplitude=18) + tone(24_000, amplitude=180) + tone(4_800, amplitude=18)
    assert len(edged(take)) == len(take)


def test_edges_are_faded_from_and_to_nothing() -> None:
    take = np.abs(as_samples(edged(tone(24_000))).astype(int))
    assert max(take[0], take[-1]) <= 8_000 // FADE
    assert take[: FADE // 4].max() < 8_000 // 3
    assert take[FADE : FADE + 60].max() > 7_000


def test_what_a_fade_makes_silent_counts_as_silence() -> None:
    """Of takes that begin and end in the midst of a sound, one of both a soft one."""
    soft, loud = tone(2_400, amplitude=400), tone(50_400)
    begun, ended = trimmed(soft + loud), trimmed(loud + soft)
    assert 0 < begun.lead < FADE
    assert 0 < ended.trail < FADE
    assert begun.trail == ended.lead == 0


def test_a_fade_changes_how_loud_a_sample_is_and_not_where_it_is() -> None:
    """Every other sample is negative; were one lost, the signs would say so."""
    buzz = np.tile(np.array([8_000, -8_000], dtype="<i2"), 1_000)
    take = as_samples(edged(buzz.tobytes()))
    assert np.array_equal(np.sign(take[2:-2]), np.sign(buzz[2:-2]))


def test_the_middle_of_a_take_is_left_as_it_is() -> None:
    pcm = speech_like(1, 0.5, before=0, after=0)
    assert edged(pcm)[2 * FADE : -2 * FADE] == pcm[2 * FADE : -2 * FADE]


@pytest.mark.parametrize("pcm", [b"", b"\x01", b"\x01\x02\x03"])
def test_what_is_not_samples_is_refused(pcm: bytes) -> None:
    with pytest.raises(TakeCorrupt):
        edged(pcm)


def test_a_pause_is_as_long_as_asked_from_the_last_sound_to_the_next() -> None:
    """The silence that trimming leaves at the edges of takes is part of it."""
    chapter, asked = bytearray(), Pauses(sentence_seconds=0.2, paragraph_seconds=0.02)
    sounds = [silence(900) + tone(4_800) + silence(2_000) for _ in range(3)]
    boundaries = (Boundary.SENTENCE, Boundary.PARAGRAPH, Boundary.CHAPTER)
    takes = (
        TakeAudio(pcm=pcm, boundary=boundary)
        for pcm, boundary in zip(sounds, boundaries, strict=True)
    )
    samples, places = stitch(takes, Ruler.begin(asked), chapter.extend)
    assert len(chapter) == 2 * samples
    loud = np.flatnonzero(np.abs(as_samples(bytes(chapter))) > 100)
    gaps = np.diff(loud)[np.diff(loud) > 240]
    assert loud[0] == pytest.approx(asked.head_seconds * 24_000, abs=120)
    assert list(gaps) == pytest.approx([4_800, 480], abs=240)
    assert len(places) == 3


def test_each_take_is_heard_between_the_silences_that_its_place_tells_of() -> None:
    chapter = bytearray()
    sounds = [silence(at) + tone(4_800) + silence(2_000) for at in (0, 240, 2_400)]
    takes = (TakeAudio(pcm=pcm, boundary=Boundary.SENTENCE) for pcm in sounds)
    _, places = stitch(takes, Ruler.begin(Pauses()), chapter.extend)
    loud = np.flatnonzero(np.abs(as_samples(bytes(chapter))) > 100)
    for each in places:
        heard = loud[(loud >= each.start_samples) & (loud < each.end_samples)]
        assert heard[0] == pytest.approx(each.start_samples + each.lead_samples, abs=24)
        assert heard[-1] == pytest.approx(each.end_samples - each.trail_samples, abs=24)


def test_no_seam_has_a_larger_step_than_the_sound_has_itself() -> None:
    """Of takes that begin and end at a crest; pauses of nothing, and of 0.25 s."""
    wave = 8_000 * np.cos(np.arange(12_000) * 2 * np.pi * 440 / 24_000)
    crests = np.flatnonzero(np.diff(np.sign(np.diff(wave))) != 0) + 1
    pcm, chapter = wave[: crests[-1] + 1].astype("<i2").tobytes(), bytearray()
    boundaries = (Boundary.PARAGRAPH, Boundary.SENTENCE, Boundary.CHAPTER)
    takes = (TakeAudio(pcm=pcm, boundary=boundary) for boundary in boundaries)
    ruler = Ruler.begin(Pauses(paragraph_seconds=0.0))
    _, places = stitch(takes, ruler, chapter.extend)
    steps = np.abs(np.diff(as_samples(bytes(chapter)).astype(int)))
    within = np.percentile(np.abs(np.diff(as_samples(pcm).astype(int))), 99.9)
    seams = [edge for each in places for edge in (each.start_samples, each.end_samples)]
    assert max(steps[edge - 240 : edge + 240].max() for edge in seams) <= within
