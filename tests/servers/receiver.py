"""An HTTP server on loopback, in threads of this process, that keeps what it is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Event

from tests.servers.here import Quiet, listening


@dataclass(slots=True)
class Receiver:
    """Answers `status`, and where to it might be redirected; or, if `silent`, never.

    `requests` are path, headers and body of each that came.
    """

    status: int = 200
    silent: bool = False
    port: int = 0
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    done: Event = field(default_factory=Event)

    @property
    def url(self) -> str:
        """Where it wants to be told."""
        return f"http://127.0.0.1:{self.port}/told?by=narrator"


@contextmanager
def receiving(receiver: Receiver) -> Iterator[Receiver]:
    """Listen on a free port until the block ends."""

    class Answering(Quiet, BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.requests.append((self.path, dict(self.headers), body))
            if receiver.silent:
                receiver.done.wait(10)
                return
            self.send_response(receiver.status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

    with listening(Answering) as receiver.port:
        try:
            yield receiver
        finally:
            receiver.done.set()
