"""The app under its real server, for what only a socket can show."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import uvicorn

from narrator.api.uploads import OVERHEAD_BYTES
from tests.integration.api.installations import DOCUMENT_BYTES, RECORDING, Installation
from tests.unit.api.calls import WITH_KEY

pytestmark = pytest.mark.integration

WAIT_SECONDS = 30


class AnnouncedServer(uvicorn.Server):
    """A server that says when it has started."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@contextmanager
def served(installation: Installation) -> Iterator[httpx.Client]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = AnnouncedServer(
        uvicorn.Config(installation.app, log_config=None, access_log=False, lifespan="on")
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    assert server.ready.wait(WAIT_SECONDS)
    host, port = listening.getsockname()
    with httpx.Client(
        base_url=f"http://{host}:{port}", headers=WITH_KEY, timeout=WAIT_SECONDS
    ) as client:
        yield client
    server.should_exit = True
    thread.join(WAIT_SECONDS)
    assert not thread.is_alive()
    listening.close()


@pytest.fixture
def client(twins: Installation) -> Iterator[httpx.Client]:
    with served(twins) as client:
        yield client


def test_a_job_goes_from_upload_to_download(twins: Installation, client: httpx.Client) -> None:
    submitted = client.post("/v1/jobs", files={"document": ("book.epub", b"a" * DOCUMENT_BYTES)})
    for do in (twins.planned, twins.spoken, twins.published):
        do()
    job = client.get(submitted.headers["location"]).json()
    assert client.get(job["artifacts"][0]["href"]).content == RECORDING


def test_a_client_that_declares_too_much_reads_why(client: httpx.Client) -> None:
    """The server answers without reading, and ends the connection; the client still sees 413."""
    document = b"a" * (DOCUMENT_BYTES + OVERHEAD_BYTES + 1)
    answer = client.post("/v1/jobs", files={"document": ("book.epub", document)})
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert client.get("/v1/jobs").json()["jobs"] == []


def test_a_client_that_goes_away_in_mid_upload_leaves_nothing(
    twins: Installation, client: httpx.Client
) -> None:
    head = b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    head += f"Authorization: {WITH_KEY['Authorization']}\r\nContent-Length: 9999\r\n\r\n".encode()
    with socket.create_connection((client.base_url.host, client.base_url.port or 0)) as half:
        half.sendall(head + b'{"text": "half of it')
    assert client.get("/v1/jobs").json()["jobs"] == []
    assert client.get("/healthz").status_code == 200
    assert list(twins.services.scratch.iterdir()) == []
