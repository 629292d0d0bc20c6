"""What is stored of a rendered chapter comes back as it was."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.artifacts import AudioFormat
from narrator.domain.loudness import Measured
from narrator.domain.timeline import Placement
from narrator.services.timelines import (
    ChapterObject,
    ChapterRecord,
    record_from_json,
    record_to_json,
)

counts = st.integers(0, 10**12)
reals = st.floats(allow_nan=False, allow_infinity=False)
measures = st.builds(
    Measured,
    samples=counts,
    squares=counts,
    sample_peak=reals,
    true_peak=reals,
    floor_rms=reals,
    blocks=st.lists(st.tuples(st.integers(0, 900), counts, reals), max_size=3).map(tuple),
)
records = st.builds(
    ChapterRecord,
    placements=st.lists(
        st.builds(
            Placement,
            start_samples=counts,
            samples=counts,
            envelope=st.binary(max_size=4),
            lead_samples=counts,
            trail_samples=counts,
        ),
        max_size=3,
    ).map(tuple),
    files=st.lists(
        st.builds(
            ChapterObject,
            format=st.none() | st.sampled_from(AudioFormat),
            key=st.text(max_size=5),
            sha256=st.text(max_size=5),
            bytes=counts,
            decoded=st.none() | measures,
        ),
        max_size=3,
    ).map(tuple),
    measured=st.none() | measures,
    gain_db=reals,
    limited_samples=counts,
    heard=st.booleans(),
)


@given(records)
def test_a_record_comes_back_as_it_was(record: ChapterRecord) -> None:
    assert record_from_json(record_to_json(record)) == record


def test_what_an_earlier_release_stored_is_read_as_placements_alone() -> None:
    record = record_from_json(b'[[18000,48000,"AAEC"],[66600,240,""]]')
    assert record == ChapterRecord(
        placements=(
            Placement(start_samples=18_000, samples=48_000, envelope=b"\0\1\2"),
            Placement(start_samples=66_600, samples=240, envelope=b""),
        )
    )


def test_a_record_of_a_release_that_did_not_tell_of_silences_tells_of_none() -> None:
    record = ChapterRecord(placements=(Placement(start_samples=7, samples=9, envelope=b""),))
    stored = json.loads(record_to_json(record))
    del stored["silences"]
    assert record_from_json(json.dumps(stored).encode()) == record


def test_a_release_that_knows_of_no_silences_finds_placements_as_it_knows_them() -> None:
    place = Placement(start_samples=7, samples=9, envelope=b"", lead_samples=3, trail_samples=2)
    assert json.loads(record_to_json(ChapterRecord(placements=(place,))))["placements"] == [
        [7, 9, ""]
    ]


@pytest.mark.parametrize(
    "junk", [b"", b"{}", b"[1]", b"7", json.dumps({"version": 3}).encode(), b'{"version": 2}']
)
def test_what_is_no_record_is_refused(junk: bytes) -> None:
    with pytest.raises((ValueError, TypeError)):
        record_from_json(junk)
