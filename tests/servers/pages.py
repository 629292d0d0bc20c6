"""An HTTP server on loopback, in threads of this process, that answers what it is given."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Event

from tests.servers.here import Quiet, listening


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer: status, headers, body. `silent`: the body never comes."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/html"),)
    body: bytes = b""
    silent: bool = False


@dataclass(slots=True)
class Pages:
    """Answers by path, 404 for all others; `requests` are path and headers of each that came."""

    answers: dict[str, Answer] = field(default_factory=dict)
    port: int = 0
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    done: Event = field(default_factory=Event)

    def url(self, path: str) -> str:
        """Where a page is."""
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        """What was asked for."""
        return [path for path, _ in self.requests]


@contextmanager
def serving(pages: Pages) -> Iterator[Pages]:
    """Listen on a free port until the block ends."""

    class Answering(Quiet, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            pages.requests.append((self.path, dict(self.headers)))
            answer = pages.answers.get(self.path, Answer(status=404))
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.end_headers()
            if answer.silent:
                pages.done.wait(10)
                return
            self.wfile.write(answer.body)

    with listening(Answering) as pages.port:
        try:
            yield pages
        finally:
            pages.done.set()
