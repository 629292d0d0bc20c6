"""Who is told of the end of jobs: an HTTP server in a thread, that writes down what it is told."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass(slots=True)
class Receiver:
    """`told` counts each event, by its id and its job."""

    url: str = ""
    told: Counter[tuple[str, str]] = field(default_factory=Counter)

    def jobs(self) -> set[str]:
        """Those that it was told of."""
        return {job for _, job in self.told}


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen on a free port of the loopback."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            receiver.told[body["event_id"], body["job"]["id"]] += 1
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/told"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
