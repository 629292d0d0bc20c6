"""The fleet, as an operator runs it: over HTTP, by processes, on real servers."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from narrator.domain.documents import Span
from narrator.domain.plan import spoken
from tests.acceptance.conftest import FleetStarter
from tests.acceptance.fleet import (
    API_KEY,
    SOCKETS,
    SPEAK_KEY,
    Fleet,
    wait_for,
    wait_for_job,
)
from tests.acceptance.jobs import fetch, read_manifest, recording_of
from tests.acceptance.words import text_nodes, words_of

pytestmark = pytest.mark.acceptance

BOOK = Path("narrator/samples/the-adventures-of-sherlock-holmes.epub")
STORIES = "1-2"  # of twelve: 95,000 characters
OUTSIDE_STORIES = {
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
        job = wait_for_job(client, submit_book(client, chapters=STORIES), timeout_seconds=420)
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
    assert {skip.reason.value for skip in manifest.skips} <= OUTSIDE_STORIES

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


def test_killing_a_speech_worker_loses_nothing(fleet: Fleet, tmp_path: Path) -> None:
    """The chunks of a worker killed half way are spoken by another, at most two a socket twice.

    The ledger may name utterances that the worker died too early to send, but leaves none out.
    """
    before = fleet.speak_server_stats()["characters_received"]
    with fleet.client() as client:
        location = submit_book(client, chapters="1", voice="aura-2-orion-en")
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
    sent_twice = received - before - (progress["chars"] - repeats(chunks))
    longest = max(len(chunk.text) for chunk in chunks)
    assert 0 <= sent_twice <= progress["chars_resent"] <= 2 * SOCKETS * longest


def test_a_cancelled_job_stops_speaking(fleet: Fleet) -> None:
    with fleet.client() as client:
        location = submit_book(client, voice="aura-2-arcas-en")
        before = fleet.speak_server_stats()["characters_received"]
        wait_for(
            lambda: client.get(location).json()["progress"],
            lambda progress: progress["chunks_spoken"] > 0,
            timeout_seconds=60,
        )
        cancelled = client.post(f"{location}/cancel").raise_for_status().json()
        assert cancelled["state"] == "cancelled"
        sent = wait_for_quiet(fleet) - before

        assert 0 < sent < cancelled["progress"]["chars"]
        assert client.get(location).json()["state"] == "cancelled"


def wait_for_quiet(fleet: Fleet) -> int:
    """Characters received once no more come: the same count at five looks in a row."""
    counts: list[int] = []

    def look() -> list[int]:
        counts.append(fleet.speak_server_stats()["characters_received"])
        return counts[-5:]

    wait_for(
        look,
        lambda last: len(last) == 5 and len(set(last)) == 1,
        timeout_seconds=30,
        pause_seconds=0.3,
    )
    return counts[-1]


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
