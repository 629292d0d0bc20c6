"""The fleet, as an operator runs it: over HTTP, by processes, on real servers."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import etree

from narrator.audio.studio import FfmpegStudio
from narrator.domain.documents import Span
from narrator.domain.manifest import Manifest
from narrator.domain.plan import spoken
from narrator.ingest.read import read
from narrator.services.verify import verify
from tests.acceptance.conftest import FleetStarter
from tests.acceptance.fleet import (
    API_KEY,
    SOCKETS,
    SPEAK_KEY,
    Fleet,
    wait_for,
    wait_for_job,
)
from tests.acceptance.jobs import fetch, read_manifest, recording_of, submit
from tests.acceptance.texts import voyage
from tests.acceptance.words import text_nodes, words_of
from tests.extras.books import NEW
from tests.servers.s3 import client as s3_client

pytestmark = pytest.mark.acceptance

BOOK = Path("narrator/samples/the-adventures-of-sherlock-holmes.epub")
STORY = "3"  # of twelve: 38,000 characters
OUTSIDE_STORY = {
    "whitespace",
    "metadata",
    "front-matter",
    "back-matter",
    "contents",
    "not-chosen",
}


@pytest.fixture(scope="module")
def fleet(start_fleet: FleetStarter) -> Iterator[Fleet]:
    """Two speech workers, one audio worker, the API and the Speak server."""
    with start_fleet() as fleet:
        yield fleet


def submit_book(client: httpx.Client, **options: str) -> str:
    """Submit the sample book; returns the job's URL."""
    with BOOK.open("rb") as file:
        answer = client.post(
            "/v1/jobs",
            files={"document": (BOOK.name, file, "application/epub+zip")},
            data={"format": "flac", **options},
        )
    assert answer.status_code == 202, answer.text
    return answer.headers["Location"]


@pytest.mark.timeout(600)
def test_a_book_comes_back_word_for_word(fleet: Fleet, tmp_path: Path) -> None:
    """What is heard in the finished file is the plan; plan and listed skips are the book."""
    before = fleet.speak_server_stats()
    with fleet.client() as client:
        job = wait_for_job(client, submit_book(client, chapters=STORY), timeout_seconds=420)
        assert job["state"] == "succeeded", job["failure"]
        paths = fetch(job, client, tmp_path)
    manifest = read_manifest(paths)
    chunks = [each.chunk for chapter in manifest.chapters for each in chapter.chunks]

    assert words_of(recording_of(paths)) == [chunk.text for chunk in chunks]

    source = text_nodes(BOOK)
    assert hashlib.sha256(source.encode()).hexdigest() == manifest.source_sha256
    assert all(chunk.text == spoken(source, chunk.spans, chunk.edits) for chunk in chunks)
    accounted = [span for chunk in chunks for span in chunk.spans]
    accounted += [skip.span for skip in manifest.skips]
    assert_tiles(source, accounted)
    assert {skip.reason.value for skip in manifest.skips} <= OUTSIDE_STORY

    stats, progress = fleet.speak_server_stats(), job["progress"]
    received = stats["characters_received"] - before["characters_received"]
    assert received == progress["chars_sent"] == progress["chars"] - repeats(chunks)
    assert progress["chars_resent"] == 0
    assert stats["limit_warnings"] == 0


def repeats(chunks: list[Any]) -> int:
    """Characters of chunks whose words were spoken before: one take answers them all."""
    return sum(len(c.text) for c in chunks) - sum(map(len, {c.text for c in chunks}))


def assert_tiles(source: str, spans: list[Span]) -> None:
    """Each character of the source lies in exactly one span."""
    position = 0
    for span in sorted(spans):
        assert span.start == position
        position = span.end
    assert position == len(source)


def test_each_voice_of_a_structured_document_says_its_own_words(
    fleet: Fleet, tmp_path: Path
) -> None:
    """The Speak server tells what it was sent on sockets of each voice, the manifest who said what.

    The headings' voice is the job's choice, the others are the document's.
    """
    luna, hera, zeus = "aura-2-luna-en", "aura-2-hera-en", "aura-2-zeus-en"
    talk = [
        {"text": "He asked, "},
        {"text": "who goes there?", "voice": hera},
        {"text": " Nobody."},
    ]
    chapters = [
        {"title": f"Night {n}", "passages": [{"runs": talk}, {"text": f"That was night {n}."}]}
        for n in ("one", "two")
    ]
    document = json.dumps({"narrator": 1, "title": "Nights", "chapters": chapters})
    with fleet.client() as client:
        answer = client.post(
            "/v1/jobs",
            files={"document": ("nights.json", document.encode(), "application/json")},
            data={"format": "flac", "voice": luna, "cast": f"heading={zeus}"},
        )
        assert answer.status_code == 202, answer.text
        job = wait_for_job(client, answer.headers["Location"], timeout_seconds=120)
        assert job["state"] == "succeeded", job["failure"]
        paths = fetch(job, client, tmp_path)
    manifest = read_manifest(paths)
    chunks = [each.chunk for chapter in manifest.chapters for each in chapter.chunks]

    assert words_of(recording_of(paths)) == [chunk.text for chunk in chunks]
    said = {(chunk.voice or manifest.voice, chunk.text) for chunk in chunks}
    assert {voice for voice, text in said if "Night" in text} == {zeus}
    assert {text.strip() for voice, text in said if voice == hera} == {"who goes there?"}
    assert any("That was night two." in text for voice, text in said if voice == luna)
    sent = fleet.speak_server_stats()["characters_by_voice"]
    for voice in (luna, hera, zeus):
        assert sent[voice] == sum(len(text) for who, text in said if who == voice)


@dataclass(frozen=True, kw_only=True)
class Made:
    """A finished job of several files, as they were fetched."""

    fleet: Fleet
    job: dict[str, Any]
    paths: dict[str, Path]

    @property
    def manifest(self) -> Manifest:
        """The one proof of them all."""
        return read_manifest(self.paths)

    @property
    def recordings(self) -> list[Path]:
        """In the manifest's order."""
        return [self.paths[each.name] for each in self.manifest.files]


@pytest.fixture(scope="module")
def made(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """An EPUB of two chapters in three formats, cut by chapters, to be read along."""
    options = {"also": "mp3,flac", "split": "chapters", "read_along": "vtt,json,epub"}
    with fleet.client() as client:
        document = ("weather.epub", NEW, "application/epub+zip")
        answer = client.post("/v1/jobs", files={"document": document}, data=options)
        assert answer.status_code == 202, answer.text
        job = wait_for_job(client, answer.headers["Location"], timeout_seconds=120)
        assert job["state"] == "succeeded", job["failure"]
        paths = fetch(job, client, tmp_path_factory.mktemp("fetched"))
    return Made(fleet=fleet, job=job, paths=paths)


def test_every_file_that_was_asked_for_is_an_artifact(made: Made) -> None:
    pieces = ("weather-01-rain", "weather-02-sun")
    recordings = [f"{each}.{kind}" for kind in ("m4b", "mp3", "flac") for each in pieces]
    cues = [f"{each}.{kind}" for kind in ("cues.json", "vtt") for each in pieces]
    assert [path.name for path in made.recordings] == recordings
    others = [*cues, "weather.read-along.epub", "manifest.json"]
    assert sorted(made.paths) == sorted([*recordings, *others])


def test_every_file_is_proved_by_the_one_manifest(made: Made) -> None:
    verdict = verify(
        made.manifest,
        studio=FfmpegStudio(),
        recordings=made.recordings,
        document=read(NEW, "weather.epub"),
    )
    assert verdict.problems == ()
    assert (verdict.recordings, verdict.of_recordings) == (6, 6)


def test_a_file_of_a_chapter_says_that_chapters_words(made: Made) -> None:
    lossless = [path for path in made.recordings if path.suffix == ".flac"]
    for chapter, path in zip(made.manifest.chapters, lossless, strict=True):
        assert words_of(path) == [each.chunk.text for each in chapter.chunks]


def test_the_book_to_be_read_along_has_the_texts_of_the_document(made: Made) -> None:
    edition = made.paths["weather.read-along.epub"].read_bytes()
    assert read(edition, "weather.epub").source == read(NEW, "weather.epub").source


def test_the_feed_has_an_episode_a_chapter_and_links_that_lead_to_its_file(made: Made) -> None:
    with made.fleet.client() as client:
        answer = client.get(f"{made.job['href']}/feed").raise_for_status()
    enclosures = etree.fromstring(answer.content).findall("channel/item/enclosure")
    fetched = [httpx.get(str(each.attrib["url"])).raise_for_status().content for each in enclosures]
    mp3s = [path for path in made.recordings if path.suffix == ".mp3"]
    assert fetched == [path.read_bytes() for path in mp3s]
    assert [int(each.attrib["length"]) for each in enclosures] == [len(each) for each in fetched]


def test_nothing_is_left_of_a_job_of_many_files_that_is_deleted(made: Made) -> None:
    """The last that is seen of them here: nobody can fetch anything of it afterwards."""
    s3 = made.fleet.s3

    def left() -> list[str]:
        under = f"jobs/{made.job['id']}/"
        found = s3_client(s3).list_objects_v2(Bucket=s3.bucket, Prefix=under)
        return [each["Key"] for each in found.get("Contents", ())]

    assert len(left()) >= len(made.paths)
    with made.fleet.client() as client:
        assert client.delete(made.job["href"]).status_code == 204
        assert client.get(f"{made.job['href']}/feed").status_code == 404
    wait_for(left, lambda keys: keys == [], timeout_seconds=30)


def test_killing_a_speech_worker_loses_nothing(fleet: Fleet, tmp_path: Path) -> None:
    """The chunks of a worker killed half way are spoken by another, at most two a socket twice.

    The ledger may name utterances that the worker died too early to send, but leaves none out.
    """
    before = fleet.speak_server_stats()["characters_received"]
    with fleet.client() as client:
        location = submit(client, voyage(80))
        wait_for(
            lambda: client.get(location).json()["progress"],
            lambda progress: progress["chunks_spoken"] > 8,
            timeout_seconds=60,
        )
        fleet.workers("speech")[0].kill()
        fleet.start_worker("speech")
        job = wait_for_job(client, location, timeout_seconds=120)
        assert job["state"] == "succeeded", job["failure"]
        paths = fetch(job, client, tmp_path)
    chunks = [each.chunk for chapter in read_manifest(paths).chapters for each in chapter.chunks]

    assert words_of(recording_of(paths)) == [chunk.text for chunk in chunks]
    received, progress = fleet.speak_server_stats()["characters_received"], job["progress"]
    sent_twice = received - before - progress["chars"]
    longest = max(len(chunk.text) for chunk in chunks)
    assert 0 <= sent_twice <= progress["chars_resent"] <= 2 * SOCKETS * longest


def test_a_refused_document_fails_with_a_reason_and_a_remedy(fleet: Fleet) -> None:
    with fleet.client() as client:
        answer = client.post("/v1/jobs", files={"document": ("empty.epub", b"PK\x03\x04 torn")})
        job = wait_for_job(client, answer.headers["Location"], timeout_seconds=60)

    assert job["state"] == "failed"
    assert job["failure"]["code"] == "document-refused"
    assert job["failure"]["remedy"]


def test_logs_carry_the_job_and_neither_text_nor_secrets(fleet: Fleet) -> None:
    words = "Seventeen velvet hippopotami waltzed across Trafalgar Square."
    with fleet.client() as client:
        answer = client.post("/v1/jobs", json={"text": words, "title": "Waltz", "format": "flac"})
        job = wait_for_job(client, answer.headers["Location"], timeout_seconds=60)
    logs = fleet.logs()

    assert job["state"] == "succeeded", job["failure"]
    assert job["id"] in logs
    assert "hippopotami" not in logs
    assert SPEAK_KEY not in logs
    assert API_KEY not in logs
