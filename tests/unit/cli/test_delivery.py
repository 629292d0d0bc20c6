"""What artifacts are called at the user's."""

from dataclasses import replace
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
    whole = book().manifest
    parts = tuple(
        replace(
            whole.recording, name=f"emma-part-{number}.m4b", format="m4b", sha256=str(number) * 64
        )
        for number in (1, 2)
    )
    earlier = replace(whole, recording=parts[0], recordings=parts)
    request.manifest.write_bytes(to_json(earlier))
    names = ("mine-part-1.m4b", "mine-part-1.vtt", "mine-part-2.m4b", "mine.read-along.epub")
    left = [tmp_path / name for name in names]
    for path in left:
        path.touch()
    assert superseded(request, {request.out, left[0]}, title="Emma") == left[1:]
