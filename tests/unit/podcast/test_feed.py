"""A recording as a podcast."""

import json
from collections.abc import Collection
from dataclasses import replace
from email.utils import parsedate_to_datetime

from lxml import etree

from narrator.domain.documents import Metadata
from narrator.domain.manifest import Manifest, Recording
from narrator.podcast.chapters import chapters_json
from narrator.podcast.feed import ITUNES, PODCAST, feed
from narrator.podcast.show import Places, show
from tests.unit.domain.books import book

MANIFEST = book().manifest
FILE = Recording(
    name="late.m4b",
    format="m4b",
    bytes=1_234,
    sha256="ab" * 32,
    samples=MANIFEST.recording.samples,
)
WHOLE = replace(MANIFEST, recording=FILE)
PARTS = tuple(
    replace(
        FILE,
        name=f"late-{n}.m4b",
        sha256=f"{n}" * 64,
        samples=chapter.samples,
        start_samples=chapter.start_samples,
        chapters=(chapter.number,),
    )
    for n, chapter in enumerate(MANIFEST.chapters, start=1)
)


def rss(manifest: Manifest, *, names: Collection[str] = (), image: str = "") -> etree._Element:
    """The channel of its feed."""
    places = Places(
        of=lambda name: f"https://x.example/{name}",
        names=names,
        feed="https://x.example/feed",
        link="https://x.example/",
        image=image,
    )
    root = etree.fromstring(feed(show(manifest, places, published_at=1_700_000_000.5)))
    return root[0]


def texts(element: etree._Element, path: str) -> list[str]:
    """The texts of the elements at a path."""
    return [each.text or "" for each in element.iterfind(path)]


def test_the_book_is_the_show_and_its_authors_speak() -> None:
    channel = rss(WHOLE)
    assert texts(channel, "title") == ["Late"]
    assert texts(channel, f"{{{ITUNES}}}author") == ["A. Writer, B. Writer"]


def test_an_enclosure_has_its_length_and_its_type() -> None:
    (enclosure,) = rss(WHOLE).iterfind("item/enclosure")
    assert dict(enclosure.items()) == {
        "url": "https://x.example/late.m4b",
        "length": "1234",
        "type": "audio/x-m4a",
    }


def test_each_file_is_an_episode_named_after_its_chapter() -> None:
    channel = rss(replace(WHOLE, recording=PARTS[0], recordings=PARTS))
    assert texts(channel, "item/title") == ["Chapter 1", "Chapter 2"]
    assert texts(channel, f"item/{{{ITUNES}}}episode") == ["1", "2"]


def test_a_file_of_other_bytes_is_another_episode() -> None:
    channel = rss(replace(WHOLE, recording=PARTS[0], recordings=PARTS))
    assert len(set(texts(channel, "item/guid"))) == 2


def test_of_several_formats_the_one_is_taken_that_most_players_play() -> None:
    mp3 = replace(FILE, name="late.mp3", format="mp3")
    (enclosure,) = rss(replace(WHOLE, recordings=(FILE, mp3))).iterfind("item/enclosure")
    assert enclosure.get("url") == "https://x.example/late.mp3"


def test_episodes_are_dated_in_their_order() -> None:
    channel = rss(replace(WHOLE, recording=PARTS[0], recordings=PARTS))
    dates = [parsedate_to_datetime(each) for each in texts(channel, "item/pubDate")]
    assert dates[-1].timestamp() == 1_700_000_000
    assert dates == sorted(set(dates))


def test_chapters_and_transcripts_are_named_where_they_are_there() -> None:
    (item,) = rss(WHOLE, names={"late.vtt", "late.chapters.json"}).iterfind("item")
    (chapters,) = item.iterfind(f"{{{PODCAST}}}chapters")
    (transcript,) = item.iterfind(f"{{{PODCAST}}}transcript")
    assert chapters.get("url") == "https://x.example/late.chapters.json"
    assert transcript.get("type") == "text/vtt"


def test_what_xml_cannot_hold_does_not_break_the_feed() -> None:
    named = replace(WHOLE, metadata=Metadata(title="A\x01 & <b>\ud800"))
    assert texts(rss(named), "title") == ["A\ufffd & <b>\ufffd"]


def test_the_cover_is_the_shows_image() -> None:
    (image,) = rss(WHOLE, image="https://x.example/c.jpg").iterfind(f"{{{ITUNES}}}image")
    assert image.get("href") == "https://x.example/c.jpg"


def test_chapters_begin_and_end_where_the_manifest_says() -> None:
    second = MANIFEST.chapters[1]
    value = json.loads(chapters_json([second], start_samples=second.start_samples))
    assert value["chapters"] == [
        {"startTime": 0.0, "endTime": round(second.samples / 24_000, 3), "title": "Chapter 2"}
    ]
