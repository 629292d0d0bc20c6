"""What is found out of an encoded chapter once it is decoded."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from narrator.domain.artifacts import AudioFormat
from narrator.domain.errors import ToolFailed
from narrator.domain.jobs import JobOptions, JobState
from narrator.domain.loudness import Measured
from narrator.domain.production import Level, Production
from narrator.domain.timeline import Placement
from narrator.services.hearing import hear
from narrator.services.ports import (
    SURPLUS_SAMPLES,
    Commission,
    Heard,
    RenderedChapter,
    RenderedFile,
    TakeAudio,
)
from narrator.services.verify import LOUDEST_SILENCE
from tests.fakes.studio import FakeStudio
from tests.unit.services.conftest import World

SPOKEN = bytes([150, 140, 155, 120])
SILENT = bytes(5)
RIGHT = Heard(samples=96_000, envelopes=(SILENT, SPOKEN, SILENT))


def chapter(heard: Heard) -> RenderedChapter:
    """A chapter of one take, and what was heard in its only file."""
    nothing = Measured(
        samples=0, squares=0, sample_peak=0.0, true_peak=0.0, floor_rms=0.0, blocks=()
    )
    file = RenderedFile(
        format=AudioFormat.M4B, path=Path("chapter"), media_type="audio/aac", heard=heard
    )
    place = Placement(start_samples=18_000, samples=9_600, envelope=SPOKEN)
    return RenderedChapter(files=(file,), samples=96_000, placements=(place,), measured=nothing)


@pytest.mark.parametrize("more", [0, SURPLUS_SAMPLES])
def test_a_chapter_that_holds_what_was_encoded_is_let_pass(more: int) -> None:
    """An encoder may fill its last packets."""
    hear(chapter(replace(RIGHT, samples=96_000 + more)))


@pytest.mark.parametrize("more", [-1, SURPLUS_SAMPLES + 1])
def test_a_chapter_of_another_length_is_found_out(more: int) -> None:
    with pytest.raises(ToolFailed, match=f"holds {96_000 + more} samples, not 96000"):
        hear(chapter(replace(RIGHT, samples=96_000 + more)))


def test_a_take_that_sounds_otherwise_is_found_out() -> None:
    softer = bytes(level - 7 for level in SPOKEN)  # 3.5 dB
    with pytest.raises(ToolFailed, match="take 1 does not sound as it should"):
        hear(chapter(replace(RIGHT, envelopes=(SILENT, softer, SILENT))))


@pytest.mark.parametrize("silence", [0, 2])
def test_a_sound_in_a_silence_is_found_out(silence: int) -> None:
    envelopes = list(RIGHT.envelopes)
    envelopes[silence] = bytes([0, LOUDEST_SILENCE, 0])
    hear(chapter(replace(RIGHT, envelopes=tuple(envelopes))))
    envelopes[silence] = bytes([0, LOUDEST_SILENCE + 1, 0])
    with pytest.raises(ToolFailed, match="sound in its silence"):
        hear(chapter(replace(RIGHT, envelopes=tuple(envelopes))))


class LosingStudio(FakeStudio):
    """What it encodes is a sample short: at once, or once a book's gain is known."""

    def __init__(self, losing: Level) -> None:
        super().__init__()
        self._losing = losing

    def render(self, takes: Iterable[TakeAudio], commission: Commission) -> RenderedChapter:
        made = super().render(takes, commission)
        return lost(made) if self._losing is Level.CHAPTER else made

    def level(self, *args: object, gain_db: float) -> RenderedChapter:
        return lost(super().level(*args, gain_db=gain_db))  # type: ignore[arg-type]


def lost(made: RenderedChapter) -> RenderedChapter:
    """The chapter, and a sample of each file missing."""
    short = [replace(each.heard, samples=each.heard.samples - 1) for each in made.files]
    files = zip(made.files, short, strict=True)
    return replace(made, files=tuple(replace(file, heard=heard) for file, heard in files))


@pytest.mark.parametrize("level", Level)
def test_no_chapter_is_published_that_does_not_hold_what_was_encoded(
    world: World, level: Level
) -> None:
    world.options = JobOptions(production=Production(level=level))
    world.swap(studio=LosingStudio(level))
    job = world.submit()
    world.work()
    for _ in range(10):
        world.later()
    found = world.store.get(job.id)
    assert found.state is JobState.FAILED
    assert found.failure is not None
    assert found.failure.code == "tool-failed"
