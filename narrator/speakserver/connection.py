"""A WebSocket connection that knows its request, can vanish, and tells when it is really over."""

import re
import time

from websockets.asyncio.server import ServerConnection

from narrator.speakserver.counts import Counts
from narrator.speakserver.handshake import Options
from narrator.speakserver.register import Register, SocketRecord

CLOSE_SECONDS = 5.0
VANISHED_SECONDS = 2.0  # how long a client that does not notice is waited for

_NO_CLOSE_FRAME = 1006
# What a client or the library writes into a close frame is not ours to count by.
_REASON = re.compile(r"[A-Z]{3,8}-\d{4}")


class Connection(ServerConnection):
    """A connection; `accepted` counts it from then on, to the end of its TCP connection."""

    request_id: str
    on_purpose = False  # whether a fault refused the handshake
    options: Options
    record: SocketRecord | None = None
    _counts: Counts
    _register: Register
    _vanished = False

    def accepted(self, counts: Counts, register: Register) -> None:
        """Count the connection as a socket from now on."""
        self._counts, self._register = counts, register
        self.record = SocketRecord(
            number=counts.handshakes_accepted,
            request_id=self.request_id,
            peer_port=self.peer_port,
            opened_at=time.time(),
        )
        counts.opened()
        register.enter(self.record)

    @property
    def peer_port(self) -> int:
        """The client's port."""
        return int(self.remote_address[1])

    def vanish(self) -> None:
        """End the connection without a close frame.

        What was sent before still arrives, and what the client sends until it notices is still
        read: the counts of what was received stay those of what was sent.
        """
        self._vanished = True
        self.transport.write_eof()
        self.loop.call_later(VANISHED_SECONDS, self.transport.abort)

    def send_data(self) -> None:
        """Send what is to be sent, unless the connection has vanished."""
        if self._vanished:
            self.protocol.data_to_send()
        else:
            super().send_data()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count the end."""
        super().connection_lost(exc)
        if self.record is None:
            return
        sent = None if self._vanished else self.protocol.close_sent
        code, reason = (_NO_CLOSE_FRAME, "") if sent is None else (sent.code, sent.reason)
        end = f"{code} {reason}" if _REASON.fullmatch(reason) else str(code)
        self._counts.closes_by_reason[end] += 1
        self._register.leave(self.record, at=time.time(), end=end)
        self._counts.closed(code)
