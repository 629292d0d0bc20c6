"""A finished job as a podcast, over HTTP."""

from dataclasses import replace

import pytest
from lxml import etree

from narrator.api.app import create_app
from narrator.domain.artifacts import MANIFEST_NAME, Artifact, job_object
from narrator.domain.ids import JobId, ObjectKey
from narrator.domain.manifest_json import to_json
from narrator.domain.steps import StepKind
from narrator.services.ports import RenderedRecord
from tests.integration.api.installations import Installation, api_settings, recording
from tests.integration.api.test_artifacts import LinkedObjects
from tests.unit.api.calls import Caller
from tests.unit.domain.books import book

COVER = b"\xff\xd8\xff a cover"


@pytest.fixture(name="job_id")
def _job_id(twins: Installation) -> JobId:
    """A job that has succeeded, its manifest and a cover with it."""
    job_id = twins.submitted()
    twins.planned()
    twins.spoken()
    record = RenderedRecord(audio_key=ObjectKey("a"), timeline_key=ObjectKey("t"), samples=9)
    twins.services.steps.finish_render(twins.claimed(StepKind.RENDER), record)
    claim = twins.claimed(StepKind.PUBLISH)
    made = recording(job_object(job_id, "artifacts/book.m4b"))
    about = book().manifest
    file = replace(about.recording, name=made.name, format="m4b", bytes=made.bytes)
    proof = to_json(replace(about, recording=file))
    key = job_object(job_id, "artifacts/manifest.json")
    objects = twins.services.objects
    objects.put_bytes(key, proof, media_type="application/json")
    objects.put_bytes(job_object(job_id, "cover.jpg"), COVER, media_type="image/jpeg")
    artifacts = [made, _proof(key, len(proof))]
    twins.services.steps.finish_publish(claim, artifacts)
    return job_id


def _proof(key: ObjectKey, bytes_: int) -> Artifact:
    return Artifact(
        name=MANIFEST_NAME,
        object_key=key,
        media_type="application/json",
        bytes=bytes_,
        sha256="0" * 64,
    )


def _urls(installation: Installation, job_id: JobId) -> list[str]:
    """What the feed names: the audio, its chapters, the cover."""
    answer = installation.caller.get(f"/v1/jobs/{job_id}/feed")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/rss+xml")
    root = etree.fromstring(answer.content)
    return [each.get("url") or each.get("href") or "" for each in root.iter() if _names(each)]


def _names(element: etree._Element) -> bool:
    return etree.QName(element).localname in {"enclosure", "chapters", "image"}


def test_a_feed_names_its_files_as_it_was_asked_for_itself(
    twins: Installation, job_id: JobId
) -> None:
    base = f"http://127.0.0.1:8080/v1/jobs/{job_id}"
    assert sorted(_urls(twins, job_id)) == [
        f"{base}/artifacts/book.m4b",
        f"{base}/chapters/book.chapters.json",
        f"{base}/cover",
    ]


def test_a_store_that_gives_links_is_where_the_audio_is(twins: Installation, job_id: JobId) -> None:
    linked = twins.but(objects=LinkedObjects(twins.services.objects))
    assert any(url.startswith("https://store.example/") for url in _urls(linked, job_id))


def test_the_public_url_counts_where_there_is_one(twins: Installation, job_id: JobId) -> None:
    settings = replace(api_settings(), public_url="https://books.example/")
    app = create_app(twins.services, settings)
    answer = Caller(app).get(f"/v1/jobs/{job_id}/feed")
    assert f"https://books.example/v1/jobs/{job_id}/feed".encode() in answer.content


def test_no_cache_keeps_a_feed(twins: Installation, job_id: JobId) -> None:
    answer = twins.caller.get(f"/v1/jobs/{job_id}/feed")
    assert answer.headers["cache-control"] == "no-store"


def test_what_the_feed_names_is_there(twins: Installation, job_id: JobId) -> None:
    chapters = twins.caller.get(f"/v1/jobs/{job_id}/chapters/book.chapters.json")
    assert [each["title"] for each in chapters.json()["chapters"]] == ["Chapter 1", "Chapter 2"]
    assert twins.caller.get(f"/v1/jobs/{job_id}/cover").content == COVER


def test_no_browser_takes_a_cover_for_anything_but_its_picture(
    twins: Installation, job_id: JobId
) -> None:
    headers = twins.caller.get(f"/v1/jobs/{job_id}/cover").headers
    assert headers["content-type"] == "image/jpeg"
    assert headers["x-content-type-options"] == "nosniff"


def test_chapters_of_no_episode_are_not_there(twins: Installation, job_id: JobId) -> None:
    answer = twins.caller.get(f"/v1/jobs/{job_id}/chapters/other.json")
    assert answer.status_code == 404


def test_a_job_that_is_not_done_has_no_feed(twins: Installation) -> None:
    answer = twins.caller.get(f"/v1/jobs/{twins.submitted()}/feed")
    assert answer.status_code == 404
    assert "queued" in answer.json()["remedy"]


def test_a_document_without_a_cover_says_so(twins: Installation) -> None:
    assert twins.caller.get(f"/v1/jobs/{twins.submitted()}/cover").status_code == 404


def test_a_feed_asks_for_a_key(twins: Installation, job_id: JobId) -> None:
    stranger = Caller(twins.app, headers={})
    assert stranger.get(f"/v1/jobs/{job_id}/feed").status_code == 401
