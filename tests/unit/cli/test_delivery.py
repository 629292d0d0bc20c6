"""What artifacts are called at the user's."""

from pathlib import Path

import pytest

from narrator.cli.delivery import place_of, superseded
from narrator.cli.request import Request
from narrator.domain.jobs import JobOptions
from narrator.domain.manifest_json import to_json
from tests.unit.domain.books import book

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


def test_what_an_earlier_command_left_is_told_with_what_goes_along(tmp_path: Path) -> None:
    request = Request(book=Path("e"), name="e", out=tmp_path / "mine.m4b", options=JobOptions())
    earlier = book().manifest
    request.manifest.write_bytes(to_json(earlier))
    left = [request.out, tmp_path / "mine.vtt", tmp_path / "mine.read-along.epub"]
    for path in left:
        path.touch()
    title = Path(earlier.recording.name).stem
    assert superseded(request, {request.out}, title=title) == left[1:]
