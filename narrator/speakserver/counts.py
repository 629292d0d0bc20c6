"""What a Speak server has seen since it started: the independent witness of a client's claims.

`GET /v1/stats` shows the totals; `GET /v1/stats?sockets=1` also shows, from
`narrator.speakserver.register`, every socket and every handshake refused as one too many.
"""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Counts:
    """Plain counts over the server's life, but for `sockets_open`, which is of this moment.

    `sockets_open` counts from the accepted handshake to the end of the TCP connection. Characters
    are Unicode code points: received in Speak messages (also in refused ones, and in those that
    came after the socket's end, which `characters_late` counts on its own); synthesised once
    flushed. "On purpose" is what faults, chaos and bursts did, each one of them in `strikes`;
    `limit_warnings` and `closes_by_limit` are without it.
    """

    sockets_open: int = 0
    sockets_open_highest: int = 0
    handshakes_accepted: int = 0
    handshakes_refused: Counter[int] = field(default_factory=Counter)  # by status
    refused_as_full: int = 0  # 429, because as many sockets were open as may be
    refused_on_purpose: Counter[int] = field(default_factory=Counter)  # by status
    refused_avoidably: int = 0  # 429 for neither reason: there must not be any
    speaks_received: int = 0
    characters_received: int = 0
    characters_late: int = 0
    characters_by_voice: Counter[str] = field(default_factory=Counter)  # received, by `model`
    characters_synthesised: int = 0
    flushes_accepted: int = 0
    flushes_refused: int = 0
    limit_warnings: int = 0
    closes: Counter[int] = field(default_factory=Counter)  # by code
    closes_by_reason: Counter[str] = field(default_factory=Counter)  # "1000", "1011 NET-0003"
    closes_by_limit: Counter[str] = field(default_factory=Counter)  # "DATA-0001"
    strikes: Counter[str] = field(default_factory=Counter)  # see `Strike.name`; "burst-429"

    def opened(self) -> None:
        """Count an accepted handshake."""
        self.handshakes_accepted += 1
        self.sockets_open += 1
        self.sockets_open_highest = max(self.sockets_open_highest, self.sockets_open)

    def closed(self, code: int) -> None:
        """Count the end of a socket."""
        self.sockets_open -= 1
        self.closes[code] += 1

    def spoke(self, characters: int, *, voice: str, late: bool = False) -> None:
        """Count a Speak, on a socket of this voice."""
        self.speaks_received += 1
        self.characters_received += characters
        self.characters_by_voice[voice] += characters
        self.characters_late += characters if late else 0

    def refused(self, status: int, *, full: bool, on_purpose: bool) -> None:
        """Count a refused handshake: with what, and for which reason."""
        self.handshakes_refused[status] += 1
        if on_purpose:
            self.refused_on_purpose[status] += 1
        elif full:
            self.refused_as_full += 1
        elif status == 429:  # noqa: PLR2004 - HTTP's number
            self.refused_avoidably += 1

    def as_json(self) -> dict[str, int | dict[str, int]]:
        """Return the counts as `GET /v1/stats` shows them, each under its own name."""
        return {name: _shown(getattr(self, name)) for name in _NAMES}


_NAMES = tuple(Counts.__dataclass_fields__)


def _shown(value: int | Counter[int] | Counter[str]) -> int | dict[str, int]:
    if isinstance(value, int):
        return value
    return {str(name): count for name, count in sorted(value.items())}
