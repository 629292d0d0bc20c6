"""Fetching artifacts: from the folder, or by a link to the store."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from narrator.bootstrap import bootstrap
from narrator.domain.ids import ObjectKey
from narrator.services.ports import Objects
from narrator.settings import Settings, load
from tests.fakes.objects import MemoryObjects
from tests.integration.api.installations import RECORDING, Installation
from tests.servers.s3 import S3


@dataclass
class LinkedObjects:
    """A store that gives links, as an S3 store does; for the rest another store."""

    behind: Objects

    def __getattr__(self, name: str) -> object:
        return getattr(self.behind, name)

    def link(self, key: ObjectKey, *, file_name: str, media_type: str, seconds: int) -> str:
        return f"https://store.example/{key}?name={file_name}&type={media_type}&for={seconds}"


def fetched(installation: Installation, name: str = "book.m4b") -> httpx.Response:
    return installation.caller.get(f"/v1/jobs/{installation.succeeded()}/artifacts/{name}")


def settings_of(s3: S3, home: Path) -> Settings:
    return load(
        {
            "NARRATOR_HOME": str(home),
            "NARRATOR_S3_BUCKET": s3.bucket,
            "NARRATOR_S3_ENDPOINT_URL": s3.endpoint_url,
            "NARRATOR_S3_REGION": s3.region,
            "NARRATOR_S3_ACCESS_KEY": s3.access_key,
            "NARRATOR_S3_SECRET_KEY": s3.secret_key,
        }
    )


def test_a_job_lists_what_it_made(installation: Installation) -> None:
    job_id = installation.succeeded()
    assert installation.caller.get(f"/v1/jobs/{job_id}").json()["artifacts"] == [
        {
            "name": "book.m4b",
            "media_type": "audio/mp4",
            "bytes": len(RECORDING),
            "sha256": hashlib.sha256(RECORDING).hexdigest(),
            "href": f"/v1/jobs/{job_id}/artifacts/book.m4b",
        }
    ]


def test_a_file_comes_whole_with_its_name_type_and_length(installation: Installation) -> None:
    answer = fetched(installation)
    assert (answer.status_code, answer.content) == (200, RECORDING)
    assert answer.headers["content-type"] == "audio/mp4"
    assert answer.headers["content-length"] == str(len(RECORDING))
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''book.m4b"


def test_a_store_that_gives_links_is_redirected_to(installation: Installation) -> None:
    """307, with what the link must say, and not to be kept by a cache."""
    linked = installation.but(objects=LinkedObjects(installation.services.objects))
    answer = fetched(linked)
    assert answer.status_code == 307
    assert answer.headers["location"].endswith("?name=book.m4b&type=audio/mp4&for=600")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.integration
def test_a_link_of_a_real_store_gives_anyone_the_file_by_its_name(
    installation: Installation, s3: S3, tmp_path: Path
) -> None:
    answer = fetched(installation.but(objects=bootstrap(settings_of(s3, tmp_path)).objects))
    file = httpx.get(answer.headers["location"])
    assert (file.status_code, file.content) == (200, RECORDING)
    assert file.headers["content-type"] == "audio/mp4"
    assert "book.m4b" in file.headers["content-disposition"]


def test_an_artifact_that_is_not_there_is_missing_and_the_others_are_named(
    installation: Installation,
) -> None:
    answer = fetched(installation, "book.mp3")
    assert (answer.status_code, answer.json()["code"]) == (404, "missing")
    assert "book.m4b" in answer.json()["remedy"]


def test_a_job_under_way_has_no_artifact_and_says_so(installation: Installation) -> None:
    answer = installation.caller.get(f"/v1/jobs/{installation.submitted()}/artifacts/book.m4b")
    assert answer.status_code == 404
    assert "queued" in answer.json()["remedy"]


def test_a_file_that_the_store_has_lost_is_missing_before_the_answer_begins(
    installation: Installation,
) -> None:
    job_id = installation.succeeded()
    emptied = installation.but(objects=MemoryObjects())
    answer = emptied.caller.get(f"/v1/jobs/{job_id}/artifacts/book.m4b")
    assert (answer.status_code, answer.json()["code"]) == (404, "missing")
