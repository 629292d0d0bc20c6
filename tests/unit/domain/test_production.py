"""What submitters choose about their recordings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.artifacts import AudioFormat
from narrator.domain.errors import OptionRefused
from narrator.domain.plan import Boundary
from narrator.domain.production import (
    DEFAULT_PRODUCTION,
    SLOW_QUANTUM,
    Asked,
    Companion,
    Level,
    Production,
    Profile,
    Split,
    parse_production,
    production_from_json,
    production_to_json,
)
from narrator.domain.timeline import CHAPTER_QUANTUM, Pauses, Ruler
from narrator.domain.voices import SAMPLE_RATE

_NAMES = st.sampled_from(["sentence", "paragraph", "heading", "scene", "head", "tail"])
_PRODUCTIONS = st.builds(
    Production,
    also=st.lists(st.sampled_from(AudioFormat), unique=True).map(tuple),
    profile=st.sampled_from(Profile),
    level=st.sampled_from(Level),
    split=st.sampled_from(Split),
    part_minutes=st.integers(1, 10_000),
    pauses=st.dictionaries(_NAMES, st.floats(1.0, 30.0)).map(lambda each: tuple(each.items())),
    companions=st.lists(st.sampled_from(Companion), unique=True).map(tuple),
    listen=st.booleans(),
)


@given(_PRODUCTIONS)
def test_a_kept_production_comes_back_as_it_was(production: Production) -> None:
    assert production_from_json(production_to_json(production)) == production


def test_the_usual_production_is_kept_as_nothing() -> None:
    assert production_to_json(DEFAULT_PRODUCTION) == {}


def test_nothing_asked_for_is_the_usual_production() -> None:
    assert parse_production(Asked()) == DEFAULT_PRODUCTION


def test_a_number_of_minutes_splits_into_parts() -> None:
    asked = parse_production(Asked(split="90"))
    assert (asked.split, asked.part_minutes) == (Split.PARTS, 90)


@pytest.mark.parametrize("split", ["thirds", "90.5", "-5", "parts"])
def test_a_split_that_is_refused_is_told_that_minutes_are_possible(split: str) -> None:
    with pytest.raises(OptionRefused, match=repr(split)) as refused:
        parse_production(Asked(split=split))
    assert "minutes of a part, such as 90" in refused.value.remedy


def test_what_does_not_go_along_is_refused_by_the_name_of_its_option() -> None:
    with pytest.raises(OptionRefused, match="no read-along 'ass'"):
        parse_production(Asked(companions=["ass"]))


def test_formats_are_each_made_once_and_the_jobs_own_first() -> None:
    asked = parse_production(Asked(also=["flac", "m4b", "FLAC"]))
    assert asked.formats(AudioFormat.M4B) == (AudioFormat.M4B, AudioFormat.FLAC)


def test_a_pause_of_its_own_leaves_the_others_as_usual() -> None:
    usual = Pauses(scene_seconds=2.0)
    paused = parse_production(Asked(pauses=["paragraph=0.9"])).paused(usual)
    assert paused == Pauses(scene_seconds=2.0, paragraph_seconds=0.9)


@given(st.integers(1, 10_000_000), st.sampled_from(AudioFormat))
def test_an_audiobooks_chapter_begins_and_ends_with_as_much_silence_as_acx_wants(
    spoken: int, main: AudioFormat
) -> None:
    """0.5 to 1 s before it and 1 to 5 s after it, whatever it takes to fill packets."""
    asked = parse_production(Asked(loudness="audiobook", also=["mp3"]))
    ruler = Ruler.begin(asked.paused(Pauses()), quantum=asked.quantum(main))
    assert 0.5 <= ruler.start_samples / SAMPLE_RATE <= 1
    ruler = ruler.placed(spoken, Boundary.CHAPTER, trail=720)
    assert 1 <= (ruler.samples - ruler.end_samples) / SAMPLE_RATE <= 5 - 0.03


def test_a_jobs_own_tail_goes_before_that_of_its_profile() -> None:
    asked = parse_production(Asked(loudness="audiobook", pauses=["tail=2"]))
    assert asked.paused(Pauses()).tail_seconds == 2


def test_a_pause_that_is_too_short_is_refused_by_the_name_it_was_given() -> None:
    with pytest.raises(OptionRefused, match="a pause of 0 for head is out of range") as refused:
        parse_production(Asked(pauses=["head=0"]))
    assert refused.value.remedy == "choose 0.5 seconds or more"


def test_mp3_at_44_1_khz_makes_chapters_whole_packets_of_it() -> None:
    asked = parse_production(Asked(loudness="audiobook"))
    assert asked.quantum(AudioFormat.MP3) == SLOW_QUANTUM
    assert SLOW_QUANTUM * 44_100 % (24_000 * 1_152) == 0
    assert SLOW_QUANTUM % CHAPTER_QUANTUM == 0


@pytest.mark.parametrize(
    "asked",
    [
        Asked(also=["ogg"]),
        Asked(loudness="loud"),
        Asked(level="page"),
        Asked(split="0"),
        Asked(split="halves"),
        Asked(pauses=["breath=1"]),
        Asked(pauses=["scene=-1"]),
        Asked(pauses=["scene=nan"]),
        Asked(pauses=["tail=0.2"]),
        Asked(companions=["ass"]),
    ],
    ids=lambda asked: next(str(each) for each in vars_of(asked) if each),
)
def test_what_cannot_be_made_is_refused_with_a_remedy(asked: Asked) -> None:
    with pytest.raises(OptionRefused) as refused:
        parse_production(asked)
    assert refused.value.remedy


def vars_of(asked: Asked) -> list[object]:
    """Its fields, for a name."""
    return [asked.also, asked.loudness, asked.level, asked.split, asked.pauses, asked.companions]
