"""Every socket that a Speak server has had, and every handshake that was one too many.

Bounded: the oldest of what is over is forgotten, and counted as such. Instants are seconds of Unix
time, so that they can be laid beside what other processes wrote down.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

REMEMBERED = 20_000  # of either kind; a socket is some 300 bytes


@dataclass(slots=True, kw_only=True)
class SocketRecord:
    """A socket: `characters` received in Speaks, late ones too, and `flushes` accepted.

    `peer_port` is the client's port, by which its process can be found. `end` is a key of
    `Counts.closes_by_reason`, and empty while the socket is open.
    """

    number: int
    request_id: str
    peer_port: int
    opened_at: float
    closed_at: float | None = None
    characters: int = 0
    flushes: int = 0
    end: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTooMany:
    """A handshake refused because `sockets_open` were open, which is as many as may be."""

    at: float
    sockets_open: int
    peer_port: int


@dataclass(slots=True)
class Register:
    """Remembers the latest; all that are open, whatever their number."""

    remembered: int = REMEMBERED
    open: dict[int, SocketRecord] = field(default_factory=dict)
    closed: deque[SocketRecord] = field(default_factory=deque)
    one_too_many: deque[OneTooMany] = field(default_factory=deque)
    forgotten: int = 0

    def enter(self, socket: SocketRecord) -> None:
        """Remember a socket that was accepted."""
        self.open[socket.number] = socket

    def leave(self, socket: SocketRecord, *, at: float, end: str) -> None:
        """Remember how a socket ended."""
        del self.open[socket.number]
        socket.closed_at, socket.end = at, end
        self.closed.append(socket)
        if len(self.closed) > self.remembered:
            self.closed.popleft()
            self.forgotten += 1

    def refuse(self, handshake: OneTooMany) -> None:
        """Remember a handshake that was one too many."""
        self.one_too_many.append(handshake)
        if len(self.one_too_many) > self.remembered:
            self.one_too_many.popleft()
            self.forgotten += 1

    def as_json(self) -> Mapping[str, object]:
        """Return everything that is remembered, in the order in which it ended."""
        return {
            "sockets": [asdict(socket) for socket in (*self.closed, *self.open.values())],
            "one_too_many": [asdict(handshake) for handshake in self.one_too_many],
            "forgotten": self.forgotten,
        }
