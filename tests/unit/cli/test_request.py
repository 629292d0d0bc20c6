"""Where the audiobook goes and in which format."""

from pathlib import Path

import pytest

from narrator.cli.request import Request, outcome_path
from narrator.domain.artifacts import AudioFormat
from narrator.domain.errors import OptionRefused
from narrator.domain.jobs import JobOptions


def test_without_a_name_the_book_gives_it():
    assert outcome_path("shelf/emma.epub", None, None) == (Path("emma.m4b"), AudioFormat.M4B)
    assert outcome_path("emma.epub", None, "mp3") == (Path("emma.mp3"), AudioFormat.MP3)
    assert outcome_path("-", None, "flac") == (Path("narration.flac"), AudioFormat.FLAC)


@pytest.mark.parametrize("format_", list(AudioFormat))
def test_the_extension_chooses_the_format(tmp_path: Path, format_: AudioFormat):
    out = tmp_path / f"book.{format_.upper()}"
    assert outcome_path("emma.epub", out, None) == (out, format_)


def test_a_name_without_an_extension_needs_a_format(tmp_path: Path):
    assert outcome_path("emma.epub", tmp_path / "book", "wav")[1] is AudioFormat.WAV
    with pytest.raises(OptionRefused, match="does not say which format"):
        outcome_path("emma.epub", tmp_path / "book", None)


def test_name_and_format_that_disagree_are_refused(tmp_path: Path):
    with pytest.raises(OptionRefused, match=r"ends in \.mp3, but --format says m4b"):
        outcome_path("emma.epub", tmp_path / "book.mp3", "m4b")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(OptionRefused, match="there is no folder"):
        outcome_path("emma.epub", tmp_path / "shelf" / "emma.m4b", None)


def test_the_document_is_never_written_over(tmp_path: Path):
    book = tmp_path / "misnamed.wav"
    book.write_text("Emma")
    with pytest.raises(OptionRefused, match="is the document itself"):
        outcome_path(str(book), book, None)


def test_the_manifest_lies_beside_the_book_and_each_format_has_its_own():
    request = Request(
        book=Path("e.epub"), name="e.epub", out=Path("x/emma.v2.m4b"), options=JobOptions()
    )
    assert request.manifest == Path("x/emma.v2.m4b.manifest.json")
