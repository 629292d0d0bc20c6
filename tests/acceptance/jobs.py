"""Jobs, as a client of a fleet's API submits them, waits for them and fetches what they made."""

import hashlib
from pathlib import Path
from typing import Any

import httpx

from narrator.domain.manifest import Manifest
from narrator.domain.manifest_json import from_json
from tests.acceptance.fleet import wait_for, wait_for_job
from tests.acceptance.words import words_of

CHUNK_CHARS = 500  # more than any chunk of `voyage` has


def submit(client: httpx.Client, text: str, *, format: str = "flac", **options: object) -> str:
    """Submit a text; returns the job's URL."""
    body = {"text": text, "title": "Voyage", "format": format, **options}
    answer = client.post("/v1/jobs", json=body)
    assert answer.status_code == 202, answer.text
    return str(answer.headers["Location"])


def wait_for_chunks(client: httpx.Client, location: str, chunks: int) -> None:
    """Return once so many chunks of the job are spoken."""
    wait_for(
        lambda: client.get(location).raise_for_status().json()["progress"]["chunks_spoken"],
        lambda spoken: spoken >= chunks,
        timeout_seconds=60,
    )


def succeeded(
    client: httpx.Client, location: str, *, timeout_seconds: float = 180.0
) -> dict[str, Any]:
    """The job, once it has ended, and ended well: what was sent adds up."""
    job = wait_for_job(client, location, timeout_seconds=timeout_seconds)
    assert job["state"] == "succeeded", job["failure"]
    progress = job["progress"]
    assert progress["chars_sent"] == (
        progress["chars_spoken"] - progress["chars_from_takes"] + progress["chars_resent"]
    )
    return job


def fetch(job: dict[str, Any], client: httpx.Client, folder: Path) -> dict[str, Path]:
    """Download a job's artifacts by their links, checking their digests."""
    paths = {}
    for artifact in job["artifacts"]:
        redirect = client.get(artifact["href"])
        assert redirect.status_code == 307, redirect.text
        data = httpx.get(redirect.headers["Location"], timeout=60).raise_for_status().content
        assert hashlib.sha256(data).hexdigest() == artifact["sha256"]
        paths[artifact["name"]] = folder / artifact["name"]
        paths[artifact["name"]].write_bytes(data)
    return paths


def read_manifest(paths: dict[str, Path]) -> Manifest:
    """The manifest among a job's artifacts."""
    return from_json(paths["manifest.json"].read_bytes())


def recording_of(paths: dict[str, Path]) -> Path:
    """The recording among a job's artifacts."""
    return next(path for name, path in paths.items() if name != "manifest.json")


def heard(job: dict[str, Any], client: httpx.Client, folder: Path) -> tuple[list[str], list[str]]:
    """What a job's recording says, and the chunks of its manifest."""
    paths = fetch(job, client, folder)
    chunks = [each.chunk.text for part in read_manifest(paths).chapters for each in part.chunks]
    return words_of(recording_of(paths)), chunks
