"""What the manifest says of loudness."""

import json
from dataclasses import replace

from narrator.domain.artifacts import AudioFormat
from narrator.domain.loudness import Measured
from narrator.domain.loudness_report import (
    Levelled,
    loudness_report,
    report_from_json,
    report_to_json,
)
from narrator.domain.manifest_json import from_json, to_json
from narrator.domain.production import Production, Profile
from tests.unit.domain.test_manifest import MANIFEST

HALF = Measured(
    samples=48_000,
    squares=48_000 * 16_384**2,
    sample_peak=0.5,
    true_peak=0.5,
    floor_rms=0.001,
    blocks=((500, 17, 17 * 0.01),),
)
QUARTER = replace(HALF, true_peak=0.25)
M4B, FLAC = AudioFormat.M4B, AudioFormat.FLAC
CHAPTERS = [
    Levelled(
        number=1,
        gain_db=3.14159,
        limited_samples=7,
        decoded={M4B: HALF, FLAC: QUARTER},
        envelopes=(bytes([0, 150, 73, 0]), bytes([0, 150, 83, 0])),
    ),
    Levelled(number=2, gain_db=0.0, limited_samples=0, decoded={M4B: QUARTER, FLAC: QUARTER}),
]
REPORT = loudness_report(Production(profile=Profile.AUDIOBOOK), CHAPTERS)


def test_a_report_says_what_the_whole_and_each_chapter_came_to() -> None:
    assert REPORT is not None
    assert (REPORT.whole.rms_db, REPORT.whole.true_peak_db) == (-6.02, -6.02)
    assert (REPORT.whole.lufs, REPORT.whole.floor_db) == (-20.69, -60.0)
    assert [each.levels.true_peak_db for each in REPORT.chapters] == [-6.02, -12.04]
    assert (REPORT.chapters[0].gain_db, REPORT.chapters[0].limited_samples) == (3.14, 7)


def test_a_report_says_what_each_format_came_to() -> None:
    assert REPORT is not None
    assert {kind: each.true_peak_db for kind, each in REPORT.formats.items()} == {
        M4B: -6.02,
        FLAC: -12.04,
    }


def test_a_report_says_how_loud_it_is_where_nothing_is_said() -> None:
    """Which the silences between takes do not tell: those are none of the voice's."""
    assert REPORT is not None
    assert REPORT.chapters[0].room_db == REPORT.room_db == -60.0
    assert REPORT.chapters[1].room_db is None


def test_silence_has_no_loudness() -> None:
    silent = Measured(
        samples=9, squares=0, sample_peak=0.0, true_peak=0.0, floor_rms=0.0, blocks=()
    )
    chapter = Levelled(number=1, gain_db=0.0, limited_samples=0, decoded={M4B: silent})
    report = loudness_report(Production(), [chapter])
    assert report is not None
    assert (report.whole.lufs, report.whole.true_peak_db) == (None, -96.0)


def test_chapters_that_nobody_measured_have_no_report() -> None:
    assert loudness_report(Production(), []) is None


def test_a_report_comes_back_from_json() -> None:
    assert REPORT is not None
    assert report_from_json(json.loads(json.dumps(report_to_json(REPORT)))) == REPORT


def test_what_a_later_release_reports_besides_is_left_out() -> None:
    assert REPORT is not None
    value = json.loads(json.dumps(report_to_json(REPORT)))
    value["dialogue"] = value["whole"]["dialogue_lufs"] = value["chapters"][0]["range_lu"] = 4.2
    assert report_from_json(value) == REPORT


def test_a_manifest_keeps_its_report() -> None:
    manifest = replace(MANIFEST, loudness=REPORT)
    assert from_json(to_json(manifest)) == manifest
