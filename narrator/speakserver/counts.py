"""What a Speak server has seen since it started: the independent witness of a client's claims."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Counts:
    """Plain counts over the server's life, but for `sockets_open`, which is of this moment.

    `sockets_open` counts from the accepted handshake to the end of the TCP connection. Characters
    are Unicode code points: received in Speak messages (also refused ones); synthesised once
    flushed.
    """

    sockets_open: int = 0
    sockets_open_highest: int = 0
    handshakes_accepted: int = 0
    handshakes_refused: Counter[int] = field(default_factory=Counter)
    speaks_received: int = 0
    characters_received: int = 0
    characters_synthesised: int = 0
    flushes_accepted: int = 0
    flushes_refused: int = 0
    limit_warnings: int = 0
    closes: Counter[int] = field(default_factory=Counter)

    def opened(self) -> None:
        """Count an accepted handshake."""
        self.handshakes_accepted += 1
        self.sockets_open += 1
        self.sockets_open_highest = max(self.sockets_open_highest, self.sockets_open)

    def closed(self, code: int) -> None:
        """Count the end of a socket."""
        self.sockets_open -= 1
        self.closes[code] += 1

    def as_json(self) -> dict[str, int | dict[str, int]]:
        """Return the counts as `GET /v1/stats` shows them."""
        return {
            "sockets_open": self.sockets_open,
            "sockets_open_highest": self.sockets_open_highest,
            "handshakes_accepted": self.handshakes_accepted,
            "handshakes_refused": _by_number(self.handshakes_refused),
            "speaks_received": self.speaks_received,
            "characters_received": self.characters_received,
            "characters_synthesised": self.characters_synthesised,
            "flushes_accepted": self.flushes_accepted,
            "flushes_refused": self.flushes_refused,
            "limit_warnings": self.limit_warnings,
            "closes": _by_number(self.closes),
        }


def _by_number(counter: Counter[int]) -> dict[str, int]:
    return {str(number): count for number, count in sorted(counter.items())}
