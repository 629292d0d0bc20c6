"""What artifacts are called at the user's."""

from pathlib import Path

import pytest

from narrator.cli.delivery import place_of
from narrator.cli.request import Request
from narrator.domain.jobs import JobOptions

REQUEST = Request(book=Path("e.epub"), name="e.epub", out=Path("x/mine.M4B"), options=JobOptions())


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("emma.m4b", "x/mine.M4B"),
        ("emma.mp3", "x/mine.mp3"),
        ("emma-part-2.m4b", "x/mine-part-2.m4b"),
        ("emma.vtt", "x/mine.vtt"),
        ("emma.read-along.epub", "x/mine.read-along.epub"),
        ("manifest.json", "x/mine.M4B.manifest.json"),
    ],
)
def test_a_file_is_named_after_the_audiobook(name: str, place: str) -> None:
    assert place_of(name, REQUEST, title="Emma") == Path(place)
