"""How many connections to an S3 store are kept."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from narrator.domain.ids import ObjectKey
from narrator.storage.objects import S3Config, S3Objects

pytestmark = pytest.mark.integration

THREADS = 20  # of a speech worker
PATIENCE = 10.0


class CountingStore(ThreadingHTTPServer):
    """Finds its bucket, and every object, but these only once all threads have asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.together = threading.Barrier(THREADS)
        self.connections: list[object] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # so that connections are kept
    server: CountingStore

    def setup(self) -> None:
        super().setup()
        self.server.connections.append(self.client_address)

    def do_HEAD(self) -> None:
        """Answer all who ask for an object at once."""
        if self.path.startswith("/b/"):
            self.server.together.wait(PATIENCE)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep still."""


@pytest.fixture
def store() -> Iterator[CountingStore]:
    """A store in threads of its own."""
    with CountingStore() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_every_thread_of_a_speech_worker_keeps_its_connection(store: CountingStore) -> None:
    config = S3Config(
        bucket="b", endpoint_url=store.url, access_key="a", secret_key="s", attempts=1
    )
    objects = S3Objects(config)
    objects.check()
    checked = len(store.connections)  # on a client of its own, which waits for less
    keys = [ObjectKey(f"takes/{n}.flac") for n in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as threads:
        for _ in range(3):
            assert all(threads.map(objects.exists, keys))
    assert len(store.connections) - checked == THREADS
