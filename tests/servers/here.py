"""HTTP servers on loopback, in threads of this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

POLL_SECONDS = 0.05  # how soon it learns that it is to end


class Quiet(BaseHTTPRequestHandler):
    """What answers a request, without a word."""

    def log_message(self, *_: object) -> None:
        """Keep still: whoever asked knows."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A caller that goes away in the midst of an answer has its reasons."""


@contextmanager
def listening(handler: type[Quiet]) -> Iterator[int]:
    """Answer on a free port, which is given, until the block ends."""
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
