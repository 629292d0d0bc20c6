"""`narrator feed`: files for a web server."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from narrator.cli.app import MISUSED, OK, run
from narrator.domain.manifest import Recording
from narrator.domain.manifest_json import to_json
from tests.unit.domain.books import book

ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
PODCAST = "{https://podcastindex.org/namespace/1.0}"


@pytest.fixture(name="manifest")
def _manifest(tmp_path: Path) -> Path:
    """That of a recording which the job called `late.m4b`, and the user `mine.m4b`."""
    made = book().manifest
    file = replace(made.recording, name="late.m4b", format="m4b", bytes=9, sha256="a" * 64)
    path = tmp_path / "mine.m4b.manifest.json"
    path.write_bytes(to_json(replace(made, recording=file)))
    return path


def item(folder: Path) -> etree._Element:
    """The episode of the feed in a folder."""
    (path,) = folder.glob("*.rss.xml")
    found = etree.parse(path).find("channel/item")
    assert found is not None
    return found


def test_the_recording_is_beneath_the_url_by_its_own_name(manifest: Path) -> None:
    assert run(["feed", str(manifest), "--url", "https://x.example/books"]) == OK
    enclosure = item(manifest.parent).find("enclosure")
    assert enclosure is not None
    assert enclosure.get("url") == "https://x.example/books/mine.m4b"


@pytest.mark.parametrize("url", ["x.example", "https://x.example/?a=1", "https://x.example/#"])
def test_what_no_file_can_be_beneath_is_refused(manifest: Path, url: str) -> None:
    assert run(["feed", str(manifest), "--url", url]) == MISUSED


def test_a_name_is_written_as_urls_write_it(manifest: Path) -> None:
    mine = manifest.rename(manifest.with_name("my book.m4b.manifest.json"))
    run(["feed", str(mine), "--url", "https://x.example"])
    enclosure = item(manifest.parent).find("enclosure")
    assert enclosure is not None
    assert enclosure.get("url") == "https://x.example/my%20book.m4b"


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("my cover.jpg", "https://x.example/my%20cover.jpg"),
        ("https://y.example/a.png", "https://y.example/a.png"),
    ],
)
def test_a_cover_is_a_name_in_the_folder_or_a_url(manifest: Path, given: str, url: str) -> None:
    run(["feed", str(manifest), "--url", "https://x.example", "--image", given])
    image = etree.parse(manifest.with_name("mine.rss.xml")).find(f"channel/{ITUNES}image")
    assert image is not None
    assert image.get("href") == url


def test_files_of_a_split_are_there_by_the_names_that_they_were_given(tmp_path: Path) -> None:
    """And so is what goes along with them, as `narrator narrate -o mine.m4b` names them."""
    made = book().manifest
    pieces = tuple(
        Recording(
            name=f"late-part-{chapter.number}.m4b",
            format="m4b",
            bytes=9,
            sha256=str(chapter.number) * 64,
            samples=chapter.samples,
            start_samples=chapter.start_samples,
            chapters=(chapter.number,),
        )
        for chapter in made.chapters
    )
    path = tmp_path / "mine.m4b.manifest.json"
    path.write_bytes(to_json(replace(made, recording=pieces[0], recordings=pieces)))
    (tmp_path / "mine-part-2.vtt").write_text("WEBVTT\n")
    run(["feed", str(path), "--url", "https://x.example"])
    rss = etree.parse(tmp_path / "mine.rss.xml")
    assert [each.get("url") for each in rss.iterfind("channel/item/enclosure")] == [
        "https://x.example/mine-part-1.m4b",
        "https://x.example/mine-part-2.m4b",
    ]
    assert [each.get("url") for each in rss.iterfind(f"channel/item/{PODCAST}transcript")] == [
        "https://x.example/mine-part-2.vtt"
    ]
    assert len(list(tmp_path.glob("mine-part-*.chapters.json"))) == 2


def test_a_format_besides_is_there_by_the_name_that_it_was_given(tmp_path: Path) -> None:
    made = book().manifest
    first = replace(made.recording, name="late.m4b", format="m4b", bytes=9, sha256="a" * 64)
    files = (first, replace(first, name="late.mp3", format="mp3", sha256="b" * 64))
    path = tmp_path / "mine.m4b.manifest.json"
    path.write_bytes(to_json(replace(made, recording=first, recordings=files)))
    run(["feed", str(path), "--url", "https://x.example"])
    enclosure = item(tmp_path).find("enclosure")
    assert enclosure is not None
    assert enclosure.get("url") == "https://x.example/mine.mp3"


def test_files_as_the_api_gives_them_keep_their_names(manifest: Path) -> None:
    run(["feed", str(manifest.rename(manifest.with_name("manifest.json"))), "--url", "https://x.y"])
    enclosure = item(manifest.parent).find("enclosure")
    assert enclosure is not None
    assert enclosure.get("url") == "https://x.y/late.m4b"


def test_chapters_are_written_beside_the_feed(manifest: Path) -> None:
    run(["feed", str(manifest), "--url", "https://x.example"])
    value = json.loads((manifest.parent / "mine.chapters.json").read_text())
    assert [each["title"] for each in value["chapters"]] == ["Chapter 1", "Chapter 2"]
    chapters = item(manifest.parent).find(f"{PODCAST}chapters")
    assert chapters is not None
    assert chapters.get("url") == "https://x.example/mine.chapters.json"


def test_subtitles_that_are_there_are_transcripts(manifest: Path) -> None:
    manifest.with_name("mine.vtt").write_text("WEBVTT\n")
    run(["feed", str(manifest), "--url", "https://x.example"])
    transcript = item(manifest.parent).find(f"{PODCAST}transcript")
    assert transcript is not None
    assert transcript.get("url") == "https://x.example/mine.vtt"


def test_the_cover_may_be_named_by_its_file(manifest: Path) -> None:
    run(["feed", str(manifest), "--url", "https://x.example/", "--image", "cover.jpg"])
    parent = item(manifest.parent).getparent()
    assert parent is not None
    image = parent.find(f"{ITUNES}image")
    assert image is not None
    assert image.get("href") == "https://x.example/cover.jpg"


def test_an_address_that_is_none_is_refused(manifest: Path) -> None:
    assert run(["feed", str(manifest), "--url", "books"]) == MISUSED
    assert list(manifest.parent.iterdir()) == [manifest]
