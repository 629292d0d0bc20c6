"""A provider that opens speech sessions and then keeps to nothing."""

import base64
import hashlib
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

TWO_BYTES = b"\x82\x02\x01\x02"  # a binary frame: FIN and opcode 2, two bytes, not masked
TRICKLE_SECONDS = 0.05

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3


class StubbornServer(socketserver.ThreadingTCPServer):
    """Shakes hands; answers no frame, not even Close, unless with drops of audio (`trickles`)."""

    daemon_threads = True

    def __init__(self, *, trickles: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.trickles = trickles
        self.stopping = threading.Event()
        self.asked = threading.Event()  # a frame has come
        self.left = threading.Event()  # the client is gone
        self.url = f"ws://127.0.0.1:{self.server_address[1]}/v1/speak"


class _Conversation(socketserver.StreamRequestHandler):
    server: StubbornServer

    def handle(self) -> None:
        with suppress(OSError):  # the client ends it, by force
            self._shake_hands()
            self.request.recv(1)
            self.server.asked.set()
            while self.server.trickles and not self.server.stopping.wait(TRICKLE_SECONDS):
                self.request.sendall(TWO_BYTES)
            while self.request.recv(4_096):
                pass
        self.server.left.set()

    def _shake_hands(self) -> None:
        key = b""
        while line := self.rfile.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"sec-websocket-key":
                key = value.strip()
        accept = base64.b64encode(hashlib.sha1(key + _MAGIC).digest())  # noqa: S324
        self.wfile.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )


@contextmanager
def stubborn_server(*, trickles: bool = False) -> Iterator[StubbornServer]:
    """Run one in a thread."""
    with StubbornServer(trickles=trickles) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.stopping.set()
            server.shutdown()
            thread.join()
