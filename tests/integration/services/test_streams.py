"""Recordings without loss are streamed into the store, and go on where a publisher died."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from socket import SHUT_RDWR, create_connection, socket
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from urllib.parse import urlsplit

import pytest

from narrator.domain.artifacts import AudioFormat
from narrator.domain.jobs import JobOptions, JobState
from narrator.storage.objects import S3Config, S3Objects
from narrator.storage.uploads import PART_BYTES
from tests.fakes.studio import FakeStudio
from tests.servers.s3 import S3
from tests.unit.services.conftest import WINDOW, World

pytestmark = pytest.mark.integration

MIB = 1 << 20
PARTS = 3


class Relay(ThreadingTCPServer):
    """Passes everything on to a server and back; `sent` counts the bytes on their way there."""

    daemon_threads = True

    def __init__(self, url: str) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        there = urlsplit(url)
        self.there = (there.hostname, there.port)
        self.sent = 0
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Connection(BaseRequestHandler):
    server: Relay

    def handle(self) -> None:
        with create_connection(self.server.there) as there:
            back = Thread(target=_pass, args=(there, self.request, len))
            back.start()
            _pass(self.request, there, self._count)
            back.join()

    def _count(self, data: bytes) -> None:
        self.server.sent += len(data)


def _pass(source: socket, target: socket, note: Callable[[bytes], object]) -> None:
    with suppress(OSError):
        while data := source.recv(MIB):
            note(data)
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(SHUT_RDWR)


@pytest.fixture
def relay(s3: S3) -> Iterator[Relay]:
    """A way to the S3 server on which bytes are counted."""
    with Relay(s3.endpoint_url) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Killed(BaseException):
    """Nothing catches it, as nothing catches SIGKILL."""


@dataclass
class LongStudio(FakeStudio):
    """Its recordings have some parts more; it may die when so many of their blocks are taken."""

    dies_at: int = -1

    def __post_init__(self) -> None:
        super().__init__()

    def stream(self, *args: object, **options: object) -> Iterator[bytes]:
        yield b"head"
        for n in range(PARTS * PART_BYTES // MIB):
            if n == self.dies_at:
                raise Killed
            yield bytes([n]) * MIB
        yield from super().stream(*args, **options)  # type: ignore[arg-type]


def test_the_successor_of_a_dead_publisher_sends_only_what_is_missing(
    world: World, s3: S3, relay: Relay
) -> None:
    objects = S3Objects(
        S3Config(
            bucket=s3.bucket,
            endpoint_url=relay.url,
            region=s3.region,
            access_key=s3.access_key,
            secret_key=s3.secret_key,
        )
    )
    two_parts = 2 * PART_BYTES // MIB + 1
    world.options = JobOptions(format=AudioFormat.FLAC)
    world.swap(objects=objects, studio=LongStudio(dies_at=two_parts))
    job = world.submit()
    with pytest.raises(Killed):
        world.work()
    assert relay.sent > 2 * PART_BYTES

    relay.sent = 0
    world.swap(studio=LongStudio())
    world.clock.wait(31)
    world.store.dispatch(WINDOW, queued_seconds=30)
    world.work()

    done = world.store.get(job.id)
    assert done.state is JobState.SUCCEEDED
    recording = done.artifacts[0]
    digest = hashlib.sha256(b"".join(objects.stream(recording.object_key)))
    assert digest.hexdigest() == recording.sha256
    assert PART_BYTES < relay.sent < 1.5 * PART_BYTES < recording.bytes / 2
