"""A book of one loudness, made by ffmpeg: its chapters keep their distance from each other."""

from dataclasses import dataclass, replace
from math import log10
from pathlib import Path

import pytest

from narrator.audio.loudness import HOP, hops_of, measure
from narrator.audio.studio import FfmpegStudio
from narrator.domain.artifacts import AudioFormat
from narrator.domain.jobs import JobOptions, JobState
from narrator.domain.loudness import TARGETS
from narrator.domain.manifest import Manifest
from narrator.domain.manifest_json import from_json
from narrator.domain.production import Level, Production, Profile
from narrator.services.ports import Feed, Hold, Report, Spoken, Utterance
from tests.fakes.speaker import FakeSpeaker
from tests.unit.audio.sounds import as_samples, speech_like
from tests.unit.services.conftest import World

FORMATS = (AudioFormat.M4B, AudioFormat.WAV)
SOFTER = 3  # by how much less the second chapter's voice speaks up


@dataclass
class TwoVoices(FakeSpeaker):
    """Speaks with sharp peaks, which gain alone would drive beyond any ceiling."""

    def _one(self, utterance: Utterance, hold: Hold, feed: Feed) -> Report:
        report = super()._one(utterance, hold, feed)
        if not isinstance(report, Spoken):
            return report
        sound = as_samples(speech_like(len(utterance.text), 8.0)) // 2
        sound[30_000::30_000] = 25_000
        divisor = SOFTER if utterance.text.startswith("She") else 1
        return replace(report, pcm=(sound // divisor).astype("<i2").tobytes())


@dataclass(frozen=True)
class Book:
    """A finished job's manifest, and its files by their format."""

    manifest: Manifest
    files: dict[AudioFormat, Path]


@pytest.fixture
def book(world: World, tmp_path: Path) -> Book:
    speaker = TwoVoices(clock=world.clock)
    world.swap(studio=FfmpegStudio(), speaker=speaker)
    production = Production(level=Level.BOOK, also=FORMATS[1:])
    world.options = JobOptions(format=FORMATS[0], production=production)
    job = world.submit()
    world.work()
    found = world.store.get(job.id)
    assert found.state is JobState.SUCCEEDED, found.failure
    files = {}
    for kind, artifact in zip(FORMATS, found.artifacts, strict=False):
        files[kind] = tmp_path / artifact.name
        files[kind].write_bytes(world.objects.get_bytes(artifact.object_key))
    proof = world.objects.get_bytes(found.artifacts[-1].object_key)
    return Book(manifest=from_json(proof), files=files)


def test_the_book_is_as_loud_as_wanted_though_its_peaks_are_limited(book: Book) -> None:
    target = TARGETS[Profile.PODCAST]
    for path in book.files.values():
        sound = as_samples(b"".join(FfmpegStudio().decode(path)))
        found = measure([hops_of(sound[: len(sound) // HOP * HOP])], len(sound))
        assert found.integrated_lufs == pytest.approx(target.lufs, abs=0.3)
        assert 20 * log10(found.sample_peak) <= target.ceiling_db


def test_every_chapter_gets_the_same_gain(book: Book) -> None:
    report = book.manifest.loudness
    assert report is not None
    first, second = report.chapters
    assert first.gain_db == second.gain_db
    assert first.limited_samples > 0
    assert first.levels.rms_db - second.levels.rms_db > 20 * log10(SOFTER) - 3


def test_every_file_of_it_is_as_long_as_its_timeline(book: Book) -> None:
    for path in book.files.values():
        assert len(b"".join(FfmpegStudio().decode(path))) == 2 * book.manifest.samples
